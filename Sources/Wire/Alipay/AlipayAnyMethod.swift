import Foundation
import WireKit

// What has no function of its own here can be asked for all the same.

extension AlipayClient {
    /// Calls any method of the gateway that answers itself: `alipay.trade.pay`,
    /// `alipay.fund.trans.uni.transfer`, ….
    ///
    /// The answer's signature does not bind it to the request: compare the numbers in it with those
    /// that were asked about.
    ///
    /// - Parameters:
    ///   - json: the `biz_content`, a JSON object.
    ///   - notifyURL: where Alipay posts notifications, if it posts any.
    /// - Returns: the verified answer of a success (`code` 10000).
    ///   ``AlipayResponse/subscript(_:)`` gives its texts; members that are more than a text are
    ///   read from ``AlipayResponse/signedText``.
    /// - Throws: ``AlipayError``. If unknown (`alipay.trade.pay` is, while the payer enters a
    ///   password), ask by the method that is there for it.
    public func call(
        _ method: String, json: String, notifyURL: String? = nil
    ) async throws(AlipayError) -> AlipayResponse {
        try Self.check(json)
        let answer = try await answer(to: method, json: json, notifyURL: notifyURL)
        if let fault = answer.fault { throw fault.asError }
        return answer
    }

    /// The signed address of any method that a browser opens, for what
    /// ``pageURL(_:notifyURL:returnURL:at:)`` and ``wapURL(_:notifyURL:returnURL:quitURL:at:)`` have
    /// no parameter for: instalments, channels, a split of the money.
    ///
    /// Nothing is sent. The part after `?` is the order string of methods for apps.
    ///
    /// - Parameters:
    ///   - json: the `biz_content`, a JSON object; `product_code` too is the caller's.
    ///   - notifyURL: where Alipay posts notifications.
    ///   - returnURL: where Alipay sends the browser afterwards.
    ///   - timestamp: the present moment.
    /// - Throws: ``AlipayError/invalidRequest(parameter:reason:)`` if it is no JSON object,
    ///   ``AlipayError/cannotSign(_:)``.
    public func url(
        _ method: String, json: String, notifyURL: String? = nil, returnURL: String? = nil,
        at timestamp: Date
    ) throws(AlipayError) -> String {
        try Self.check(json)
        let form = try request(
            method, json: json, at: timestamp, notifyURL: notifyURL, returnURL: returnURL)
        return "\(configuration.gatewayURL)?\(try signed(form).encoded)"
    }

    private static func check(_ json: String) throws(AlipayError) {
        guard JSONObject(Array(json.utf8)[...]) != nil else {
            throw .invalidRequest(parameter: "biz_content", reason: "is no JSON object")
        }
    }
}
