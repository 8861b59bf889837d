import Alipay
import Basics
import Hummingbird
import Logging
import WeChatPay
import Web

// Where gateways tell what happened. These routes are exempt from everything but the signature: no
// cookie is read there, and what is wrong with a message is for the log and not for its sender.

extension PaymentsModule {
    func notifyRoutes(_ api: API) {
        if let alipay { alipayRoute(api, alipay) }
        if let weChatPay { weChatPayRoute(api, weChatPay) }
    }

    private func alipayRoute(_ api: API, _ client: AlipayClient) {
        let payments = payments
        api.raw(
            .post, "/gateways/alipay/notify", summary: "Alipay tells what happened to a trade",
            auth: .public, accepts: ["application/x-www-form-urlencoded"],
            maximumBytes: 65_536, produces: ["text/plain"], problems: [400]
        ) { request in
            switch try await payments.receiveAlipayNotify(request.bytes, client: client) {
            case .success: return Response(plain: "success")
            case .again: return Response(plain: "fail")
            case .forged(let reason):
                request.logForgery("alipay", reason)
                throw Problem.notifyRefused
            }
        }
    }

    private func weChatPayRoute(_ api: API, _ client: WeChatPayClient) {
        let payments = payments
        api.raw(
            .post, "/gateways/wechatpay/notify",
            summary: "WeChat Pay tells what happened to an order or a refund",
            auth: .public, accepts: ["application/json"],
            maximumBytes: WeChatPayNotification.limit, produces: ["application/json"],
            problems: [400]
        ) { request in
            let headers = WeChatPayHeaders(
                request.headers.map { (name: $0.name.rawName, value: $0.value) })
            let reply: WeChatPayReply? = await soon {
                do {
                    let answer = try await payments.receiveWeChatPayNotify(
                        request.bytes, headers, client: client)
                    switch answer {
                    case .success: return .success
                    case .again: return .failure()
                    case .forged(let reason):
                        request.logForgery("wechatpay", reason)
                        return nil
                    }
                } catch {
                    request.context.log.error(
                        "a message of a gateway could not be stored",
                        metadata: ["gateway": "wechatpay", "error": "\(error)"])
                    return .failure()
                }
            }
            guard let reply else { throw Problem.notifyRefused }
            return Response(reply)
        }
    }
}

/// WeChat Pay waits five seconds for an answer. What takes longer goes on, and is told again.
private func soon(_ work: @escaping @Sendable () async -> WeChatPayReply?) async
    -> WeChatPayReply?
{
    let (replies, reply) = AsyncStream<WeChatPayReply?>.makeStream()
    let working = Task { reply.yield(await work()) }
    let waiting = Task {
        try await Task.sleep(for: .milliseconds(4_500))
        reply.yield(.failure(status: 503))
    }
    defer { waiting.cancel() }
    for await first in replies { return first }
    working.cancel()
    return .failure()
}

extension APIRequest {
    /// Somebody sent what the gateway has not written. The message itself stays out of the log.
    fileprivate func logForgery(_ gateway: String, _ reason: String) {
        context.log.warning(
            "a message that claims to be a gateway's was refused",
            metadata: [
                "gateway": "\(gateway)", "reason": "\(reason)", "bytes": "\(bytes.count)",
                "client": "\(context.clientAddress)",
            ])
    }
}

extension Response {
    /// Exactly these bytes: Alipay compares them.
    fileprivate init(plain text: String) {
        self.init(
            status: .ok, headers: [.contentType: "text/plain"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    fileprivate init(_ reply: WeChatPayReply) {
        self.init(
            status: HTTPResponse.Status(code: reply.status),
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body)))
    }
}
