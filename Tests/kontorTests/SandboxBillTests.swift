import Alipay
import Basics
import Foundation
import Sandbox
import Store
import TestKit
import Testing
import Web

/// Bills and certificates of the sandbox's Alipay (payments reference 1.3, 1.4), seen through the real
/// client.
@Suite struct SandboxBillTests {
    @Test(arguments: TestEngine.available)
    func `a bill has every payment and refund of its day, with fees`(_ engine: TestEngine)
        async throws
    {
        try await withSandbox(engine) { world in
            let client = world.downloading(world.client.configuration)
            let day = AlipayBillDate(day: world.now)
            try await world.paid("K1")
            _ = try await world.open(try world.address("K2"))
            try await world.paid("K3", wap: true)
            try await world.giveBack("K1", 6_663, "R1")
            try await world.advance(60)
            try await world.giveBack("K1", 29_437, "R2")
            let tooEarly = await world.billRefusal(client, day)
            #expect(tooEarly == "isp.bill_not_exist")

            try await world.advance(86_400)
            try await world.giveBack("K3", 1, "R3")
            try await world.advance(86_400)
            guard case .trades(let lines) = try await client.bill(.trades, day) else { return }
            #expect(Set(lines.map(\.outTradeNo)) == ["K1", "K3"])
            #expect(lines.filter { $0.kind == .payment }.map(\.amount.fen) == [36_100, 36_100])
            // 0.6 % of 361.00 is 2.166.
            #expect(lines.filter { $0.kind == .payment }.map(\.fee.fen) == [-217, -217])
            let refunds = lines.filter { $0.kind == .refund }
            #expect(refunds.map(\.amount.fen) == [-6_663, -29_437])
            #expect(refunds.map(\.outRequestNo) == ["R1", "R2"])
            // A refund in full gives back the whole fee.
            #expect(refunds.map(\.fee.fen) == [40, 177])

            let next = AlipayBillDate(day: world.now.addingTimeInterval(-86_400))
            guard case .trades(let others) = try await client.bill(.trades, next) else { return }
            #expect(others.map(\.outRequestNo) == ["R3"] && others.map(\.fee.fen) == [0])
            let month = await world.billRefusal(client, AlipayBillDate(month: world.now))
            #expect(month == "isp.bill_not_exist")
            let account = await subCode { _ = try await client.billURL(.account, day) }
            #expect(account == "ACQ.INVALID_PARAMETER")
        }
    }

    @Test(arguments: TestEngine.available)
    func `a bill is there from ten in the morning, its address for half a minute`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            let client = world.downloading(world.client.configuration)
            let day = AlipayBillDate(day: world.now)
            let wait = Int64(day.availableFrom.timeIntervalSince(world.now))
            try await world.advance(wait - 1)
            #expect(await world.billRefusal(client, day) == "isp.bill_not_exist")
            try await world.advance(1)
            let url = try await client.billURL(.trades, day)
            let path = String(url.dropFirst(SandboxWorld.publicURL.count))
            let file = try await world.send("GET", path)
            #expect(file.status == 200)
            #expect(try AlipayBill(.trades, zip: file.body) == .trades([]))
            try await world.advance(29)
            #expect(try await world.send("GET", path).status == 200)
            try await world.advance(2)
            #expect(try await world.send("GET", path).status == 404)
            #expect(try await world.send("GET", "/sandbox/alipay/bills/x").status == 404)
        }
    }

    @Test(arguments: TestEngine.available)
    func `in certificate mode everything is named and proved`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let configuration = try await world.sandbox.alipay.certificateConfiguration()
            let client = world.downloading(configuration)
            let order = AlipayOrder(
                outTradeNo: "K1", amount: AlipayAmount(fen: 500), subject: "课",
                expires: world.now.addingTimeInterval(600))
            let back = "\(SandboxWorld.publicURL)/return"
            let url = try client.wapURL(
                order, notifyURL: "http://127.0.0.1:8080/notify", returnURL: back, at: world.now)
            let path = String(url.dropFirst(SandboxWorld.publicURL.count))
            _ = try await world.open(path)
            #expect(try await world.pay("K1").status == 200)
            let body = try #require(world.merchant.bodies.last)
            let notice = try client.notification(body)
            try notice.check(
                appID: configuration.appID, sellerID: configuration.sellerID, outTradeNo: "K1",
                amount: order.amount)
            #expect(notice.form["alipay_cert_sn"] != nil)
            // The key is the other application's, too; what it says is about this one.
            #expect(notice.appID != world.client.configuration.appID)
            let page = try await world.open(path)
            let link = try #require(
                page.text.firstMatch(of: /href="([^"]+)" data-test="cashier-return"/)?.output.1)
            let query = link.replacing("&amp;", with: "&").drop { $0 != "?" }.dropFirst()
            #expect(try client.browserReturn(Array(query.utf8)).outTradeNo == "K1")

            // Alipay begins to sign with another certificate: it is downloaded and believed.
            let rotated = try await world.send("POST", "/sandbox/alipay/certificates", json: "{}")
            #expect(rotated.status == 200)
            _ = try await client.refund(
                .outTradeNo("K1"), amount: AlipayAmount(fen: 200), outRequestNo: "R1")
            try await world.advance(0)
            let later = try #require(world.merchant.bodies.last)
            let serial = try AlipayForm(decoding: later)["alipay_cert_sn"]
            #expect(serial != notice.form["alipay_cert_sn"])
            #expect(try client.notification(later).event == .refunded(AlipayAmount(fen: 200)))
            // Whoever comes later is given the new one at once.
            let fresh = world.downloading(
                try await world.sandbox.alipay.certificateConfiguration())
            #expect(try fresh.notification(later).outTradeNo == "K1")
            await #expect(throws: AlipayError.self) {
                try await fresh.downloadCertificate("0123456789abcdef")
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `a foreign certificate, or none, opens nothing`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let mine = try await world.sandbox.alipay.certificateConfiguration()
            // The right keys and the other application's way to use them.
            let plain = world.downloading(
                AlipayConfiguration(
                    appID: mine.appID, gatewayURL: mine.gatewayURL,
                    credentials: world.client.configuration.credentials))
            let none = await subCode { _ = try await plain.query(.outTradeNo("K1")) }
            #expect(none == AlipaySubCode.appCertNotExist)

            let (from, until) = (world.now, world.now.addingTimeInterval(86_400))
            let key = try AlipayPrivateKey(TestKeys.app)
            let rootKey = try AlipayPrivateKey(TestKeys.alipay)
            let root = try AlipayCertificate.root(rootKey, name: "X", from: from, until: until)
            let app = try AlipayCertificate.issued(
                to: key.publicKey, name: "x", organization: "x", by: root, rootKey, from: from,
                until: until)
            let foreign = world.downloading(
                AlipayConfiguration(
                    appID: mine.appID, gatewayURL: mine.gatewayURL,
                    credentials: try .certificates(
                        appKey: key, app: app, alipay: root,
                        roots: AlipayRootCertificates(root.pemRepresentation()))))
            // Its answer is signed with a certificate that this client has no reason to believe.
            let error = await #expect(throws: AlipayError.self) {
                try await foreign.query(.outTradeNo("K1"))
            }
            guard case .unknown(.unverified) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let calls = try await world.send("GET", "/sandbox/alipay/calls")
            #expect(calls.text.contains(AlipaySubCode.appCertNotExist))
        }
    }

    @Test(arguments: TestEngine.available)
    func `a merchant finds keys and certificates, the same each time`(_ engine: TestEngine)
        async throws
    {
        try await withSandbox(engine) { world in
            let first = try await world.send("GET", "/sandbox/alipay/merchant")
            #expect(first.status == 200)
            #expect(try await world.send("GET", "/sandbox/alipay/merchant").body == first.body)
            let view = try world.object(first)
            let keys = try #require(view["publicKeys"] as? [String: String])
            #expect(keys["appId"] == world.client.configuration.appID)
            _ = try AlipayPrivateKey(keys["appPrivateKey"] ?? "")
            let files = try #require(view["certificates"] as? [String: String])
            let credentials = try AlipayCredentials.certificates(
                appKey: AlipayPrivateKey(files["appPrivateKey"] ?? ""),
                app: AlipayCertificate(files["appCertificate"] ?? ""),
                alipay: AlipayCertificate(files["alipayCertificate"] ?? ""),
                roots: AlipayRootCertificates(files["rootCertificate"] ?? ""))
            let client = world.downloading(
                AlipayConfiguration(
                    appID: files["appId"] ?? "", gatewayURL: view["gatewayUrl"] as? String ?? "",
                    credentials: credentials))
            #expect(try await client.query(.outTradeNo("K1")) == .notExist)
        }
    }
}

extension SandboxWorld {
    /// A client that downloads files as well.
    func downloading(_ configuration: AlipayConfiguration) -> AlipayClient {
        let (web, database) = (web, database)
        @Sendable func path(_ url: String) -> String { String(url.dropFirst(Self.publicURL.count)) }
        return AlipayClient(
            configuration,
            transport: AlipayTransport { url, form in
                let answer = try await web.answer(
                    LocalCall("POST", path(url), body: Array(form.encoded.utf8)))
                return .init(status: answer.status, body: answer.body)
            } get: { url, _ in
                let answer = try await web.answer(LocalCall("GET", path(url)))
                return .init(status: answer.status, body: answer.body)
            },
            now: { Date(timeIntervalSince1970: Double(database.clock.now.secondsSinceEpoch)) })
    }

    func giveBack(_ trade: String, _ fen: Int64, _ number: String) async throws {
        _ = try await client.refund(
            .outTradeNo(trade), amount: AlipayAmount(fen: fen), outRequestNo: number)
    }

    /// Why there is no bill, in the gateway's word; nil if there is one.
    func billRefusal(_ client: AlipayClient, _ date: AlipayBillDate) async -> String? {
        await subCode { _ = try await client.billURL(.trades, date) }
    }
}
