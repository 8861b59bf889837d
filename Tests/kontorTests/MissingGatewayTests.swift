import Basics
import Logging
import Scheduling
import Store
import Synchronization
import TestKit
import Testing

@testable import kontor

/// A gateway that is taken out of the configuration while orders wait for it, and comes back.
@Suite struct MissingGatewayTests {
    @Test(arguments: TestEngine.available, [true, false])
    func `an order waits for a gateway that was taken out, and is settled when it is back`(
        _ engine: TestEngine, _ wasPaid: Bool
    ) async throws {
        try await withShopPlace(engine) { place in
            let (order, number) = try await place.open { try await Self.order($0, paid: wasPaid) }

            let log = LogBook()
            try await place.open({ $0.isSandbox = false }, logger: log.logger) { shop in
                #expect(log.warnings.map { $0["gateway"] } == ["alipay"])
                #expect(log.warnings.map { $0["payments"] } == ["1"])
                #expect(log.warnings.map { $0["refunds"] } == ["0"])
                try await Self.waits(shop, order, number)
            }

            let later = LogBook()
            try await place.open(logger: later.logger) { shop in
                #expect(later.warnings.isEmpty)
                let boss = try await shop.boss()
                try await shop.advance(3_601)
                let now = try await shop.must(
                    "GET", "/admin/orders/\(order)", nil, as: boss.token)
                #expect(now.text("status") == (wasPaid ? "completed" : "expired"))
                let open = try await shop.stranded(boss)
                #expect(open.isEmpty)
            }
        }
    }

    /// An order of which the shop does not learn whether it was paid.
    private static func order(_ shop: Shop, paid: Bool) async throws -> (String, String) {
        let example = try await Example(shop)
        let order = try await example.order()
        try await shop.openCashier(order.object("payment"))
        if paid {
            try await shop.call("POST", "/sandbox/alipay/faults", ["dropNotify": true])
            try await shop.pay(order.object("payment"))
        }
        return (order.id, order.object("payment")["outTradeNo"] as? String ?? "")
    }

    /// Without its gateway the order keeps what it holds, is looked at ever more rarely, and
    /// operators see why.
    private static func waits(_ shop: Shop, _ order: String, _ number: String) async throws {
        var gaps: [Int64] = []
        shop.clock.advance(by: .seconds(1_801))
        for _ in 0..<12 {
            try await shop.server.worker.runDue()
            let job = try await shop.server.database.read { try $0.openJob("order-expiry", order) }
            let gap = (try #require(job).dueAt - shop.clock.now).components.seconds
            gaps.append(gap)
            shop.clock.advance(by: .seconds(gap + 1))
        }
        #expect(gaps.first == 5)
        #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $0 <= $1 })
        shop.clock.advance(by: .days(1))
        try await shop.server.worker.runDue()
        let job = try await shop.server.database.read { try $0.openJob("order-expiry", order) }
        let last = try #require(job).dueAt - shop.clock.now
        #expect(last > .seconds(599) && last < .seconds(601))

        let boss = try await shop.boss()
        let kept = try await shop.must("GET", "/admin/orders/\(order)", nil, as: boss.token)
        #expect(kept.text("status") == "pending-payment")
        let open = try await shop.stranded(boss)
        #expect(open.map { $0["outTradeNo"] as? String } == [number])
        #expect(open.map { $0["problem"] as? String } == ["gateway-not-configured"])
    }
}

extension Shop {
    /// Payments that are open at a gateway that is not configured.
    fileprivate func stranded(_ boss: Person) async throws -> [[String: Any]] {
        try await must(
            "GET", "/admin/payments?problem=gateway-not-configured", nil, as: boss.token
        ).list("items")
    }
}

/// Keeps the warnings about gateways that a server gives.
private final class LogBook: Sendable {
    private let lines = Mutex<[[String: String]]>([])

    /// What is said with each, in the order in which they came.
    var warnings: [[String: String]] { lines.withLock { $0 } }

    var logger: Logger {
        Logger(label: "test") { _ in Handler(book: self) }
    }

    private struct Handler: LogHandler {
        let book: LogBook
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.warning

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            guard let told = event.metadata, told["gateway"] != nil else { return }
            book.lines.withLock { $0.append(told.mapValues { "\($0)" }) }
        }
    }
}
