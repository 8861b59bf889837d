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
        let folder = try KeyFolder()
        defer { folder.remove() }
        let live = try folder.alipay()
        try await withServer({
            $0.alipay = live
            $0.publicURL = "https://shop.example"
        }) { server in
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
        both.publicURL = "https://shop.example"
        both.isSandbox = true
        #expect(faults(both) == ["--sandbox does not run beside a live Alipay application"])
    }

    @Test func `WeChat Pay, set up, has a route of its own that believes nobody else`()
        async throws
    {
        let folder = try KeyFolder()
        defer { folder.remove() }
        let live = try folder.weChatPay()
        try await withServer({
            $0.weChatPay = live
            $0.publicURL = "https://shop.example"
        }) { server in
            #expect(server.modules.payments.gatewayNames == ["wechatpay"])
            let notify = try await server.web.answer(
                LocalCall(
                    "POST", "/api/v1/gateways/wechatpay/notify",
                    headers: [("Content-Type", "application/json")], body: Array("{}".utf8)))
            #expect(notify.status == 400)
            #expect(notify.text.contains(#""code":"notify-refused""#))
            let other = try await server.web.answer(
                LocalCall(
                    "POST", "/api/v1/gateways/alipay/notify",
                    headers: [("Content-Type", "application/x-www-form-urlencoded")],
                    body: Array("a=b".utf8)))
            #expect(other.status == 404)
        }
        var both = Settings()
        both.weChatPay = live
        both.publicURL = "https://shop.example"
        both.isSandbox = true
        #expect(faults(both) == ["--sandbox does not run beside a live merchant of WeChat Pay"])
    }

    @Test func `all that is wrong with the gateways is told at once, and no key with it`() throws {
        let folder = try KeyFolder()
        defer { folder.remove() }
        var settings = Settings()
        settings.alipay = try folder.alipay()
        settings.alipay.alipayPublicKeyFile = try folder.write("own", TestKeys.appPublic)
        settings.weChatPay = try folder.weChatPay()
        settings.weChatPay.serial = nil
        settings.weChatPay.url = "http://wechat.example"
        settings.weChatPay.apiV3KeyFile = try folder.write("short", "too-short")
        settings.weChatPay.privateKeyFile = try folder.write("open", TestKeys.app, mode: 0o644)
        let told = faults(settings)
        let parts = [
            "the application's own public key", "KONTOR_WECHATPAY_SERIAL is missing",
            "KONTOR_WECHATPAY_URL must begin with https://", "has 9 bytes instead of 32",
            "others can read", "live gateways need KONTOR_PUBLIC_URL",
        ]
        #expect(told.count == parts.count)
        for part in parts { #expect(told.contains { $0.contains(part) }, "\(part) in \(told)") }
        #expect(!told.joined().contains("BEGIN"))
        #expect(!told.joined().contains("too-short"))
    }

    @Test func `half of a gateway is told to be half`() throws {
        let folder = try KeyFolder()
        defer { folder.remove() }
        var settings = Settings()
        settings.alipay.sellerID = "2088"
        settings.weChatPay.appID = "wx1"
        #expect(
            faults(settings) == [
                "KONTOR_ALIPAY_APP_ID is missing", "KONTOR_WECHATPAY_MCH_ID is missing",
            ])
        var neither = Settings()
        neither.publicURL = "https://shop.example"
        neither.alipay = try folder.alipay()
        neither.alipay.alipayPublicKeyFile = nil
        neither.weChatPay = try folder.weChatPay()
        neither.weChatPay.publicKeyFile = nil
        neither.weChatPay.publicKeyID = nil
        let told = faults(neither)
        #expect(told.count == 2)
        #expect(told.contains { $0.contains("or certificates") })
        #expect(told.contains { $0.contains("cannot be verified") })
    }

    private func faults(_ settings: Settings) -> [String] {
        do {
            try settings.validate()
            return []
        } catch {
            return (error as? SettingsFault)?.lines ?? ["\(error)"]
        }
    }
}

/// Files with keys, as a live server is told them.
struct KeyFolder {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "kontor-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let path = folder.appending(path: "\(name).pem").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    func alipay() throws -> Settings.AlipaySettings {
        var live = Settings.AlipaySettings()
        live.appID = "2021000000000001"
        live.privateKeyFile = try write("app", TestKeys.app)
        live.alipayPublicKeyFile = try write("alipay", TestKeys.alipayPublic)
        return live
    }

    func weChatPay() throws -> Settings.WeChatPaySettings {
        var live = Settings.WeChatPaySettings()
        live.mchID = "1900000109"
        live.appID = "wx8888888888888888"
        live.privateKeyFile = try write("merchant", TestKeys.app)
        live.serial = "5157F09EFDC096DE15EBE81A47057A72"
        live.apiV3KeyFile = try write("v3", "0123456789abcdef0123456789ABCDEF\n")
        live.publicKeyID = "PUB_KEY_ID_0119000001092024"
        live.publicKeyFile = try write("wechat", TestKeys.alipayPublic)
        return live
    }
}
