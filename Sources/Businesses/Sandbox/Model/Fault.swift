import Basics
import Store
import Web

/// What can be made to go wrong at a gateway, for one trade or for all.
///
/// Each holds a number: 0 is off, `forever` always, and n means the next n times, except where the
/// number itself is what matters.
enum Fault: String, SQLText, CaseIterable {
    // Notices.

    /// Notices are lost on the way.
    case dropNotify = "drop-notify"
    /// Notices arrive n more times, all at once.
    case duplicateNotify = "duplicate-notify"
    /// Notices are first sent so many seconds later, by the sandbox's clock.
    case delaySeconds = "delay-seconds"
    /// Notices are overtaken by the next one about the same trade; they wait ten minutes for it.
    case reorderNotify = "reorder-notify"
    /// Notices, well signed, name n fen; `true` means one fen too much.
    case wrongAmount = "wrong-amount"
    /// Notices are signed with a key that is not the gateway's.
    case badSignature = "bad-signature"
    /// Notices are dated long ago: Alipay's a day (which is no reason to refuse them), WeChat Pay's
    /// ten minutes (which is).
    case staleTimestamp = "stale-timestamp"
    /// A probe with a false signature goes before the notice (WeChat Pay).
    case signatureProbe = "signature-probe"
    /// So many of a hundred notices are signed with the platform certificate instead of the public
    /// key (WeChat Pay).
    case certificatePercent = "certificate-percent"

    // Calls.

    /// The gateway does what a call asks and the answer is lost.
    case loseResponse = "lose-response"
    /// The gateway does what a call asks and answers so many seconds later, by everybody's clock.
    case stallSeconds = "stall-seconds"
    /// The gateway answers calls with 503 and does nothing.
    case unavailable
    /// The gateway answers calls with a system error and does nothing.
    case systemError = "system-error"
    /// A close is answered with a system error and does nothing.
    case closeFails = "close-fails"
    /// A refund too soon after the one before is refused for now: Alipay wants three seconds, WeChat
    /// Pay a minute.
    case strictRefunds = "strict-refunds"
    /// Refunds are refused for good.
    case refuseRefunds = "refuse-refunds"
    /// The seller's account cannot cover refunds (Alipay).
    case emptySeller = "empty-seller"
    /// A cancel does nothing and asks to be called again (Alipay).
    case retryCancel = "retry-cancel"
    /// Accepted refunds end as ABNORMAL: the payer's bank does not take them (WeChat Pay).
    case abnormalRefunds = "abnormal-refunds"
    /// Accepted refunds are closed, and nothing is given back (WeChat Pay).
    case closedRefunds = "closed-refunds"

    // Payers.

    /// The payer has not enough: the cashier takes no money.
    case poorPayer = "poor-payer"
    /// The cashier takes money for a closed trade.
    case payAfterClose = "pay-after-close"
    /// The cashier takes money for a paid trade once more, and tells of it under another number.
    case doublePay = "double-pay"

    static let forever: Int64 = -1

    /// What the number means.
    private enum Measure {
        /// How often; `true` is always.
        case times
        /// As it stands; `true` is the fault's own.
        case amount
        /// As it stands, up to so much, and never `true`.
        case number(most: Int64)
        /// On or off.
        case flag
    }

    /// The name in JSON: `dropNotify`.
    var name: String { "\(self)" }

    private var measure: Measure {
        switch self {
        case .delaySeconds: .number(most: 31_536_000)
        case .stallSeconds: .number(most: 600)
        case .certificatePercent: .number(most: 100)
        case .duplicateNotify, .wrongAmount: .amount
        case .strictRefunds, .poorPayer, .payAfterClose, .doublePay: .flag
        default: .times
        }
    }

    /// The faults that a gateway can have.
    static func all(of gateway: SandboxGateway) -> [Fault] {
        let wechatOnly: Set<Fault> = [
            .signatureProbe, .certificatePercent, .abnormalRefunds, .closedRefunds,
        ]
        let alipayOnly: Set<Fault> = [.emptySeller, .retryCancel]
        let others = gateway == .alipay ? wechatOnly : alipayOnly
        return allCases.filter { !others.contains($0) }
    }

    init?(name: String, of gateway: SandboxGateway) {
        guard let fault = Self.all(of: gateway).first(where: { $0.name == name }) else {
            return nil
        }
        self = fault
    }

    /// Whether the number says how often; otherwise it stays as it is.
    var isCounted: Bool { if case .times = measure { true } else { false } }

    /// Whether it is a number and nothing else.
    var isNumber: Bool { if case .number = measure { true } else { false } }

    /// Reads `true`, `false` or a number that is not negative; nil for anything else.
    func value(_ json: JSONValue) -> Int64? {
        var most: Int64 = 31_536_000
        if case .number(let limit) = measure { most = limit }
        switch json {
        case .bool(false): return 0
        case .bool(true): return isNumber ? nil : Self.forever
        case .number(let text):
            // `1.0` and `1e3` are numbers of JSON, but no Int64.
            return Int64(text).flatMap { (0...most).contains($0) ? $0 : nil }
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

    let gateway: SandboxGateway
    /// nil for the faults of all trades.
    let outTradeNo: String?
    let settings: [Fault: Setting]

    subscript(fault: Fault) -> Int64 { settings[fault]?.value ?? 0 }

    func has(_ fault: Fault) -> Bool { self[fault] != 0 }

    var view: JSONValue {
        var members: [String: JSONValue] = [
            "outTradeNo": outTradeNo.map(JSONValue.string) ?? .null
        ]
        for fault in Fault.all(of: gateway) {
            members[fault.name] =
                switch self[fault] {
                case 0: fault.isNumber ? 0 : false
                case Fault.forever: true
                case let number: .number(String(number))
                }
        }
        return .object(members)
    }
}
