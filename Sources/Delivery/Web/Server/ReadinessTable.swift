import Store

extension Snapshot {
    /// Whether the database answers at all.
    func isReachable() throws -> Bool { try number("SELECT 1") == 1 }
}
