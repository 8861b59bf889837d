import Alipay
import Foundation
import Synchronization
import Testing
import WireTestKit

/// Certificate mode against a chain of our own, made by OpenSSL as `Vectors/Certificates/make.sh` says.
@Suite struct CertificateTests {
    @Test(arguments: Vector.suite("alipay_cert_sn"))
    func `a certificate's serial number is Alipay's`(vector: Vector) throws {
        let pem = try #require(vector.input["pem"].text)
        let expected = try #require(vector.expected["sn"].text)
        guard vector.input["kind"].text == "single" else {
            #expect(try AlipayRootCertificates(pem).serial == expected)
            return
        }
        let certificate = try AlipayCertificate(pem)
        #expect(certificate.serial == expected)
        #expect(certificate.issuer == vector.expected["issuer"].text)
    }

    @Test func `a certificate is read in every form, and nothing else is one`() throws {
        let pem = Chain.text("next-alone.pem")
        let first = try AlipayCertificate(pem)
        let base64 = pem.split(separator: "\n").dropFirst().dropLast().joined()
        for form in [
            base64, pem.replacing("\n", with: "\r\n"), pem.replacing("\n", with: "\\n"),
            Chain.text("next.pem"), "text before\n" + pem,
        ] {
            #expect(try AlipayCertificate(form) == first)
        }
        #expect(first.subject == "CN=Kontor Test Alipay-2088,OU=Alipay,O=Kontor Test Alipay,C=CN")
        #expect(first.expires > Chain.moment)

        let refused: [(String, AlipayCertificateError)] = [
            ("", .unreadable), ("AAAA", .unreadable), (base64 + "A", .unreadable),
            (Chain.text("next.key"), .notACertificate("PRIVATE KEY")),
            (Chain.text("ec.pem"), .notRSA),
            (pem.replacing("MIID", with: "MIIE"), .unreadable),
        ]
        for (text, error) in refused {
            #expect(throws: error) { try AlipayCertificate(text) }
        }
        #expect(throws: AlipayCertificateError.noRoot) {
            try AlipayRootCertificates(Chain.text("ec.pem"))
        }
        #expect(try AlipayCertificate(String(repeating: pem, count: 8)) == first)
        #expect(throws: AlipayCertificateError.unreadable) {
            try AlipayCertificate(String(repeating: pem, count: 9))
        }
    }

    @Test func `files that were mixed up are told apart at once`() throws {
        let (app, alipay) = (try Chain.certificate("app"), try Chain.certificate("alipay"))
        let roots = try AlipayRootCertificates(Chain.text("roots.pem"))
        #expect(throws: AlipayCertificateError.otherKey) {
            try AlipayCredentials.certificates(
                appKey: Chain.key("app"), app: alipay, alipay: app, roots: roots)
        }
        #expect(throws: AlipayCertificateError.ownCertificateGivenAsAlipays) {
            try AlipayCredentials.certificates(
                appKey: Chain.key("app"), app: app, alipay: app, roots: roots)
        }
    }

    @Test func `requests name both certificates, and they are signed`() async throws {
        let chain = try Chain()
        let client = try chain.client()
        let url = try client.pageURL(
            Sample.order(at: Chain.moment), notifyURL: "https://k.example/n", at: Chain.moment)
        let form = try AlipayForm(decoding: url.split(separator: "?")[1].utf8)
        #expect(form["app_cert_sn"] == (try Chain.certificate("app").serial))
        #expect(
            form["alipay_root_cert_sn"]
                == (try AlipayRootCertificates(Chain.text("roots.pem")).serial))
        try form.verifyRequest(with: Chain.key("app").publicKey)
        #expect(try await client.query(.outTradeNo("KT_7")) == .notExist)
    }

    @Test func `the key is chosen by the certificate that a message names`() async throws {
        let chain = try Chain()
        let client = try chain.client()
        let named = try chain.notification(signedBy: "alipay")
        #expect(try client.notification(named).outTradeNo == "KT_7")
        // Without a name it is the configured one.
        let unnamed = try chain.notification(signedBy: "alipay", naming: nil)
        #expect(try client.notification(unnamed).outTradeNo == "KT_7")
        // The name is not signed, and a name alone opens nothing.
        let borrowed = try chain.notification(signedBy: "next", naming: "alipay")
        #expect(throws: AlipayVerificationError.badSignature) { try client.notification(borrowed) }
        let serial = try Chain.certificate("next").serial
        let new = try chain.notification(signedBy: "next")
        #expect(throws: AlipayVerificationError.unknownCertificate(serial)) {
            try client.notification(new)
        }
    }

    @Test func `a new certificate is downloaded, proved and kept`() async throws {
        let chain = try Chain(signer: "next")
        let client = try chain.client()
        // An answer names it first, then a notification, then nothing is asked for again.
        #expect(try await client.query(.outTradeNo("KT_7")) == .notExist)
        #expect(chain.downloads == 1)
        let body = try chain.notification(signedBy: "next")
        let notice = try await client.notification(downloadingCertificates: body)
        #expect(notice.outTradeNo == "KT_7")
        #expect(try client.notification(body).total == notice.total)
        #expect(try await client.query(.outTradeNo("KT_7")) == .notExist)
        #expect(chain.downloads == 1)
    }

    /// What is downloaded instead of the certificate that was asked for.
    @Test(arguments: [
        "forged", "usurped", "merchant", "sha1", "shortlived", "next-alone", "app", "alipay",
    ])
    func `a certificate that does not prove to be Alipay's is not believed`(name: String)
        async throws
    {
        // It signs for itself, and says that it is itself.
        let chain = try Chain(signer: name)
        let client = try chain.client()
        let signer = try Chain.certificate(name)
        chain.delivers = name
        if name == "alipay" {
            // Genuine and known, but not what was asked for.
            let error = await #expect(throws: AlipayError.self) {
                try await client.downloadCertificate(Chain.certificate("next").serial)
            }
            let serial = try Chain.certificate("next").serial
            #expect(error == .unknown(.unverified(.untrustedCertificate(serial))))
            return
        }
        let error = await #expect(throws: AlipayError.self) {
            try await client.query(.outTradeNo("KT_7"))
        }
        #expect(error == .unknown(.unverified(.untrustedCertificate(signer.serial))), "\(name)")
        let body = try chain.notification(signedBy: name)
        await #expect(throws: AlipayVerificationError.unknownCertificate(signer.serial)) {
            try await client.notification(downloadingCertificates: body)
        }
        // Forged messages do not make us ask again and again.
        #expect(chain.downloads == 1)
    }

    @Test func `messages that come together wait for one download`() async throws {
        let chain = try Chain(signer: "next")
        chain.delay = .milliseconds(50)
        let client = try chain.client()
        let body = try chain.notification(signedBy: "next")
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await client.notification(downloadingCertificates: body).outTradeNo
                }
            }
            for try await number in group { #expect(number == "KT_7") }
        }
        #expect(chain.downloads == 1)
    }

    @Test func `whoever forges many at once makes us ask once`() async throws {
        let chain = try Chain(signer: "next")
        chain.delay = .milliseconds(50)
        let client = try chain.client()
        let forged = try (0..<20).map { number in
            var form = try Sample.notification().signedAsNotification(with: Keys.stranger)
            form["alipay_cert_sn"] = "\(number)"
            return Array(form.encoded.utf8)
        }
        await withTaskGroup(of: AlipayVerificationError?.self) { group in
            for body in forged {
                group.addTask {
                    do throws(AlipayVerificationError) {
                        _ = try await client.notification(downloadingCertificates: body)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            for await error in group { #expect(error != nil) }
        }
        #expect(chain.downloads == 1)
    }

    @Test func `forged messages keep nobody from learning a new certificate`() async throws {
        let chain = try Chain(signer: "next")
        let client = try chain.client()
        let forged = try chain.notification(signedBy: "forged")
        for _ in 0..<3 { _ = try? await client.notification(downloadingCertificates: forged) }
        // They make us pause, but not where the gateway itself was asked.
        #expect(chain.downloads == 1)
        #expect(try await client.query(.outTradeNo("KT_7")) == .notExist)
        #expect(chain.downloads == 2)
        let body = try chain.notification(signedBy: "next")
        #expect(try client.notification(body).outTradeNo == "KT_7")
    }

    @Test func `a genuine certificate in a forged answer is not believed`() async throws {
        let chain = try Chain(signer: "next")
        chain.breaksSignature = true
        let client = try chain.client()
        let error = await #expect(throws: AlipayError.self) {
            try await client.query(.outTradeNo("KT_7"))
        }
        #expect(error == .unknown(.unverified(.badSignature)))
    }

    @Test func `a certificate that expires later than now is good until then`() async throws {
        let chain = try Chain(signer: "shortlived")
        let signer = try Chain.certificate("shortlived")
        let client = try chain.client(at: signer.expires.addingTimeInterval(-60))
        #expect(try await client.query(.outTradeNo("KT_7")) == .notExist)
    }

    @Test func `downloads are for certificate mode`() async throws {
        let client = try Gateway { _ in "{}" }.client()
        await #expect(throws: AlipayError.self) { try await client.downloadCertificate("x") }
        // In public-key mode a certificate's name means nothing.
        var form = try Sample.notification().signedAsNotification(with: Keys.alipay)
        form["alipay_cert_sn"] = "anything"
        #expect(try client.notification(form.encoded.utf8).outTradeNo == "KT_7")
    }
}

/// The certificates beside this file, and a gateway that signs with one of them.
final class Chain: Sendable {
    /// Long after they were made, so that the short-lived one has expired.
    static let moment = Date(timeIntervalSince1970: 1_893_456_000)

    private struct State {
        var downloads = 0
        var delivers: String?
        var breaksSignature = false
        var delay = Duration.zero
    }
    private let signer: String
    private let state = Mutex(State())

    /// - Parameter signer: whose certificate answers are signed with.
    init(signer: String = "alipay") throws { self.signer = signer }

    var downloads: Int { state.withLock { $0.downloads } }
    /// The certificate that is delivered for whatever is asked for.
    var delivers: String {
        get { state.withLock { $0.delivers } ?? signer }
        set { state.withLock { $0.delivers = newValue } }
    }
    /// How long a download takes.
    var delay: Duration {
        get { state.withLock { $0.delay } }
        set { state.withLock { $0.delay = newValue } }
    }
    var breaksSignature: Bool {
        get { state.withLock { $0.breaksSignature } }
        set { state.withLock { $0.breaksSignature = newValue } }
    }

    func client(at moment: Date = moment) throws -> AlipayClient {
        let configuration = AlipayConfiguration(
            appID: "2021", sellerID: "2088", gatewayURL: "https://gateway.example/gateway.do",
            credentials: try .certificates(
                appKey: Self.key("app"), app: Self.certificate("app"),
                alipay: Self.certificate("alipay"),
                roots: AlipayRootCertificates(Self.text("roots.pem"))))
        let transport = AlipayTransport { [self] url, _ in
            let form = try AlipayForm(decoding: url.split(separator: "?")[1].utf8)
            let body = Array(try answer(to: form["method"] ?? "").utf8)
            if body.count > 1_000 { try await Task.sleep(for: delay) }
            return .init(body: body)
        }
        return AlipayClient(configuration, transport: transport) { moment }
    }

    private func answer(to method: String) throws -> String {
        var content = #"{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}"#
        if method == "alipay.open.app.alipaycert.download" {
            state.withLock { $0.downloads += 1 }
            let file = Data(Self.text(delivers + ".pem").utf8).base64EncodedString()
            content = #"{"code":"10000","alipay_cert_content":"\#(file)"}"#
        }
        let text = try AlipayResponse.signed(
            content, method: method, with: Self.key(signer),
            certificateSerial: Self.certificate(signer).serial)
        return breaksSignature ? text.replacing(#""code":""#, with: #""code": ""#) : text
    }

    /// - Parameter naming: the certificate that it says it is signed with.
    func notification(signedBy signer: String, naming: String?? = .none) throws -> [UInt8] {
        var form = try Sample.notification().signedAsNotification(with: Self.key(signer))
        if let named = naming ?? signer {
            form["alipay_cert_sn"] = try Self.certificate(named).serial
        }
        return Array(form.encoded.utf8)
    }

    static func certificate(_ name: String) throws -> AlipayCertificate {
        try AlipayCertificate(text(name + ".pem"))
    }

    static func key(_ name: String) throws -> AlipayPrivateKey {
        try AlipayPrivateKey(text(name.split(separator: "-")[0] + ".key"))
    }

    static func text(_ name: String) -> String {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Vectors/Certificates/\(name)")
        return (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    }
}
