import Basics
import CoreMetrics
import Logging
import ServiceLifecycle
import Store

/// Tells when this machine's clock and that of the database server go apart. Nodes lease jobs by their
/// clocks, and begin and end what is sold, reserved and auctioned by them.
struct ClockWatch: Service {
    /// What nodes may differ by; far less than a lease lasts.
    private static let tolerance = Duration.seconds(1)
    private static let pause = Duration.seconds(60)

    let database: Database
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                try? await Task.sleep(for: Self.pause)
            }
        }
    }

    private func look() async {
        // A database that does not answer is told of by those who need it.
        guard let offset = try? await database.clockOffset() else { return }
        Gauge(label: "kontor.clock.ahead.seconds").record(offset / .seconds(1))
        guard Self.isTooFar(offset) else { return }
        logger.warning(
            "this machine's clock is not that of the database server; let NTP set both",
            metadata: ["ahead": "\(offset)"])
    }

    static func isTooFar(_ offset: Duration) -> Bool {
        offset > tolerance || offset < .zero - tolerance
    }
}
