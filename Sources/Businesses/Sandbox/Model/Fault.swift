import Basics
import Store
import Web

/// What can be made to go wrong at the gateway, for one trade or for all.
///
/// Each holds a number: 0 is off, `forever` always, and n means the next n times, except where the
/// number itself is what matters.
enum Fault: String, SQLText, CaseIterable {
    /// Notices are lost on the way.
    case dropNotify = "drop-notify"
    /// Notices arrive n more times, all at once.
    case duplicateNotify = "duplicate-notify"
    /// Notices are first sent so many seconds later, by the sandbox's clock.
    case delaySeconds = "delay-seconds"
    /// Notices, well signed, name n fen; `true` means one fen too much.
    case wrongAmount = "wrong-amount"
    /// Notices are signed with a key that is not Alipay's.
    case badSignature = "bad-signature"
    /// The gateway does what a call asks and the answer is lost.
    case loseResponse = "lose-response"
    /// The gateway answers calls with 503 and does nothing.
    case unavailable
    /// A close is answered with a system error and does nothing.
    case closeFails = "close-fails"
    /// A refund within three seconds of the one before is answered with a system error.
    case strictRefunds = "strict-refunds"
    /// Refunds are refused for good, as a year after the payment.
    case refuseRefunds = "refuse-refunds"
    /// The cashier takes money for a closed trade.
    case payAfterClose = "pay-after-close"

    static let forever: Int64 = -1
    private static let most: Int64 = 31_536_000

    /// The name in JSON: `dropNotify`.
    var name: String { "\(self)" }

    init?(name: String) {
        guard let fault = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = fault
    }

    /// Whether the number says how often; otherwise it stays as it is.
    var isCounted: Bool {
        switch self {
        case .dropNotify, .badSignature, .loseResponse, .unavailable, .closeFails, .refuseRefunds:
            true
        case .duplicateNotify, .delaySeconds, .wrongAmount, .strictRefunds, .payAfterClose: false
        }
    }

    /// Reads `true`, `false` or a number that is not negative; nil for anything else.
    func value(_ json: JSONValue) -> Int64? {
        switch json {
        case .bool(false): return 0
        case .bool(true): return self == .delaySeconds ? nil : Self.forever
        case .number(let text):
            // `1.0` and `1e3` are numbers of JSON, but no Int64.
            return Int64(text).flatMap { (0...Self.most).contains($0) ? $0 : nil }
        default: return nil
        }
    }
}

/// The faults in force for a trade, its own before those of all.
struct FaultSettings: Hashable, Sendable {
    /// Where faults of all trades are kept.
    static let all = ""

    struct Setting: Hashable, Sendable {
        let scope: String
        let value: Int64
    }

    /// nil for the faults of all trades.
    let outTradeNo: String?
    let settings: [Fault: Setting]

    subscript(fault: Fault) -> Int64 { settings[fault]?.value ?? 0 }

    func has(_ fault: Fault) -> Bool { self[fault] != 0 }

    var view: JSONValue {
        var members: [String: JSONValue] = [
            "outTradeNo": outTradeNo.map(JSONValue.string) ?? .null
        ]
        for fault in Fault.allCases {
            members[fault.name] =
                switch self[fault] {
                case 0: fault == .delaySeconds ? 0 : false
                case Fault.forever: true
                case let number: .number(String(number))
                }
        }
        return .object(members)
    }
}
