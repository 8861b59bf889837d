import Alipay
import AsyncHTTPClient
import Basics
import Foundation
import Identity
import Ledger
import Logging
import Payments
import Sandbox
import Scheduling
import ServiceLifecycle
import Store
import UnixSignals
import WeChatPay
import Web

/// A server put together: everything that `serve`, `demo` and the tests start.
struct Server: Sendable {
    let settings: Settings
    let database: Database
    let modules: Modules
    let worker: JobWorker
    let web: WebServer
    let sandbox: SandboxModule?
    let http: HTTPClient
    let publicURL: String

    /// Opens and migrates the database, and builds the modules on it.
    /// - Parameter port: where it will listen; gateways are given addresses with it.
    /// - Throws: `SettingsFault`, `StoreError`, `WebFaults`.
    static func make(
        _ settings: Settings, port: Int, clock: Clock = Clock(), sandboxKeys: SandboxKeys? = nil,
        metrics: PrometheusRegistry = PrometheusRegistry()
    ) async throws -> Server {
        try settings.validate()
        var options = Database.Options()
        if let limit = settings.queueLimit { options.queueLimit = limit }
        let database = try Database.open(settings.database, clock: clock, options: options)
        try await settings.checkMoney(of: database)
        let publicURL = settings.url(port: port)
        let http = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: AlipayTransport.clientConfiguration)

        var outside = Modules.Outside()
        outside.hasSecureCookies = publicURL.hasPrefix("https:")
        var sandbox: SandboxModule?
        if settings.isSandbox {
            let module = try await SandboxModule.open(
                database: database, publicURL: publicURL,
                transport: SandboxModule.transport(http), keys: sandboxKeys,
                seed: settings.sandboxSeed)
            sandbox = module
            outside.others = [module]
            outside.sms = module.sms
            outside.alipay = client(module.alipay.configuration, http, clock)
            outside.weChatPay = client(module.wechatpay.configuration, http, clock)
            outside.miniProgram = module.wechatpay.miniProgram(.live(http))
        } else {
            outside.alipay = try settings.alipay.configuration().map { client($0, http, clock) }
            outside.weChatPay = try settings.weChatPay.configuration().map {
                client($0, http, clock)
            }
            outside.miniProgram = try settings.miniProgram.program(.live(http))
        }
        outside.connectGateways(publicURL: publicURL)

        let modules = Modules(settings, database, outside)
        try await database.migrate(modules.migrations)
        try await database.openBooks()
        let worker = JobWorker(database: database, handlers: modules.jobs)
        sandbox?.clock.connect(worker)
        let web = try WebServer(
            modules: modules.all, database: database,
            configuration: try await webConfiguration(settings, modules, sandbox, publicURL),
            metrics: metrics)
        return Server(
            settings: settings, database: database, modules: modules, worker: worker, web: web,
            sandbox: sandbox, http: http, publicURL: publicURL)
    }

    private static func client(
        _ configuration: AlipayConfiguration, _ http: HTTPClient, _ clock: Clock
    ) -> AlipayClient {
        AlipayClient(configuration, transport: .live(http)) {
            Date(timeIntervalSince1970: Double(clock.now.secondsSinceEpoch))
        }
    }

    private static func client(
        _ configuration: WeChatPayConfiguration, _ http: HTTPClient, _ clock: Clock
    ) -> WeChatPayClient {
        // A payer waits for some of its answers, and there may be a second address to try.
        WeChatPayClient(configuration, transport: .live(http, timeout: .seconds(8))) {
            Date(timeIntervalSince1970: Double(clock.now.secondsSinceEpoch))
        }
    }

    private static func webConfiguration(
        _ settings: Settings, _ modules: Modules, _ sandbox: SandboxModule?, _ publicURL: String
    ) async throws -> WebConfiguration {
        var web = WebConfiguration(secret: try await modules.identity.pageSecret())
        web.host = settings.host
        web.port = settings.port
        web.publicURL = publicURL
        web.trustedProxies = settings.trustedProxies
        web.authenticator = modules.identity.authenticator
        // The other half is for requests, the database and gateways.
        web.live.most = min(web.live.most, FileHandles.raise() / 2)
        if !settings.limitsRates { web.limiter = .off }
        if !settings.logsRequests { web.accessLogLevel = nil }
        if let chain = settings.certificateFile, let key = settings.keyFile {
            web.certificate = .init(chainFile: chain, keyFile: key)
        }
        if !settings.isSandbox {
            if settings.alipay.isSet {
                web.formTargets += ["https://openapi.alipay.com", "https://*.alipay.com"]
            }
            if settings.weChatPay.isSet { web.formTargets += ["https://wx.tenpay.com"] }
        }
        if let sandbox { web.banner = { sandbox.banner($0) } }
        return web
    }

    /// Serves until it is asked to stop, and then finishes what it has begun.
    /// - Parameter asked: returns when it is to stop; signals ask as well.
    func run(
        logger: Logger, extra: [any Service] = [],
        signals: [UnixSignal] = [.sigterm, .sigint],
        until asked: (@Sendable () async -> Void)? = nil,
        whenListening: @escaping @Sendable (Int) async -> Void
    ) async throws {
        try await warnOfMissingGateways(logger)
        let application = try web.application(whenListening: whenListening)
        var services: [any Service] = [worker, ClockWatch(database: database, logger: logger)]
        if let sandbox { services.append(ClockFollower(clock: sandbox.clock)) }
        var configuration = ServiceGroupConfiguration(
            services: services + extra + [application],
            gracefulShutdownSignals: signals, logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(20)
        if let asked {
            configuration.services.append(
                .init(
                    service: Question(answer: asked),
                    successTerminationBehavior: .gracefullyShutdownGroup))
        }
        let group = ServiceGroup(configuration: configuration)
        do {
            try await group.run()
        } catch {
            await stop()
            throw error
        }
        await stop()
    }

    /// Says what is open at gateways that this server is not told of: it waits until one is.
    func warnOfMissingGateways(_ logger: Logger) async throws {
        for open in try await modules.payments.openElsewhere() {
            logger.warning(
                "payments are open at a gateway that is not configured; they wait for it",
                metadata: [
                    "gateway": "\(open.gateway)", "payments": "\(open.attempts)",
                    "refunds": "\(open.refunds)",
                ])
        }
    }

    /// Lets go of the database and of connections to gateways.
    private func stop() async {
        await database.close()
        try? await http.shutdown()
        modules.dissolve()
    }
}

/// Ends when the server is to stop.
private struct Question: Service {
    let answer: @Sendable () async -> Void

    func run() async throws { await cancelWhenGracefulShutdown(answer) }
}

/// Keeps this node's sandbox clock where another node may have put it.
private struct ClockFollower: Service {
    let clock: SandboxClock

    func run() async throws {
        await cancelWhenGracefulShutdown { await clock.keepFollowing() }
    }
}

extension Modules.Outside {
    /// Makes gateways of the clients there are.
    fileprivate mutating func connectGateways(publicURL: String) {
        if let alipay { gateways.append(.alipay(alipay, publicURL: publicURL)) }
        if let weChatPay, let appID = weChatPay.configuration.appIDs.first {
            gateways.append(.weChatPay(weChatPay, appID: appID, publicURL: publicURL))
        }
    }
}

extension Settings.MiniProgramSettings {
    /// The live mini program, if one is set.
    func program(_ transport: WeChatPayTransport) throws -> WeChatMiniProgram? {
        guard let appID, let secretFile else { return nil }
        let secret = try String(contentsOfFile: secretFile, encoding: .utf8)
        return WeChatMiniProgram(
            appID: appID, secret: secret.trimmingCharacters(in: .whitespacesAndNewlines),
            transport: transport)
    }
}
