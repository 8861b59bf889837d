import Foundation
import WireKit

/// A verified and decrypted notification: what WeChat Pay posts to a `notify_url`.
///
/// The signature says that WeChat Pay wrote it, not that it is about you: call
/// ``WeChatPayTransaction/check(_:outTradeNo:total:currency:)`` before acting on it. Answer with
/// ``WeChatPayReply/success`` within five seconds, once it is stored; or WeChat Pay sends it again,
/// up to fifteen times in a day. It is not guaranteed to come at all: query too.
public struct WeChatPayNotification: Sendable {
    /// The longest body that is looked at, in bytes.
    public static let limit = 65_536

    /// What happened.
    public enum Event: Hashable, Sendable {
        /// An order was paid.
        case paid(WeChatPayTransaction)
        /// A refund succeeded, was closed, or needs a person.
        case refund(WeChatPayRefund)
        /// Something this library does not know: the type of the event.
        case other(String)
    }

    /// The same for every resend of one notification.
    public let id: String
    /// When it was made.
    public let createdAt: Date?
    /// `TRANSACTION.SUCCESS`, `REFUND.SUCCESS`, …
    public let eventType: String
    /// What happened.
    public let event: Event
    /// The decrypted content, JSON, as it was received.
    public let plaintext: [UInt8]

    /// Verifies the body, byte for byte as it was received, and only then decrypts it.
    ///
    /// - Parameters:
    ///   - headers: all headers of the request.
    ///   - now: the receiver's clock.
    /// - Throws: ``WeChatPayVerificationError`` with the reason, for the log and not for the
    ///   sender.
    public init(
        verifying body: [UInt8], _ headers: WeChatPayHeaders, with verifier: WeChatPayVerifier,
        key: WeChatPayAPIv3Key, at now: Date
    ) throws(WeChatPayVerificationError) {
        guard body.count <= Self.limit else { throw .tooLarge }
        try verifier.verify(body, headers, at: now)
        try self.init(verified: body, key: key)
    }

    /// Decrypts what somebody else has verified.
    package init(
        verified body: [UInt8], key: WeChatPayAPIv3Key
    ) throws(WeChatPayVerificationError) {
        guard let object = JSONObject(body[...]) else { throw .json }
        id = try object.required("id")
        eventType = try object.required("event_type")
        createdAt = object.text("create_time").flatMap(WeChatPayTime.moment)
        guard let resource = object.object("resource") else { throw .unreadableField("resource") }
        plaintext = try SealedResource(resource).opened(with: key)
        event = try Self.event(eventType, plaintext)
    }

    private static func event(
        _ type: String, _ plaintext: [UInt8]
    ) throws(WeChatPayVerificationError) -> Event {
        let refundPrefix = Array("REFUND.".utf8)
        let isPayment = isSameText(type, "TRANSACTION.SUCCESS")
        guard isPayment || type.utf8.starts(with: refundPrefix) else { return .other(type) }
        guard let content = JSONObject(plaintext[...]) else { throw .json }
        if isPayment { return .paid(try WeChatPayTransaction(content)) }
        let refund = try WeChatPayRefund(content, statusName: "refund_status")
        // The envelope and the content say it twice; if they differ, neither is believed.
        guard isSameText("REFUND.\(refund.status.rawValue)", type) else {
            throw .unreadableField("refund_status")
        }
        return .refund(refund)
    }
}

extension WeChatPayClient {
    /// Verifies and decrypts the body of a request to a `notify_url`, byte for byte as received.
    ///
    /// The key is the one the message names: a public key, or a platform certificate, which is
    /// fetched if it is new and the client may fetch.
    ///
    /// - Throws: ``WeChatPayVerificationError`` with the reason, for the log and not for the
    ///   sender.
    public func notification(
        _ body: [UInt8], _ headers: WeChatPayHeaders
    ) async throws(WeChatPayVerificationError) -> WeChatPayNotification {
        guard body.count <= WeChatPayNotification.limit else { throw .tooLarge }
        try await verify(body, headers)
        return try WeChatPayNotification(
            verified: body, key: configuration.credentials.apiV3Key)
    }
}

/// What to answer to a notification.
public struct WeChatPayReply: Hashable, Sendable {
    /// The HTTP status. WeChat Pay takes 200 and 204 for received, and nothing else.
    public let status: Int
    /// The body, JSON in UTF-8.
    public let body: [UInt8]

    /// Received and stored; it will not be sent again.
    public static let success = WeChatPayReply(
        status: 200, body: (["code": "SUCCESS"] as JSONText).bytes)

    /// Not believed, or not stored; it will be sent again.
    ///
    /// - Parameters:
    ///   - status: 4xx or 5xx; anything else becomes 500.
    ///   - message: read by people at WeChat Pay. Say nothing about how far a forger came.
    public static func failure(
        status: Int = 500, message: String = "not processed"
    ) -> WeChatPayReply {
        WeChatPayReply(
            status: (400..<600).contains(status) ? status : 500,
            body: (["code": "FAIL", "message": .string(message)] as JSONText).bytes)
    }
}
