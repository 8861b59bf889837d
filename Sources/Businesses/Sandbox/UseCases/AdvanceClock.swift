import Basics
import Store

extension SandboxClock {
    /// A century is as far as anybody needs to look, and keeps every date within four digits.
    private static let furthest = Duration.days(36_525).microseconds

    /// Moves the clock forward; what became due has been done when this returns.
    func advance(bySeconds seconds: Int64) async throws -> ClockView {
        let microseconds = seconds.multipliedReportingOverflow(by: 1_000_000)
        guard seconds >= 0, !microseconds.overflow,
            microseconds.partialValue <= Self.furthest
        else { throw Problem.sandboxClockStep }
        _ = try await database.write { [self] tx in
            let offset = try advance(by: microseconds.partialValue, in: tx)
            guard offset <= Self.furthest else { throw Problem.sandboxClockStep }
            return offset
        }
        try await runDueJobs()
        return view
    }

    var view: ClockView {
        ClockView(
            now: database.clock.now, offsetSeconds: database.clock.offsetMicroseconds / 1_000_000)
    }
}
