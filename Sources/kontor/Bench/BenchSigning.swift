import Alipay
import ArgumentParser
import Foundation

/// What a gateway's signatures cost: each order is signed, each notification verified, on one thread.
struct BenchSigning: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway-signing",
        abstract: "Measures signing orders for Alipay and verifying its notifications.",
        discussion: """
            Everything that a request costs beside the network: an order is a whole address for the \
            payer's browser, a notification is read from the bytes of its body, verified, and its \
            fields are read. RSA of 2048 bits with SHA-256, on one thread.
            """)

    @Option(help: "How long to measure each, after half a second of warming up.")
    var seconds = 3.0

    @Flag(help: "Prints JSON.")
    var json = false

    func validate() throws {
        guard seconds > 0 else { throw ValidationError("seconds > 0") }
    }

    func run() throws {
        let report = try measure()
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            say(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            say(
                "orders signed        \(report.ordersPerSecond) a second\n"
                    + "notifications verified \(report.notificationsPerSecond) a second\n"
                    + "on one of \(report.cores) cores")
        }
    }

    private func measure() throws -> SigningReport {
        let (app, alipay) = (try AlipayPrivateKey.generate(), try AlipayPrivateKey.generate())
        let configuration = AlipayConfiguration(
            appID: "2021000117650139", sellerID: "2088102169481075",
            credentials: try .publicKeys(appKey: app, alipayKey: alipay.publicKey))
        let client = AlipayClient(
            configuration, transport: AlipayTransport { _, _ in throw CancellationError() })
        let moment = Date(timeIntervalSince1970: 1_740_797_236)
        var number = 0
        let orders = try rate {
            number += 1
            _ = try client.pageURL(
                AlipayOrder(
                    outTradeNo: "KT_\(number)", amount: AlipayAmount(fen: 36_100),
                    subject: "Swift 与 Python 课程", expires: moment.addingTimeInterval(1_800)),
                notifyURL: "https://shop.example/notify", returnURL: "https://shop.example/back",
                at: moment)
        }
        let body = Array(try notification.signedAsNotification(with: alipay).encoded.utf8)
        let notifications = try rate { _ = try client.notification(body) }
        return SigningReport(
            ordersPerSecond: orders, notificationsPerSecond: notifications,
            cores: ProcessInfo.processInfo.activeProcessorCount)
    }

    /// As Alipay writes it, with everything it says of a payment.
    private var notification: AlipayForm {
        AlipayForm([
            ("gmt_create", "2025-03-01 10:47:10"), ("charset", "utf-8"),
            ("seller_email", "seller@example.com"), ("subject", "Swift 与 Python 课程"),
            ("buyer_id", "2088102169481076"), ("invoice_amount", "361.00"),
            ("notify_id", "2025030100222104715043110511234567"),
            ("fund_bill_list", #"[{"amount":"361.00","fundChannel":"ALIPAYACCOUNT"}]"#),
            ("notify_type", "trade_status_sync"), ("trade_status", "TRADE_SUCCESS"),
            ("receipt_amount", "361.00"), ("app_id", "2021000117650139"),
            ("buyer_pay_amount", "361.00"), ("seller_id", "2088102169481075"),
            ("gmt_payment", "2025-03-01 10:47:15"), ("notify_time", "2025-03-01 10:47:16"),
            ("version", "1.0"), ("out_trade_no", "KT_7"), ("total_amount", "361.00"),
            ("trade_no", "2025030122001477861000811871"), ("auth_app_id", "2021000117650139"),
            ("point_amount", "0.00"),
        ])
    }

    /// How often a second a thing can be done, one after the other.
    private func rate(_ work: () throws -> Void) throws -> Int {
        func run(for seconds: Double) throws -> Double {
            let start = ContinuousClock.now
            var count = 0.0
            while (ContinuousClock.now - start).inSeconds < seconds {
                for _ in 0..<16 { try work() }
                count += 16
            }
            return count / (ContinuousClock.now - start).inSeconds
        }
        _ = try run(for: 0.5)
        return Int(try run(for: seconds))
    }
}

/// What was measured.
private struct SigningReport: Codable {
    let ordersPerSecond: Int
    let notificationsPerSecond: Int
    let cores: Int
}
