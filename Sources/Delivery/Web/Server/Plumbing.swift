import Hummingbird
import Store

extension Site {
    /// The routes that belong to no module: for machines, and for the browser's own needs.
    func addPlumbing(
        database: Database, metrics: PrometheusRegistry, openAPI: [UInt8], api: API
    ) {
        let assets = frame.assets
        raw(.get, "/assets/**") { request, context in
            let name = context.parameters.getCatchAll().joined(separator: "/")
            return try assets.response(name, to: request)
        }
        raw(.get, "/healthz") { _, _ in .text("ok\n") }
        raw(.get, "/readyz") { _, _ in
            // What cannot be read is thrown, and the error middleware says 503.
            _ = try await database.read { try $0.isReachable() }
            return .text("ready\n")
        }
        raw(.get, "/metrics") { _, _ in
            .text(metrics.text(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        raw(.get, "/openapi.json") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json", .cacheControl: "public, no-cache"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: openAPI)))
        }
        let docs = DocsPage.render(api.endpoints, title: "Kontor API")
        raw(.get, "/docs") { _, _ in .text(docs, type: "text/html; charset=utf-8") }
    }
}

extension Response {
    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        Response(
            status: .ok, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
