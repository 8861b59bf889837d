import Basics
import Store

/// Proves that every enrolment's end is what its grants say.
struct AuditAccess: Sendable {
    private static let slice = 500

    /// - Returns: a line per fault.
    func run(in snapshot: Snapshot) throws -> [String] {
        var faults: [String] = []
        var last: Int64 = 0
        while true {
            let enrollments = try snapshot.enrollments(after: last, limit: Self.slice)
            guard let end = enrollments.last else { return faults }
            let grants = try snapshot.grants(of: enrollments.map(\.id))
            for enrollment in enrollments {
                let expected = (grants[enrollment.id] ?? []).accessEnd()
                guard enrollment.accessUntil != expected else { continue }
                let stored = enrollment.accessUntil?.description ?? "nothing"
                let replayed = expected?.description ?? "nothing"
                faults.append(
                    "\(enrollment.id) ends at \(stored), but its grants say \(replayed)")
            }
            last = end.id.rawValue
        }
    }
}
