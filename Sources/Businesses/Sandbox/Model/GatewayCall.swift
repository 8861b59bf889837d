import Basics

/// A request that the gateway answered, for tests and the curious.
struct GatewayCall: Entity, Hashable, Sendable {
    static let prefix = "sbc"

    let id: ID<GatewayCall>
    let gateway: SandboxGateway
    /// Alipay's `alipay.trade.query`, WeChat Pay's `GET /v3/…`.
    let method: String
    /// Empty if the request named none.
    let outTradeNo: String
    let code: String
    let subCode: String?
    let message: String
    let calledAt: Instant
}

/// A message that the sandbox's telephone received.
struct ReceivedSMS: Entity, Hashable, Sendable {
    static let prefix = "sms"

    let id: ID<ReceivedSMS>
    let phone: String
    let purpose: String
    let code: String
    let text: String
    let sentAt: Instant
}
