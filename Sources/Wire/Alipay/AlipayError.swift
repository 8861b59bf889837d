import WireKit

/// Why a call to the gateway gave no result.
///
/// The line that matters runs between *refused* and *unknown*. After a refusal nothing happened.
/// After an unknown outcome it may have happened: ask with the same numbers until it is known,
/// and never repeat a refund under a new number.
public enum AlipayError: Error, Hashable, Sendable {
    /// The request breaks Alipay's rules and was not sent: the parameter, and what is wrong.
    case invalidRequest(parameter: String, reason: String)
    /// The request could not be signed and was not sent.
    case cannotSign(AlipayKeyError)
    /// The gateway said no, and its signature is on it.
    case refused(AlipayFault)
    /// Nobody can tell yet whether it happened.
    case unknown(AlipayUncertainty)
}

/// Why an outcome is not known.
public enum AlipayUncertainty: Error, Hashable, Sendable {
    /// No whole answer: time-out, lost connection, cancellation, oversize. The error's text.
    case noAnswer(String)
    /// An HTTP status other than 200.
    case httpStatus(Int)
    /// The gateway itself does not know, or is still working: codes 20000 and 10003,
    /// `ACQ.SYSTEM_ERROR`, and every code that is not known to be a refusal.
    case gateway(AlipayFault)
    /// The answer does not prove that it is Alipay's. An unsigned error is one of these.
    case unverified(AlipayVerificationError)
    /// A genuine answer about another trade or refund.
    case otherTrade(asked: String, received: String?)
    /// A genuine answer in which this member is missing or cannot be read.
    case unreadable(String)
}

extension AlipayFault {
    /// The error of a signed answer with this fault.
    var asError: AlipayError {
        meansNothingHappened ? .refused(self) : .unknown(.gateway(self))
    }

    /// Only codes that are documented as refusals count; a new code is not one.
    private var meansNothingHappened: Bool {
        let refusals = ["20001", "40001", "40002", "40003", "40004", "40005", "40006"]
        let doubtful = ["SYSTEM_ERROR", "unknow-error", "unknown-error"]
        return refusals.contains { isSameText($0, code) }
            && !doubtful.contains { (subCode ?? "").hasSuffix($0) }
    }
}

/// The `sub_code` values that decide what to do next.
public enum AlipaySubCode {
    /// No trade of that number: the payer has not begun, or the number is wrong.
    public static let tradeNotExist = "ACQ.TRADE_NOT_EXIST"
    /// Already paid.
    public static let tradeHasSuccess = "ACQ.TRADE_HAS_SUCCESS"
    /// Already closed.
    public static let tradeHasClose = "ACQ.TRADE_HAS_CLOSE"
    /// Already finished.
    public static let tradeHasFinished = "ACQ.TRADE_HAS_FINISHED"
    /// Not possible in the trade's present state; for close: it has been paid.
    public static let tradeStatusError = "ACQ.TRADE_STATUS_ERROR"
    /// The same number was used with another amount.
    public static let contextInconsistent = "ACQ.CONTEXT_INCONSISTENT"
    /// More than may be paid at once.
    public static let totalFeeExceed = "ACQ.TOTAL_FEE_EXCEED"
    /// More than is left to refund.
    public static let refundAmountNotEqualTotal = "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"
    /// The refund's amount is not valid for this trade.
    public static let refundFeeError = "ACQ.REASON_TRADE_REFUND_FEE_ERR"
    /// The seller's account cannot cover the refund.
    public static let sellerBalanceNotEnough = "ACQ.SELLER_BALANCE_NOT_ENOUGH"
    /// Alipay failed; the outcome is unknown.
    public static let systemError = "ACQ.SYSTEM_ERROR"
    /// The request's signature does not match: most often the wrong key in the console.
    public static let invalidSignature = "isv.invalid-signature"
    /// In certificate mode: the application's certificate is not the one in the console.
    public static let appCertNotExist = "isv.app-cert-not-exist"
    /// No such application at this gateway.
    public static let invalidAppID = "isv.invalid-app-id"
}
