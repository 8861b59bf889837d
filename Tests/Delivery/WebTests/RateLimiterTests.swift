import Basics
import TestKit
import Testing

@testable import Web

@Suite struct RateLimiterTests {
    let clock = TestClock()
    let policy = RateLimiter.Policy("test", burst: 3, every: .seconds(10))

    private func takes(_ limiter: RateLimiter, _ key: String) -> Problem? {
        do {
            try limiter.take(policy, key: key)
            return nil
        } catch {
            return error as? Problem
        }
    }

    @Test func `a burst is allowed and then a steady rate`() {
        let limiter = RateLimiter(now: { [clock] in clock.now })
        for _ in 0..<3 { #expect(takes(limiter, "a") == nil) }
        #expect(takes(limiter, "a") == .tooMany(retryAfter: 10))
        #expect(takes(limiter, "b") == nil)
        clock.advance(by: .seconds(4))
        #expect(takes(limiter, "a") == .tooMany(retryAfter: 6))
        clock.advance(by: .seconds(6))
        #expect(takes(limiter, "a") == nil)
        #expect(takes(limiter, "a") == .tooMany(retryAfter: 10))
    }

    @Test func `a bucket holds no more than its burst`() {
        let limiter = RateLimiter(now: { [clock] in clock.now })
        #expect(takes(limiter, "a") == nil)
        clock.advance(by: .hours(1))
        for _ in 0..<3 { #expect(takes(limiter, "a") == nil) }
        #expect(takes(limiter, "a") != nil)
    }

    @Test func `buckets do not pile up`() {
        let limiter = RateLimiter(limit: 100, now: { [clock] in clock.now })
        for index in 0..<10_000 {
            clock.advance(by: .milliseconds(1))
            #expect(takes(limiter, "\(index)") == nil)
        }
        #expect(limiter.count <= 100)
    }

    @Test func `off is off`() {
        for _ in 0..<1_000 { #expect(takes(.off, "a") == nil) }
    }
}
