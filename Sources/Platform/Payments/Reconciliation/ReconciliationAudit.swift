import Store

extension Payments {
    /// What runs count must be what their rows are. What was booked for them is compared with the
    /// accounts in `audit`.
    func auditReconciliation(_ snapshot: Snapshot) throws -> [String] {
        try snapshot.miscountedRuns().map { gateway, day in
            "the reconciliation of \(gateway) \(day) does not count what it has found"
        }
    }
}
