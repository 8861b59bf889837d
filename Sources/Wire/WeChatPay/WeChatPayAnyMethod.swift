import Foundation
import WireKit

// What has no function of its own here can be asked for all the same.

extension WeChatPayClient {
    /// Calls any API of WeChat Pay v3 that takes and gives JSON: transfers, combined orders,
    /// coupons, ….
    ///
    /// If one of the configuration's addresses gives no answer at all, the same is sent to the
    /// next: a call that does something needs a number of the merchant's, so that it is done once.
    ///
    /// - Parameters:
    ///   - method: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    ///   - path: with the query, percent-encoded as it is to be sent: "/v3/…".
    ///   - json: the body; empty for none.
    ///   - serial: the id or serial number of the key by which fields of the body were encrypted
    ///     (``WeChatPayCipher/sealField(_:key:)``).
    /// - Returns: the verified body; empty if the status was 204. The signature does not bind it to
    ///   the question: compare the numbers in it with those that were asked about.
    /// - Throws: ``WeChatPayError``.
    public func call(
        _ method: String, path: String, json: [UInt8] = [], sealedFor serial: String? = nil
    ) async throws(WeChatPayError) -> [UInt8] {
        guard ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(where: { isSameText($0, method) })
        else { throw .invalidRequest(parameter: "method", reason: "is not one of v3's") }
        guard path.utf8.starts(with: "/v3/".utf8), WebAddress.isPlain(path) else {
            throw .invalidRequest(parameter: "path", reason: "must begin with /v3/")
        }
        if let serial, !WebAddress.isPlain(serial) {
            throw .invalidRequest(parameter: "serial", reason: "is none")
        }
        let answer = try await verifiedExchange(method, path, json, sealedFor: serial)
        return answer.status == 204 ? [] : answer.body
    }
}
