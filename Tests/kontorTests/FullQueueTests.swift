import Foundation
import Store
import Synchronization
import TestKit
import Testing

@testable import kontor

/// More requests than the database can take: some are told to come back, and nothing is half done.
@Suite struct FullQueueTests {
    @Test(arguments: TestEngine.available)
    func `a full queue is 503 with Retry-After and changes nothing (ledger case 27)`(
        engine: TestEngine
    ) async throws {
        let limit = 8
        try await withShop(engine, queueLimit: limit) { shop in
            let member = try await shop.member()
            let stall = Stall(shop.server.database)
            try await stall.begin(engine == .sqlite ? 1 : Database.Options().lanes)
            let keys = (0..<limit + 12).map { "top-up-\($0)" }
            let asking = Task {
                try await inParallel(keys.count) { try await shop.topUp(member, keys[$0]) }
            }
            // Whoever finds the queue full is told at once, while the others still wait.
            try await shop.untilRefused(12)
            stall.end()
            let answers = try await asking.value
            let refused = answers.filter { $0.status != 201 }
            #expect(refused.count == 12)
            #expect(refused.allSatisfy { $0.status == 503 && $0.code == "unavailable" })
            #expect(refused.allSatisfy { (Int($0.headers["retry-after"] ?? "") ?? 0) > 0 })
            let made = try await shop.must("GET", "/wallet/top-ups?limit=100", as: member.token)
            #expect(made.list("items").count == limit)

            // The same keys, later: what was refused is done now, and what was done is not done again.
            var again: [Shop.Answer] = []
            for key in keys { again.append(try await shop.topUp(member, key)) }
            #expect(again.allSatisfy { $0.status == 201 })
            #expect(again.filter(\.isReplay).count == limit)
            let all = try await shop.must("GET", "/wallet/top-ups?limit=100", as: member.token)
            #expect(all.list("items").count == keys.count)
        }
    }
}

extension Shop {
    fileprivate func topUp(_ member: Person, _ key: String) async throws -> Answer {
        try await api(
            "POST", "/wallet/top-ups", ["amount": 100, "gateway": "alipay", "channel": "page"],
            as: member.token, key: key)
    }

    /// Waits until so many requests have been answered 503.
    fileprivate func untilRefused(_ count: Int) async throws {
        for _ in 0..<1_000 {
            let metrics = try await call("GET", "/metrics").text
            let refused = metrics.split(separator: "\n").filter {
                $0.hasPrefix("http_server_request_duration_seconds_count") && $0.contains("\"503\"")
            }
            let sum = refused.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
            if sum.reduce(0, +) >= Double(count) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("not refused: \(count)")
    }
}

/// Keeps the threads that write busy until it ends.
private final class Stall: Sendable {
    private let database: Database
    private let gate = NSCondition()
    private let isOpen = Mutex(false)

    init(_ database: Database) { self.database = database }

    /// - Parameter count: how many threads write.
    func begin(_ count: Int) async throws {
        for _ in 0..<count {
            let (started, tell) = AsyncStream<Void>.makeStream()
            Task { [self] in
                try await database.write { [self] _ in
                    tell.yield()
                    wait()
                }
            }
            for await _ in started { break }
        }
    }

    private func wait() {
        gate.lock()
        while !isOpen.withLock({ $0 }) { gate.wait() }
        gate.unlock()
    }

    func end() {
        gate.lock()
        isOpen.withLock { $0 = true }
        gate.broadcast()
        gate.unlock()
    }
}
