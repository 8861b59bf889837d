import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL
import Store
import Tracing

/// Kontor on HTTP: every module's routes behind one chain of middleware.
package struct WebServer: Sendable {
    package let files: WebFiles
    /// The OpenAPI document, JSON.
    package let openAPI: [UInt8]
    /// What the router really serves, as `GET /orders/{id}`.
    package let servedRoutes: [String]
    /// The streams that are open here.
    package let live: LiveHub
    private let responder: RouterResponder<AppContext>
    private let configuration: WebConfiguration
    private let logger: Logger

    package var messages: Messages { files.messages }

    /// - Throws: `WebFaults` if a template, a catalog or an asset is broken or there twice.
    package init(
        modules: [any Module], database: Database, configuration: WebConfiguration,
        metrics: PrometheusRegistry = PrometheusRegistry(),
        logger: Logger = Logger(label: "kontor.web")
    ) throws {
        let modules = [WebModule()] + modules.filter { !($0 is WebModule) }
        files = WebFiles(modules: modules)
        guard files.faults.isEmpty else { throw WebFaults(lines: files.faults) }
        self.configuration = configuration
        self.logger = logger

        let csrf = CSRFTokens(secret: configuration.secret)
        let frame = SiteFrame(files: files, csrf: csrf, configuration: configuration)
        let routes = RouteList()
        let router = Router(context: AppContext.self, options: .autoGenerateHeadEndpoints)
        live = LiveHub(
            news: database.news, authenticator: configuration.authenticator,
            limits: configuration.live, metrics: metrics)
        // Spans go to whatever tracer the process was started with. Spans that go nowhere were 4 % of
        // what a list costs.
        if Self.isTraced {
            router.add(
                middleware: TracingMiddleware(
                    redactingQueryParameters: Self.personalParameters))
        }
        router.add(
            middleware: Self.aroundRoutes(configuration, frame, csrf, routes, metrics, live))

        let api = API()
        let site = Site(router: router, frame: frame)
        for module in modules {
            module.api(api.module(module.name))
            module.pages(site)
        }
        openAPI = OpenAPIDocument.render(api.endpoints, title: "Kontor", version: "1")
        api.mount(on: router, messages: files.messages)
        site.addPlumbing(database: database, metrics: metrics, openAPI: openAPI, api: api)
        site.finish()
        for endpoint in api.endpoints { routes.add(endpoint.method.rawValue, endpoint.path) }
        for route in site.routes { routes.add(route.method, route.path) }
        servedRoutes = router.routes.map { route in
            let path = "\(route.path)".split(separator: "/").map {
                $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0)
            }
            return "\(route.method.rawValue) /\(path.joined(separator: "/"))"
        }
        responder = router.buildResponder()
    }

    private static func aroundRoutes(
        _ configuration: WebConfiguration, _ frame: SiteFrame, _ csrf: CSRFTokens,
        _ routes: RouteList, _ metrics: PrometheusRegistry, _ live: LiveHub
    ) -> RequestMiddleware {
        RequestMiddleware(
            opening: Opening(
                trustedProxies: configuration.trustedProxies, limiter: configuration.limiter,
                live: live),
            observation: Observation(
                metrics: RequestMetrics(factory: metrics), logLevel: configuration.accessLogLevel),
            headers: SecurityHeaders(
                formTargets: configuration.formTargets, isSecure: configuration.isSecure),
            errors: ErrorAnswers(frame: frame, routes: routes),
            authentication: Authentication(
                authenticator: configuration.authenticator, csrf: csrf),
            limiter: configuration.limiter)
    }

    /// The server as a service: it runs until the service group asks it to stop, then finishes what
    /// it has begun.
    package func application(
        whenListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) throws -> Application<RouterResponder<AppContext>> {
        Application(
            responder: responder, server: try server(),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                serverName: "kontor", backlog: 1_024),
            onServerRunning: { channel in
                await whenListening(channel.localAddress?.port ?? 0)
            }, logger: logger)
    }

    private static var isTraced: Bool { !(InstrumentationSystem.instrument is NoOpInstrument) }

    /// What people type, or what lets somebody in: never in a trace.
    private static let personalParameters: Set<String> = [
        "phone", "username", "query", "token", "biz_content", "sign",
    ]

    private func server() throws -> HTTPServerBuilder {
        let http1 = HTTP1Channel.Configuration(idleTimeout: .seconds(75))
        guard let certificate = configuration.certificate else {
            return HTTPServerBuilder { responder in
                LoopBound(base: HTTP1Channel(responder: responder, configuration: http1))
            }
        }
        let chain = try NIOSSLCertificate.fromPEMFile(certificate.chainFile)
        let key = try NIOSSLPrivateKey(file: certificate.keyFile, format: .pem)
        return HTTPServerBuilder { responder in
            LoopBound(
                base: try HTTP2UpgradeChannel(
                    tlsConfiguration: .makeServerConfiguration(
                        certificateChain: chain.map { .certificate($0) },
                        privateKey: .privateKey(key)),
                    configuration: .init(
                        idleTimeout: .seconds(75), streamConfiguration: http1),
                    responder: responder))
        }
    }

    /// Answers a request inside the process.
    package func answer(_ call: LocalCall) async throws -> LocalAnswer {
        // Hummingbird names requests that come through a socket; these it has not seen.
        var logger = logger
        logger[metadataKey: "hb.request.id"] = .string(Hex.random(bytes: 16))
        let context = AppContext(local: LocalSource(logger: logger))
        let response = try await responder.respond(to: call.request(), context: context)
        return try await LocalAnswer(response)
    }
}
