import Synchronization

/// The time, as everything in Kontor is told it.
///
/// In the sandbox it can be moved forward; tests set it by hand. It never goes back by itself:
/// the store makes sure that the times of journals rise.
package final class Clock: Sendable {
    private let source: @Sendable () -> Instant
    private let offset = Atomic<Int64>(0)

    package init(_ source: @escaping @Sendable () -> Instant = { Instant.system() }) {
        self.source = source
    }

    package var now: Instant {
        Instant(microseconds: source().microseconds + offset.load(ordering: .relaxed))
    }

    /// The time without the sandbox's offset. Credentials expire by it: whoever moves the clock to see
    /// a deadline pass is not logged out on the way.
    package var unmoved: Instant { source() }

    /// How far the clock is ahead of its source.
    package var offsetMicroseconds: Int64 { offset.load(ordering: .relaxed) }

    /// Sets how far the clock is ahead; only the sandbox and tests do.
    package func setOffset(microseconds: Int64) {
        offset.store(microseconds, ordering: .relaxed)
    }
}
