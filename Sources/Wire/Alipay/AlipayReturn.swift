import Foundation

/// The verified parameters with which Alipay sends the payer's browser back to the `return_url`.
///
/// A hint for the page to show, and no proof of payment: it has no trade status, and the same
/// address can be opened again at any time. Ask ``AlipayClient/query(_:)`` before acting.
public struct AlipayReturn: Sendable {
    /// The application the trade belongs to.
    public let appID: String
    /// The seller's Alipay user id (2088…).
    public let sellerID: String?
    /// Alipay's number of the trade.
    public let tradeNo: String
    /// The merchant's number of the trade.
    public let outTradeNo: String
    /// What the trade is worth.
    public let total: AlipayAmount
    /// When the browser was sent back.
    public let timestamp: Date?
    /// All parameters, verified.
    public let form: AlipayForm

    /// Verifies the query string of the return address, still percent-encoded, without `?`.
    ///
    /// - Parameter ownParameters: names that the merchant's own `return_url` already had; they
    ///   are not signed and would break the signature.
    /// - Throws: ``AlipayVerificationError`` with the reason.
    public init(
        verifying query: some Collection<UInt8>, with key: AlipayPublicKey,
        removing ownParameters: [String] = []
    ) throws(AlipayVerificationError) {
        try self.init(verifying: query, with: .one(key), removing: ownParameters)
    }

    init(
        verifying query: some Collection<UInt8>, with keys: AlipayKeyChoice,
        removing ownParameters: [String] = []
    ) throws(AlipayVerificationError) {
        let form = try AlipayForm(
            verifying: query, with: keys, reading: AlipayNotification.names,
            removing: ownParameters)
        self.form = form
        appID = try form.required("app_id")
        sellerID = form["seller_id"]
        tradeNo = try form.required("trade_no")
        outTradeNo = try form.required("out_trade_no")
        total = try form.amount("total_amount")
        timestamp = form.moment("timestamp")
    }

    /// The merchant's own checks, as for a notification: is this return about this account and this
    /// order? It proves no payment all the same.
    ///
    /// - Parameters:
    ///   - configuration: the application, and the seller if it names one.
    ///   - outTradeNo: the merchant's number as it stands in the merchant's own records.
    ///   - amount: the amount of the order in the merchant's own records.
    /// - Throws: ``AlipayMismatch`` for the first that differs.
    public func check(
        _ configuration: AlipayConfiguration, outTradeNo: String, amount: AlipayAmount
    ) throws(AlipayMismatch) {
        try check(
            appID: configuration.appID, sellerID: configuration.sellerID, outTradeNo: outTradeNo,
            amount: amount)
    }

    /// The same, with the account in its parts.
    ///
    /// - Parameters:
    ///   - appID: the configured application.
    ///   - sellerID: the configured seller; nil if the configuration has none to compare.
    ///   - outTradeNo: the merchant's number as it stands in the merchant's own records.
    ///   - amount: the amount of the order in the merchant's own records.
    /// - Throws: ``AlipayMismatch`` for the first that differs.
    public func check(
        appID: String, sellerID: String?, outTradeNo: String, amount: AlipayAmount
    ) throws(AlipayMismatch) {
        try AlipayMismatch.check(
            (self.appID, self.sellerID, self.outTradeNo, total),
            against: (appID, sellerID, outTradeNo, amount))
    }
}
