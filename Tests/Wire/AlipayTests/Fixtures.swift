import Alipay
import Foundation

/// Keys of an application and of a gateway, made for this run.
enum Keys {
    static let app = made()
    static let alipay = made()
    static let stranger = made()

    private static func made() -> AlipayPrivateKey {
        guard let key = try? AlipayPrivateKey.generate() else { fatalError("no RSA key") }
        return key
    }
}

enum Sample {
    /// 2025-03-01 10:47:16 in Beijing.
    static let moment = Date(timeIntervalSince1970: 1_740_797_236)

    static let order = order(at: moment)

    /// An order that can be paid for half an hour.
    static func order(at moment: Date) -> AlipayOrder {
        AlipayOrder(
            outTradeNo: "KT_7", amount: AlipayAmount(fen: 8880), subject: "Swift & 课程 \"A/B\"",
            expires: moment.addingTimeInterval(1800))
    }

    /// A notification as Alipay writes it, not yet signed.
    static func notification(_ changes: [(String, String?)] = []) -> AlipayForm {
        var form = AlipayForm([
            ("notify_id", "n1"), ("notify_time", "2025-03-01 10:47:16"), ("app_id", "2021"),
            ("seller_id", "2088"), ("trade_no", "2025030122"), ("out_trade_no", "KT_7"),
            ("trade_status", "TRADE_SUCCESS"), ("total_amount", "88.80"), ("subject", "课程"),
            ("gmt_payment", "2025-03-01 10:47:15"), ("body", ""),
        ])
        for (name, value) in changes {
            form[name] = value
        }
        return form
    }

    static func received(_ form: AlipayForm) throws -> AlipayNotification {
        let body = try form.signedAsNotification(with: Keys.alipay).encoded
        return try AlipayNotification(verifying: body.utf8, with: Keys.alipay.publicKey)
    }
}
