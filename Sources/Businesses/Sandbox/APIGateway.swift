import Basics
import Hummingbird
import Web

extension SandboxModule {
    /// The gateway's one address: servers post to it, payers' browsers open it.
    func addGateway(to site: Site) {
        for method in [HTTPRequest.Method.get, .post] {
            site.raw(method, "/sandbox/alipay/gateway.do") { [alipay] request, _ in
                let body =
                    method == .post
                    ? Array(try await request.bytes(upTo: BodyLimits.form).readableBytesView) : []
                let query = request.uri.query ?? ""
                return try await alipay.answer(query: query, body: body).response
            }
        }
        // Whoever has the address has half a minute, as at Alipay: nobody signs here.
        site.raw(.get, "/sandbox/alipay/bills/{token}") { [alipay] _, context in
            let bill = try await alipay.bill(context.parameters.get("token") ?? "")
            return Response(
                status: .ok, headers: [.contentType: "application/zip"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: bill)))
        }
    }
}

extension GatewayReply {
    fileprivate var response: Response {
        switch self {
        case .json(let text):
            Response(
                status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
        case .cashier(let token):
            .redirect(to: "/sandbox/alipay/cashier/\(token)", type: .found)
        case .refused(let call):
            .redirect(to: "/sandbox/alipay/refused/\(call)", type: .found)
        case .lost: Response(status: .gatewayTimeout)
        case .unavailable: Response(status: .serviceUnavailable)
        }
    }
}
