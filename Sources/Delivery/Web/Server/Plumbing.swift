import Basics
import Hummingbird
import Store

extension Site {
    /// A balancer does not wait longer either.
    private static let readyWithin = Duration.seconds(2)

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
            // What cannot be read, or not at once, is thrown, and the error middleware says 503.
            let answers = AsyncThrowingStream<Bool, any Error> { stream in
                Task {
                    do {
                        stream.yield(try await database.read { try $0.isReachable() })
                        stream.finish()
                    } catch { stream.finish(throwing: error) }
                }
                Task {
                    try? await Task.sleep(for: Self.readyWithin)
                    stream.finish(throwing: Problem.unavailable())
                }
            }
            for try await _ in answers { return .text("ready\n") }
            throw Problem.unavailable()
        }
        raw(.get, "/metrics") { _, _ in
            .text(metrics.text(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        // One buffer for all answers: it is large, and writing does not change it.
        let openAPI = ByteBuffer(bytes: openAPI)
        raw(.get, "/openapi.json") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json", .cacheControl: "public, no-cache"],
                body: ResponseBody(byteBuffer: openAPI))
        }
        let messages = frame.messages
        let docs = Dictionary(
            uniqueKeysWithValues: AppLocale.allCases.map { locale in
                (locale, DocsPage.render(api.endpoints) { messages.text($0, locale) })
            })
        get("/docs") { page in
            await page.render("docs", ["html": docs[page.locale] ?? ""], title: "docs.title")
        }
        // What browsers ask for on their own; pages name the picture themselves.
        raw(.get, "/favicon.ico") { request, _ in
            try assets.response("kontor.svg", to: request)
        }
    }
}

extension Response {
    static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        Response(
            status: .ok, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
