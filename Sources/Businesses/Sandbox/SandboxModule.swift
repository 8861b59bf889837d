import AsyncHTTPClient
import Basics
import Identity
import Store
import WeChatPay
import Web

/// The world outside, for trying things out: gateways, telephone and a clock that can be moved.
///
/// It exists only where Kontor runs with `--sandbox`, and then nobody has to log in to use it.
package struct SandboxModule: Module {
    package let name = "sandbox"
    package let alipay: SandboxAlipay
    package let wechatpay: SandboxWeChatPay
    package let clock: SandboxClock
    package let numbers: SandboxNumbers
    let database: Database
    let post: PostOffice
    /// For the banner, which is not made while a page of this module is.
    let messages: Messages

    /// Creates the sandbox's tables if need be, makes or reads its keys, and puts the clock where it
    /// stood.
    ///
    /// - Parameters:
    ///   - publicURL: where this server is reached, without a slash at the end.
    ///   - transport: what carries notices to the merchant; see `transport(_:)`.
    ///   - keys: nil for those of the database.
    ///   - seed: makes ids and tokens come out the same each time, and the choice which of WeChat Pay's
    ///     notices are signed with the certificate where a share is; nil leaves them to chance.
    package static func open(
        database: Database, publicURL: String, transport: NoticeTransport,
        keys: SandboxKeys? = nil, seed: UInt64? = nil
    ) async throws -> SandboxModule {
        try await database.migrate(SandboxMigrations.all)
        let ownKeys: SandboxKeys
        if let keys { ownKeys = keys } else { ownKeys = try await .load(from: database) }
        let clock = SandboxClock(database: database)
        try await clock.follow()
        let shelf = CertificateShelf(database: database, keys: ownKeys)
        let numbers = SandboxNumbers(seed: seed)
        let post = PostOffice(
            database: database, numbers: numbers, targets: NotifyTargets(publicURL: publicURL),
            transport: transport,
            voices: [
                .alipay: AlipayVoice(shelf: shelf),
                .wechatpay: WeChatVoice(
                    keys: ownKeys.wechatpay,
                    apiV3Key: try WeChatPayAPIv3Key(ownKeys.wechatpay.apiV3Key),
                    seed: seed ?? .random(in: 0...UInt64.max)),
            ])
        return SandboxModule(
            alipay: try SandboxAlipay(
                database: database, shelf: shelf, publicURL: publicURL, post: post),
            wechatpay: try SandboxWeChatPay(
                database: database, keys: ownKeys.wechatpay, publicURL: publicURL, post: post),
            clock: clock, numbers: numbers, database: database, post: post,
            messages: Messages(files: [("sandbox", EmbeddedFiles(Embedded.files))]))
    }

    /// Notices over the network.
    ///
    /// - Parameter client: made with `AlipayTransport.clientConfiguration`.
    package static func transport(_ client: HTTPClient) -> NoticeTransport { .live(client) }

    /// The gateways it plays.
    var gateways: [any PlayedGateway] { [alipay, wechatpay] }

    package var migrations: [Migration] { SandboxMigrations.all }
    package var templates: EmbeddedFiles { EmbeddedFiles(Embedded.files) }

    /// The telephone that Identity sends its codes to.
    package var sms: SMSSender { SMSSender { [self] in try await receive($0) } }

    package func pages(_ site: Site) {
        addJSON(to: site)
        addGateway(to: site)
        addCashier(to: site)
        addWeChatPay(to: site)
        addWeChatCashier(to: site)
        addPhone(to: site)
        addDashboard(to: site)
    }

    package func audit(_ snapshot: Snapshot) throws -> [String] {
        let trades =
            try snapshot.tradesWithUnbookedRefunds()
            + snapshot.wechatOrdersWithUnbookedRefunds()
        return trades.map { "sandbox: the refunds of \($0) do not add up" }
    }
}
