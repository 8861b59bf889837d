import ArgumentParser
import Configuration
import Foundation
import Money
import SystemPackage

/// What a server is told, from flags, environment, file and defaults, in this order.
struct Settings: Sendable {
    var host = "127.0.0.1"
    var port = 8_080
    var database = "kontor.db"
    var isSandbox = false
    /// Makes the sandbox's ids and tokens come out the same each time; nil leaves them to chance.
    var sandboxSeed: UInt64?
    /// nil is `http://<host>:<port>` as it listens.
    var publicURL: String?
    var limitsRates = true
    /// Whether each request is a line of the log; failures of ours always are.
    var logsRequests = true
    var trustedProxies: Set<String> = []
    var certificateFile: String?
    var keyFile: String?
    var shopName = "Kontor"
    var alipay = AlipaySettings()
    var miniProgram = MiniProgramSettings()
    var weChatPay = WeChatPaySettings()
    /// What gateways take by their contracts, in millionths; the usual rate where it is not told.
    var feeRates: [String: Int] = [:]
    /// Fen, as they were written: refunds that bring their order above it take a second person.
    var refundApprovalAbove: String?
    /// Writing requests that wait at most; more are answered 503.
    var queueLimit: Int?
    /// scrypt's cost, which tests make cheap. Nothing that is read can.
    var passwordRounds: Int?

    /// A live mini program of WeChat, whose users may log in.
    struct MiniProgramSettings: Sendable {
        var appID: String?
        var secretFile: String?

        var isSet: Bool { appID != nil }
    }
}

/// Everything that is wrong with the settings, at once.
struct SettingsFault: Error, CustomStringConvertible {
    var lines: [String]
    var description: String {
        "These settings cannot be used:\n" + lines.map { "  - \($0)" }.joined(separator: "\n")
    }
}

/// The flags that `serve` and `demo` share.
struct ServerFlags: ParsableArguments {
    @Option(help: "The address to listen on (KONTOR_HOST; 127.0.0.1).")
    var host: String?

    @Option(help: "The port to listen on (KONTOR_PORT; 8080). 0 takes a free one.")
    var port: Int?

    @Option(help: "How people and gateways reach this server (KONTOR_PUBLIC_URL).")
    var publicURL: String?
}

extension Settings {
    /// Reads everything but flags.
    static func fromEnvironment() async throws -> Settings {
        var providers: [any ConfigProvider] = [EnvironmentVariablesProvider()]
        if let path = ProcessInfo.processInfo.environment["KONTOR_CONFIG"] {
            providers.append(
                try await EnvironmentVariablesProvider(environmentFilePath: FilePath(path)))
        }
        let config = ConfigReader(providers: providers).scoped(to: "kontor")
        var settings = Settings()
        settings.host = config.string(forKey: "host", default: settings.host)
        settings.port = config.int(forKey: "port", default: settings.port)
        settings.database = config.string(forKey: "database", default: settings.database)
        settings.publicURL = config.string(forKey: "public.url")
        settings.limitsRates = config.string(forKey: "rate.limits", default: "on") != "off"
        settings.logsRequests = config.string(forKey: "access.log", default: "on") != "off"
        settings.trustedProxies = Set(
            config.string(forKey: "trusted.proxies", default: "").split(separator: ",").map {
                $0.trimmingCharacters(in: .whitespaces)
            })
        settings.certificateFile = config.string(forKey: "tls.certificate")
        settings.keyFile = config.string(forKey: "tls.key")
        settings.sandboxSeed = config.int(forKey: "sandbox.seed").map {
            UInt64(bitPattern: Int64($0))
        }
        settings.shopName = config.string(forKey: "shop.name", default: settings.shopName)
        settings.refundApprovalAbove = config.string(forKey: "refund.approval.above")
        settings.queueLimit = config.int(forKey: "queue.limit")
        settings.alipay = AlipaySettings(config)
        settings.weChatPay = WeChatPaySettings(config)
        settings.miniProgram.appID = config.string(forKey: "wechat.mini.program.app.id")
        settings.miniProgram.secretFile = config.string(forKey: "wechat.mini.program.secret.file")
        for gateway in ["alipay", "wechatpay"] {
            settings.feeRates[gateway] = config.int(forKey: ConfigKey([gateway, "fee", "ppm"]))
        }
        return settings
    }

    /// Above what a refund takes a second person; nil: none does. What cannot be read lets nothing pass.
    var refundLimit: Amount? { refundApprovalAbove.map { Amount(Int64($0) ?? 0) } }

    mutating func apply(_ flags: ServerFlags) {
        if let host = flags.host { self.host = host }
        if let port = flags.port { self.port = port }
        if let publicURL = flags.publicURL { self.publicURL = publicURL }
    }

    /// The public address, without a slash at its end.
    func url(port: Int) -> String {
        let scheme = certificateFile == nil ? "http" : "https"
        let url = publicURL ?? "\(scheme)://\(host == "0.0.0.0" ? "127.0.0.1" : host):\(port)"
        return url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    /// - Throws: `SettingsFault` with every fault there is.
    func validate() throws {
        var faults: [String] = []
        if !(0...65_535).contains(port) { faults.append("the port must be 0 to 65535") }
        if (certificateFile == nil) != (keyFile == nil) {
            faults.append("KONTOR_TLS_CERTIFICATE and KONTOR_TLS_KEY go together")
        }
        if let publicURL, !publicURL.hasPrefix("http://"), !publicURL.hasPrefix("https://") {
            faults.append("the public URL must begin with http:// or https://")
        }
        if sandboxSeed != nil && !isSandbox {
            faults.append("KONTOR_SANDBOX_SEED is for --sandbox")
        }
        if isSandbox && alipay.isSet {
            faults.append("--sandbox does not run beside a live Alipay application")
        }
        if isSandbox && weChatPay.isSet {
            faults.append("--sandbox does not run beside a live merchant of WeChat Pay")
        }
        if isSandbox && miniProgram.isSet {
            faults.append("--sandbox does not run beside a live mini program")
        }
        if miniProgram.isSet != (miniProgram.secretFile != nil) {
            faults.append(
                "KONTOR_WECHAT_MINI_PROGRAM_APP_ID and KONTOR_WECHAT_MINI_PROGRAM_SECRET_FILE "
                    + "go together")
        }
        faults += gatewayFaults
        for (gateway, ppm) in feeRates.sorted(by: { $0.key < $1.key })
        where !(0...1_000_000).contains(ppm) {
            faults.append("KONTOR_\(gateway.uppercased())_FEE_PPM must be 0 to 1000000")
        }
        if let refundApprovalAbove, (Int64(refundApprovalAbove) ?? -1) < 0 {
            faults.append("KONTOR_REFUND_APPROVAL_ABOVE must be whole fen, 0 or more")
        }
        if let queueLimit, queueLimit < 1 { faults.append("KONTOR_QUEUE_LIMIT must be 1 or more") }
        guard faults.isEmpty else { throw SettingsFault(lines: faults) }
    }

    /// What is wrong with the gateways' keys, which are read for that.
    private var gatewayFaults: [String] {
        var faults: [String] = []
        do { _ = try alipay.configuration() } catch { faults += error.lines }
        do { _ = try weChatPay.configuration() } catch { faults += error.lines }
        if alipay.isSet || weChatPay.isSet, publicURL?.hasPrefix("https://") != true {
            faults.append("live gateways need KONTOR_PUBLIC_URL, and it must begin with https://")
        }
        return faults
    }
}
