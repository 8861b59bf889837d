import Basics
import Foundation
import Identity
import Ledger
import Money
import Payments
import Store
import Web

/// A shop with one course, and members with money who buy it again and again.
struct BenchShop: Sendable {
    /// Fen.
    private static let price = 100
    /// Enough for any run.
    private static let purse = Amount(100_000_000_000)

    let server: IndoorServer
    fileprivate let shoppers: [Shopper]

    struct Report: Codable, Sendable {
        let conditions: BenchConditions
        let clients: Int
        let seconds: Double
        let checkouts: Int
        let checkoutsPerSecond: Double
        /// Transfers of the ledger that the check-outs made.
        let transfersPerSecond: Double
        /// From the first of the three requests to the answer of the last, in microseconds.
        let latency: LedgerReport.Latency
        let processorMicrosecondsPerCheckout: Double
        let audit: String
    }

    static func open(_ server: IndoorServer, shoppers count: Int) async throws -> BenchShop {
        let boss = Shopper(
            server: server,
            token: try await server.enroll("bench-operator", isOperator: true).accessToken)
        let course = try await boss.ask(
            "POST", "/admin/courses",
            """
            {"title":"Bench","status":"on-sale","policies":[{"days":30,"price":\(price)}]}
            """, NewCourse.self)
        var shoppers: [Shopper] = []
        for number in 0..<count {
            let tokens = try await server.enroll("bench-\(number)")
            let id = tokens.profile.id
            try await server.database.write { tx in
                try tx.post(giftJournal(to: id, purse, reference: "bench/\(id)"))
            }
            shoppers.append(
                Shopper(
                    server: server, token: tokens.accessToken, course: course.id,
                    policy: course.policies[0].id))
        }
        return BenchShop(server: server, shoppers: shoppers)
    }

    func measure(for seconds: Double, under conditions: BenchConditions) async throws -> Report {
        _ = try await shop(for: min(1, seconds))
        let before = try await transfers()
        let processor = processorSeconds()
        let start = ContinuousClock.now
        let times = try await shop(for: seconds)
        let elapsed = (ContinuousClock.now - start).inSeconds
        let used = processorSeconds() - processor
        let made = try await transfers() - before
        let faults = try await auditFaults(
            of: server.modules, in: server.database, isTold: false)
        let count = Int(times.count)
        return Report(
            conditions: conditions, clients: shoppers.count, seconds: elapsed, checkouts: count,
            checkoutsPerSecond: Double(count) / elapsed,
            transfersPerSecond: Double(made) / elapsed, latency: .init(times),
            processorMicrosecondsPerCheckout: used / Double(max(1, count)) * 1e6,
            audit: faults.first ?? "clean")
    }

    private func transfers() async throws -> Int64 {
        try await server.database.survey { Int64(try LedgerAudit.run($0).transfers) }
    }

    private func shop(for seconds: Double) async throws -> LatencyHistogram {
        let end = ContinuousClock.now + .seconds(seconds)
        return try await withThrowingTaskGroup(of: LatencyHistogram.self) { group in
            for shopper in shoppers {
                group.addTask {
                    var times = LatencyHistogram()
                    while true {
                        let begin = ContinuousClock.now
                        if begin >= end { return times }
                        try await shopper.checkOut()
                        times.record(
                            nanoseconds: (ContinuousClock.now - begin).wholeNanoseconds)
                    }
                }
            }
            return try await group.reduce(into: LatencyHistogram()) { $0.add($1) }
        }
    }
}

private struct NewCourse: Decodable {
    struct Policy: Decodable { let id: String }
    let id: String
    let policies: [Policy]
}

private struct NewQuote: Decodable {
    let id: String
    let total: Int
}

/// Somebody who asks, as a client of the API does.
private struct Shopper: Sendable {
    let server: IndoorServer
    let token: String
    var course = ""
    var policy = ""

    func checkOut() async throws {
        _ = try await ask("PUT", "/cart/items/\(course)", #"{"policyId":"\#(policy)"}"#)
        let quote = try await ask(
            "POST", "/quotes",
            #"{"lines":[{"courseId":"\#(course)"}],"walletAmount":100}"#, NewQuote.self)
        _ = try await ask(
            "POST", "/orders",
            """
            {"quoteId":"\(quote.id)","expectedTotal":\(quote.total),"gateway":null,"channel":null}
            """)
    }

    func ask<Answer: Decodable>(
        _ method: String, _ path: String, _ body: String, _ type: Answer.Type
    ) async throws -> Answer {
        let answer = try await ask(method, path, body)
        return try JSONDecoder().decode(type, from: Data(answer.body))
    }

    @discardableResult
    func ask(_ method: String, _ path: String, _ body: String) async throws -> LocalAnswer {
        let key = "bench-\(IDGenerator.shared.next())"
        let answer = try await server.web.answer(
            LocalCall(
                method, "/api/v1\(path)",
                headers: [
                    ("Content-Type", "application/json"), ("Authorization", "Bearer \(token)"),
                    ("Idempotency-Key", key),
                ], body: Array(body.utf8)))
        guard (200..<300).contains(answer.status) else {
            throw BenchFault(what: "\(method) \(path): \(answer.status) \(answer.text)")
        }
        return answer
    }
}

/// A benchmark that could not be carried through.
struct BenchFault: Error, CustomStringConvertible {
    let what: String
    var description: String { what }
}

extension BenchShop.Report {
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    var text: String {
        """
        \(conditions.line)
        check-outs in process: \(clients) clients, \(digits(seconds, 1)) s
        \(digits(checkoutsPerSecond)) check-outs/s (\(checkouts) in all), \
        \(digits(transfersPerSecond)) transfers/s
        latency µs: p50 \(digits(latency.p50)), p90 \(digits(latency.p90)), \
        p99 \(digits(latency.p99)), p99.9 \(digits(latency.p999)), max \(digits(latency.max))
        \(digits(processorMicrosecondsPerCheckout, 1)) µs of processor per check-out
        audit: \(audit)
        """
    }
}
