/// The state of a trade at Alipay.
public enum AlipayTradeStatus: String, Hashable, Sendable {
    /// The payer has seen the trade and not paid yet.
    case waitBuyerPay = "WAIT_BUYER_PAY"
    /// Paid, and refundable.
    case success = "TRADE_SUCCESS"
    /// Paid, and no longer refundable.
    case finished = "TRADE_FINISHED"
    /// Closed unpaid, or refunded in full.
    case closed = "TRADE_CLOSED"

    /// Whether the money arrived and was not given back in full.
    public var isPaid: Bool { self == .success || self == .finished }
}

/// Which trade is meant.
public enum AlipayTradeReference: Hashable, Sendable {
    /// By the merchant's number.
    case outTradeNo(String)
    /// By Alipay's number.
    case tradeNo(String)

    var parameter: (name: String, value: String) {
        switch self {
        case .outTradeNo(let value): ("out_trade_no", value)
        case .tradeNo(let value): ("trade_no", value)
        }
    }
}
