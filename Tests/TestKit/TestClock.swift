import Basics
import Synchronization

/// A clock that stands still until it is told to move.
package final class TestClock: Sendable {
    private let time: Mutex<Instant>

    package init(_ start: Instant = Instant(seconds: 1_790_000_000)) { time = Mutex(start) }

    package var now: Instant { time.withLock { $0 } }
    package func set(_ instant: Instant) { time.withLock { $0 = instant } }
    package func advance(by duration: Duration) { time.withLock { $0 = $0 + duration } }

    /// The clock to hand to a database.
    package var clock: Clock { Clock { [self] in now } }
}
