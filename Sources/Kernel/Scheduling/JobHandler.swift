import Basics
import Store

/// What is done when a job of one kind is due; modules list theirs in `Jobs.swift`.
package struct JobHandler: Sendable {
    enum Work: Sendable {
        case timer(@Sendable (Transaction, JobContext) throws -> Void)
        case task(@Sendable (JobContext) async throws -> Void)
    }

    package let kind: String
    let backOff: BackOff
    let work: Work

    /// A deadline: `apply` runs in the transaction that marks the job done, so its effect happens
    /// exactly once. It looks at the state of its thing first, which may have moved on meanwhile.
    /// To run again it schedules its own kind and key.
    package static func timer(
        _ kind: String, backOff: BackOff = .standard,
        _ apply: @escaping @Sendable (Transaction, JobContext) throws -> Void
    ) -> JobHandler {
        JobHandler(kind: kind, backOff: backOff, work: .timer(apply))
    }

    /// An effect outside (a gateway, a telephone): `run` runs at least once, again when it throws or
    /// its node dies. `throw Reschedule(after:)` asks for another run without having failed.
    package static func task(
        _ kind: String, backOff: BackOff = .standard,
        _ run: @escaping @Sendable (JobContext) async throws -> Void
    ) -> JobHandler {
        JobHandler(kind: kind, backOff: backOff, work: .task(run))
    }
}
