import Basics
import Synchronization

/// Token buckets in memory: each key may burst up to a capacity and then go on at a steady rate.
///
/// They protect one node from its callers and guessers from luck. What must hold across nodes and
/// restarts (wrong codes, wrong passwords) is counted in rows by whoever checks the secret.
package final class RateLimiter: Sendable {
    /// A kind of bucket: how much at once, and how often again.
    package struct Policy: Hashable, Sendable {
        let name: String
        let capacity: Double
        let perSecond: Double

        package init(_ name: String, burst: Int, every interval: Duration) {
            self.name = name
            capacity = Double(burst)
            perSecond = 1_000_000 / Double(max(interval.microseconds, 1))
        }

        /// Any request of a member.
        package static let member = Policy("member", burst: 400, every: .milliseconds(10))
        /// Any request with an API key.
        package static let apiKey = Policy("api-key", burst: 4_000, every: .microseconds(500))
        /// Any request from an address, which may be a whole office's.
        package static let address = Policy("address", burst: 1_200, every: .milliseconds(4))
        /// Attempts to log in, by address and by name.
        package static let logIn = Policy("log-in", burst: 10, every: .seconds(6))
        /// Codes sent to one phone.
        package static let codes = Policy("codes", burst: 3, every: .seconds(60))
        /// Codes asked for from one address.
        package static let codesByAddress = Policy("codes-address", burst: 20, every: .seconds(30))
    }

    private struct Key: Hashable {
        let policy: String
        let key: String
    }

    private struct Bucket {
        var tokens: Double
        var at: Instant
    }

    /// Lets everything through.
    package static let off = RateLimiter(isOn: false)

    private let isOn: Bool
    private let now: @Sendable () -> Instant
    private let limit: Int
    private let buckets = Mutex<[Key: Bucket]>([:])

    /// How many buckets are kept.
    var count: Int { buckets.withLock { $0.count } }

    /// - Parameters:
    ///   - now: the machine's clock; the sandbox's moved clock would refill the buckets.
    ///   - limit: how many buckets are kept at most.
    package init(
        isOn: Bool = true, limit: Int = 100_000,
        now: @escaping @Sendable () -> Instant = { Instant.system() }
    ) {
        self.isOn = isOn
        self.limit = limit
        self.now = now
    }

    /// Takes one token.
    /// - Throws: `too-many-requests` with the seconds until there is one.
    package func take(_ policy: Policy, key: String) throws {
        guard isOn else { return }
        let time = now()
        let missing: Double = buckets.withLock { buckets in
            if buckets.count >= limit { Self.makeRoom(&buckets) }
            let id = Key(policy: policy.name, key: key)
            var bucket = buckets[id] ?? Bucket(tokens: policy.capacity, at: time)
            let elapsed = Double(max((time - bucket.at).microseconds, 0)) / 1_000_000
            bucket.tokens = min(policy.capacity, bucket.tokens + elapsed * policy.perSecond)
            bucket.at = time
            defer { buckets[id] = bucket }
            guard bucket.tokens >= 1 else { return 1 - bucket.tokens }
            bucket.tokens -= 1
            return 0
        }
        guard missing > 0 else { return }
        let seconds = Int64((missing / policy.perSecond).rounded(.up))
        throw Problem.tooMany(retryAfter: max(seconds, 1))
    }

    /// Forgets the half that was idle longest: theirs are the fullest buckets.
    private static func makeRoom(_ buckets: inout [Key: Bucket]) {
        let times = buckets.values.map(\.at).sorted()
        let median = times[times.count / 2]
        buckets = buckets.filter { $0.value.at > median }
    }
}
