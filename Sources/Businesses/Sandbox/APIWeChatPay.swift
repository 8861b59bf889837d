import Basics
import Hummingbird
import WeChatPay
import Web

extension SandboxModule {
    /// WeChat Pay's API v3 and the log-in of mini programs, for servers.
    func addWeChatPay(to site: Site) {
        let folder = SandboxWeChatPay.folder
        for method in [HTTPRequest.Method.get, .post] {
            site.raw(method, "\(folder)/v3/**") { [wechatpay] request, _ in
                try await wechatpay.answer(try await request.forWeChatPay()).response
            }
        }
        site.raw(.get, "\(folder)/sns/jscode2session") { [wechatpay] request, _ in
            let answer = try await wechatpay.exchangeCode(try await request.forWeChatPay())
            // WeChat says that its JSON is plain text.
            return Response(
                status: .ok, headers: [.contentType: "text/plain"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.bytes)))
        }
    }
}

extension Request {
    fileprivate func forWeChatPay() async throws -> WeChatRequest {
        let body =
            method == .post
            ? Array(try await bytes(upTo: BodyLimits.json).readableBytesView) : []
        return WeChatRequest(
            method: method.rawValue, target: head.path ?? "",
            headers: WeChatPayHeaders(
                headers.map { (name: $0.name.rawName, value: $0.value) }), body: body)
    }
}

extension WeChatReply {
    fileprivate var response: Response {
        var fields: HTTPFields = [:]
        if status != 204 { fields[.contentType] = type }
        for field in headers.fields {
            if let name = HeaderName(field.name) { fields[name] = field.value }
        }
        return Response(
            status: .init(code: status), headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
