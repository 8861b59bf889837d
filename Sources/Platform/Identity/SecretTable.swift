import Store

extension Transaction {
    /// The secret of this name, which is `candidate` if there is none yet: whichever node is first
    /// decides for all.
    func secret(_ name: String, orKeep candidate: [UInt8]) throws -> [UInt8] {
        try run(
            """
            INSERT INTO identity_secret (name, value) VALUES (\(name), \(candidate))
            ON CONFLICT DO NOTHING
            """)
        return try first("SELECT value FROM identity_secret WHERE name = \(name)") { try $0[0] }
            ?? candidate
    }
}
