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

    static let order = AlipayOrder(
        outTradeNo: "KT_7", amount: AlipayAmount(fen: 8880), subject: "Swift & 课程 \"A/B\"",
        expires: moment.addingTimeInterval(1800))

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

/// A small generator with a seed, so that a failure can be repeated (SplitMix64).
struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A few bytes changed, dropped, doubled, or exchanged with others of the text.
    mutating func damaged(_ bytes: [UInt8], alphabet: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &self) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[at] = UInt8.random(in: .min ... .max, using: &self)
            case 1: bytes.remove(at: at)
            case 2: bytes.insert(alphabet.randomElement(using: &self) ?? 0, at: at)
            case 3: bytes.removeLast(bytes.count - at)
            default:
                let end = Int.random(in: at..<bytes.count, using: &self)
                bytes.insert(contentsOf: bytes[at...end], at: at)
            }
        }
        return bytes
    }
}
