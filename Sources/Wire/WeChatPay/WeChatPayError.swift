import WireKit

/// Why a call to WeChat Pay gave no result.
///
/// The line that matters runs between *refused* and *unknown*. After a refusal nothing happened.
/// After an unknown outcome it may have happened: ask with the same numbers until it is known,
/// and never repeat a refund under a new number. An answer that fails verification is *unknown*:
/// the deed is done, or not, before anybody signs an answer about it.
public enum WeChatPayError: Error, Hashable, Sendable {
    /// The request breaks WeChat Pay's rules and was not sent: the parameter, and what is wrong.
    case invalidRequest(parameter: String, reason: String)
    /// The request could not be signed and was not sent.
    case cannotSign(WeChatPayKeyError)
    /// WeChat Pay said no.
    case refused(WeChatPayFault)
    /// Nobody can tell yet whether it happened.
    case unknown(WeChatPayUncertainty)
}

/// Why an outcome is not known.
public enum WeChatPayUncertainty: Error, Hashable, Sendable {
    /// No whole answer from any address: time-out, lost connection, cancellation, oversize. The
    /// error's text.
    case noAnswer(String)
    /// An HTTP status without a readable code: a proxy, or an outage.
    case httpStatus(Int)
    /// WeChat Pay itself does not know, or is still working: status 5xx or 202, `SYSTEM_ERROR`.
    case gateway(WeChatPayFault)
    /// The answer does not prove that it is WeChat Pay's. A success without signature is one of
    /// these.
    case unverified(WeChatPayVerificationError)
    /// A genuine answer about another order or refund.
    case otherOrder(asked: String, received: String?)
    /// A genuine answer in which this member is missing or cannot be read.
    case unreadable(String)
}

/// What WeChat Pay says about a call that failed.
public struct WeChatPayFault: Error, Hashable, Sendable {
    /// The HTTP status.
    public let status: Int
    /// WeChat Pay's code, such as "ORDER_NOT_EXIST": see ``WeChatPayCode``.
    public let code: String
    /// WeChat Pay's words, in Chinese: for operators, not for customers.
    public let message: String

    /// A fault as WeChat Pay would report it.
    public init(status: Int, code: String, message: String = "") {
        self.status = status
        self.code = code
        self.message = message
    }

    func isOne(of codes: [String]) -> Bool {
        codes.contains { isSameText($0, code) }
    }

    /// Only a 4xx with a code says that nothing happened, and not with each code.
    var asError: WeChatPayError {
        let doubtful = [WeChatPayCode.systemError, "SYSTEMERROR", "BANK_ERROR", "BANKERROR"]
        return (400..<500).contains(status) && !isOne(of: doubtful)
            ? .refused(self) : .unknown(.gateway(self))
    }
}

extension WeChatPayTransport.Answer {
    /// What an answer means that is no success.
    var failure: WeChatPayError {
        guard let object = JSONObject(body[...]), let code = object.text("code"), !code.isEmpty
        else { return .unknown(.httpStatus(status)) }
        return WeChatPayFault(
            status: status, code: code, message: object.text("message") ?? ""
        ).asError
    }
}

/// The codes that decide what to do next (WeChat Pay API v3).
public enum WeChatPayCode {
    /// No order of that number.
    public static let orderNotExist = "ORDER_NOT_EXIST"
    /// No refund of that number.
    public static let resourceNotExists = "RESOURCE_NOT_EXISTS"
    /// Already paid.
    public static let orderPaid = "ORDERPAID"
    /// Already closed.
    public static let orderClosed = "ORDER_CLOSED"
    /// The same number was used with other content.
    public static let outTradeNoUsed = "OUT_TRADE_NO_USED"
    /// A parameter is wrong.
    public static let paramError = "PARAM_ERROR"
    /// The request is not allowed in this state.
    public static let invalidRequest = "INVALID_REQUEST"
    /// The application is not bound to the merchant.
    public static let appIDMerchantMismatch = "APPID_MCHID_NOT_MATCH"
    /// No such merchant.
    public static let merchantNotExists = "MCH_NOT_EXISTS"
    /// The request's signature does not match: most often the wrong serial number or key.
    public static let signError = "SIGN_ERROR"
    /// Not allowed to this merchant.
    public static let noAuth = "NO_AUTH"
    /// A limit of WeChat Pay's risk control.
    public static let ruleLimit = "RULE_LIMIT"
    /// The trade failed for a reason in the message.
    public static let tradeError = "TRADE_ERROR"
    /// The merchant's balance cannot cover the refund.
    public static let notEnough = "NOT_ENOUGH"
    /// Too many requests; later the same may succeed.
    public static let frequencyLimited = "FREQUENCY_LIMITED"
    /// There were no trades that day.
    public static let noStatementExist = "NO_STATEMENT_EXIST"
    /// WeChat Pay failed; the outcome is unknown.
    public static let systemError = "SYSTEM_ERROR"

    static let noOrder = [orderNotExist, "ORDERNOTEXIST", resourceNotExists]
    static let closedOrder = [orderClosed, "ORDERCLOSED"]
}
