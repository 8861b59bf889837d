import Alipay
import AsyncHTTPClient
import Basics
import Identity
import Scheduling
import Store
import Web

/// The world outside, for trying things out: gateway, telephone and a clock that can be moved.
///
/// It exists only where Kontor runs with `--sandbox`, and then nobody has to log in to use it.
package struct SandboxModule: Module {
    package let name = "sandbox"
    package let alipay: SandboxAlipay
    package let clock: SandboxClock
    let database: Database
    /// For the banner, which is not made while a page of this module is.
    let messages: Messages

    /// Creates the sandbox's tables if need be, makes or reads its keys, and puts the clock where it
    /// stood.
    ///
    /// - Parameters:
    ///   - publicURL: where this server is reached, without a slash at the end.
    ///   - transport: what carries notices to the merchant; see `transport(_:)`.
    ///   - keys: nil for those of the database.
    package static func open(
        database: Database, publicURL: String, transport: AlipayTransport,
        keys: SandboxKeys? = nil
    ) async throws -> SandboxModule {
        try await database.migrate(SandboxMigrations.all)
        let ownKeys: SandboxKeys
        if let keys { ownKeys = keys } else { ownKeys = try await .load(from: database) }
        let clock = SandboxClock(database: database)
        try await clock.follow()
        return SandboxModule(
            alipay: try SandboxAlipay(
                database: database, keys: ownKeys, publicURL: publicURL, transport: transport),
            clock: clock, database: database,
            messages: Messages(files: [("sandbox", EmbeddedFiles(Embedded.files))]))
    }

    /// Over the network, with the patience of a gateway: ten seconds, a short answer.
    ///
    /// - Parameter client: made with `AlipayTransport.clientConfiguration`.
    package static func transport(_ client: HTTPClient) -> AlipayTransport {
        .live(client, timeout: .seconds(10), responseLimit: 16_384)
    }

    package var migrations: [Migration] { SandboxMigrations.all }
    package var templates: EmbeddedFiles { EmbeddedFiles(Embedded.files) }
    package var jobs: [JobHandler] { alipay.jobs }

    /// The telephone that Identity sends its codes to.
    package var sms: SMSSender { SMSSender { [self] in try await receive($0) } }

    package func pages(_ site: Site) {
        addJSON(to: site)
        addGateway(to: site)
        addCashier(to: site)
        addDashboard(to: site)
    }

    package func audit(_ snapshot: Snapshot) throws -> [String] {
        try snapshot.tradesWithUnbookedRefunds().map {
            "sandbox: the refunds of \($0) do not add up"
        }
    }
}
