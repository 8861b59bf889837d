import AsyncHTTPClient
import Foundation
import Payments
import Store
import TestKit
import Testing
import Web

@testable import kontor

@Suite struct LiveServerTests {
    /// Answers requests on a fresh database, as `kontor serve` is told to.
    private func withServer(
        _ change: (inout Settings) -> Void, _ body: (Server) async throws -> Void
    ) async throws {
        let place = try await TestPlace.make(.sqlite, migrations: [])
        var settings = Settings()
        settings.database = place.location
        change(&settings)
        let server = try await Server.make(settings, port: 8_080)
        try await body(server)
        await server.database.close()
        try await server.http.shutdown()
        try await place.remove()
    }

    @Test func `defect 22: a server has no sandbox unless it is told, nor a gateway of its own`()
        async throws
    {
        try await withServer({ _ in }) { server in
            #expect(server.modules.payments.gatewayNames == [])
            #expect(!server.web.servedRoutes.contains { $0.contains("sandbox") })
            let sms = try await server.web.answer(LocalCall("GET", "/sandbox/sms?phone=1"))
            #expect(sms.status == 404)
        }
    }

    @Test func `defect 22: the live gateway can tell us, and has no sandbox beside it`()
        async throws
    {
        let (key, publicKey) = (try write(TestKeys.app), try write(TestKeys.alipayPublic))
        defer { for file in [key, publicKey] { try? FileManager.default.removeItem(at: file) } }
        var live = Settings().alipay
        live.appID = "2021000000000001"
        live.privateKeyFile = key.path
        live.alipayPublicKeyFile = publicKey.path
        try await withServer({ $0.alipay = live }) { server in
            #expect(server.modules.payments.gatewayNames == ["alipay"])
            let notify = try await server.web.answer(
                LocalCall(
                    "POST", "/api/v1/gateways/alipay/notify",
                    headers: [("Content-Type", "application/x-www-form-urlencoded")],
                    body: Array("a=b".utf8)))
            #expect(notify.status == 400)
            #expect(notify.text.contains("notify-refused"))
        }
        var both = Settings()
        both.alipay = live
        both.isSandbox = true
        let settings = both
        #expect(throws: SettingsFault.self) { try settings.validate() }
    }

    private func write(_ text: String) throws -> URL {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "kontor-test-\(UUID().uuidString).pem")
        try Data(text.utf8).write(to: file)
        return file
    }
}
