import Foundation
import Synchronization
import Testing
import WeChatPay

/// Platform certificates: read, fetched, renewed, and used beside public keys.
@Suite struct CertificateTests {
    @Test func `a certificate is read from PEM and from one line`() throws {
        let pem = try Sample.certificate()
        for text in [pem, pem.replacing("\n", with: "\\n"), pem.replacing("\n", with: "")] {
            let certificate = try WeChatPayCertificate(text)
            #expect(certificate.serial == Sample.serial)
            #expect(certificate.publicKey == Keys.platform.publicKey)
            #expect(certificate.notBefore == Sample.moment.addingTimeInterval(-86_400))
            #expect(certificate.notAfter == Sample.moment.addingTimeInterval(86_400))
        }
        let zero = try WeChatPayCertificate(Sample.certificate(serial: Sample.nextSerial))
        #expect(zero.serial == Sample.nextSerial)
        #expect(throws: WeChatPayKeyError.privateKeyGiven) {
            try WeChatPayCertificate(Keys.platform.pemRepresentation)
        }
        #expect(throws: WeChatPayKeyError.unsupported("PUBLIC KEY")) {
            try WeChatPayCertificate(Keys.platform.publicKey.pemRepresentation)
        }
        #expect(throws: WeChatPayKeyError.unreadableCertificate) {
            try WeChatPayCertificate("AAAA")
        }
    }

    @Test func `keys are mixed message by message`() async throws {
        let certificate = try WeChatPayCertificate(Sample.certificate())
        let client = try Gateway { _ in .init() }.client(certificates: [certificate])
        for round in 0..<20 {
            let isNew = round % 3 == 0
            let (body, headers) = try Sample.notification(
                serial: isNew ? Sample.publicKeyID : Sample.serial,
                key: isNew ? Keys.wechat : Keys.platform)
            let notice = try await client.notification(body, headers)
            #expect(notice.id == "EV-1")
        }
        // The key that is named decides, not any that fits.
        for (serial, key) in [(Sample.publicKeyID, Keys.platform), (Sample.serial, Keys.wechat)] {
            let (body, headers) = try Sample.notification(serial: serial, key: key)
            await #expect(throws: WeChatPayVerificationError.badSignature) {
                try await client.notification(body, headers)
            }
        }
    }

    @Test(arguments: [(-86_400.0, -1.0), (1, 86_400)])
    func `a certificate out of its time is refused`(from: Double, until: Double) async throws {
        let certificate = try WeChatPayCertificate(Sample.certificate(from: from, until: until))
        let client = try Gateway { _ in .init() }.client(certificates: [certificate])
        let (body, headers) = try Sample.notification(serial: Sample.serial, key: Keys.platform)
        await #expect(throws: WeChatPayVerificationError.certificateExpired(Sample.serial)) {
            try await client.notification(body, headers)
        }
    }

    @Test func `an unknown certificate is fetched once, and then known`() async throws {
        let shop = try Shop()
        let (body, headers) = try Sample.notification(serial: Sample.serial, key: Keys.platform)
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 {
                group.addTask { try await shop.client.notification(body, headers).id }
            }
            for try await id in group { #expect(id == "EV-1") }
        }
        #expect(await shop.list.fetches == 1)
    }

    @Test func `what is not in the list stays unknown, and is not asked for again`() async throws {
        let shop = try Shop()
        let serial = "0000000000000000000000000000000000000001"
        let (body, headers) = try Sample.notification(serial: serial, key: Keys.platform)
        for _ in 0..<5 {
            await #expect(throws: WeChatPayVerificationError.unknownSerial(serial)) {
                try await shop.client.notification(body, headers)
            }
        }
        #expect(await shop.list.fetches == 1)
        shop.clock.advance(61)
        await #expect(throws: WeChatPayVerificationError.unknownSerial(serial)) {
            try await shop.client.notification(body, headers)
        }
        #expect(await shop.list.fetches == 2)
        // What cannot be a serial number asks nobody.
        for strange in ["PUB_KEY_ID_9", "xyz", String(repeating: "1", count: 65)] {
            let (body, headers) = try Sample.notification(serial: strange, key: Keys.platform)
            await #expect(throws: WeChatPayVerificationError.unknownSerial(strange)) {
                try await shop.client.notification(body, headers)
            }
        }
        #expect(await shop.list.fetches == 2)
    }

    @Test func `certificates rotate: both are good until the old one leaves the list`()
        async throws
    {
        let shop = try Shop()
        try await shop.expect(Sample.serial, Keys.platform, nil)
        try await shop.expect(
            Sample.nextSerial, Keys.nextPlatform, .unknownSerial(Sample.nextSerial))

        let both = [
            try Sample.certificate(),
            try Sample.certificate(
                Keys.nextPlatform, serial: Sample.nextSerial, until: 10 * 86_400),
        ]
        await shop.list.publish(both)
        // Twelve hours later the list is renewed by whatever comes, the old one's message too.
        shop.clock.advance(12 * 3600)
        try await shop.expect(Sample.serial, Keys.platform, nil)
        try await shop.expect(Sample.nextSerial, Keys.nextPlatform, nil)
        #expect(await shop.list.fetches == 2)

        await shop.list.publish([both[1]], signedBy: Sample.nextSerial, Keys.nextPlatform)
        shop.clock.advance(12 * 3600)
        try await shop.expect(Sample.nextSerial, Keys.nextPlatform, nil)
        shop.clock.advance(3600)
        try await shop.expect(Sample.serial, Keys.platform, .unknownSerial(Sample.serial))
    }

    @Test func `a list nobody signed, or a stranger, is not taken`() async throws {
        for (serial, key, error) in [
            (nil, Keys.platform, WeChatPayVerificationError.missingHeader("Wechatpay-Timestamp")),
            (Sample.serial, Keys.stranger, .badSignature),
            (Sample.nextSerial, Keys.nextPlatform, .unknownSerial(Sample.nextSerial)),
        ] as [(String?, WeChatPayPrivateKey, WeChatPayVerificationError)] {
            let body = try Shop.body([Sample.certificate()])
            let client = try Gateway { _ in .init(body: body, serial: serial, key: key) }
                .client(fetches: true)
            await #expect(throws: WeChatPayError.unknown(.unverified(error))) {
                try await client.fetchCertificates()
            }
        }
    }

    @Test func `a merchant with public keys only is told so`() async throws {
        let client = try Gateway { _ in
            .init(status: 404, body: #"{"code":"RESOURCE_NOT_EXISTS","message":"无可用的平台证书"}"#)
        }.client(fetches: true)
        let fault = WeChatPayFault(
            status: 404, code: "RESOURCE_NOT_EXISTS", message: "无可用的平台证书")
        await #expect(throws: WeChatPayError.refused(fault)) {
            try await client.fetchCertificates()
        }
    }

    @Test func `a list whose numbers differ from its certificates is refused`() throws {
        let body = try Shop.body([Sample.certificate()])
        let changed = body.replacing(Sample.serial, with: Sample.nextSerial)
        #expect(throws: WeChatPayVerificationError.unreadableField("serial_no")) {
            try WeChatPayCertificateList.opened(Array(changed.utf8), key: Sample.apiV3Key)
        }
        #expect(throws: WeChatPayVerificationError.decryptFailed) {
            try WeChatPayCertificateList.opened(
                Array(body.utf8), key: WeChatPayAPIv3Key(String(repeating: "y", count: 32)))
        }
    }
}

/// A client that fetches certificates from a list that changes, at a time that moves.
private struct Shop {
    /// What WeChat Pay publishes, and the certificate it signs with.
    actor List {
        var pems: [String]
        var serial = Sample.serial
        var key = Keys.platform
        var fetches = 0

        init(_ pems: [String]) { self.pems = pems }

        func publish(
            _ pems: [String], signedBy serial: String = Sample.serial,
            _ key: WeChatPayPrivateKey = Keys.platform
        ) {
            self.pems = pems
            self.serial = serial
            self.key = key
        }

        func answer(at moment: Date) throws -> WeChatPayTransport.Answer {
            fetches += 1
            let body = Array(try Shop.body(pems).utf8)
            return WeChatPayTransport.Answer(
                headers: try Sample.signed(body, at: moment, serial: serial, key: key), body: body)
        }
    }

    final class MovingClock: Sendable {
        private let date = Mutex(Sample.moment)
        var now: Date { date.withLock { $0 } }
        func advance(_ seconds: TimeInterval) { date.withLock { $0 += seconds } }
    }

    let client: WeChatPayClient
    let list: List
    let clock = MovingClock()

    init() throws {
        let list = List([try Sample.certificate(until: 100 * 86_400)])
        let clock = clock
        client = WeChatPayClient(
            try Sample.configuration(fetches: true),
            transport: WeChatPayTransport { _ in try await list.answer(at: clock.now) },
            now: { clock.now })
        self.list = list
    }

    /// A message of that certificate is believed, or refused for that reason.
    func expect(
        _ serial: String, _ key: WeChatPayPrivateKey, _ error: WeChatPayVerificationError?
    ) async throws {
        let (body, _) = try Sample.notification()
        let headers = try Sample.signed(body, at: clock.now, serial: serial, key: key)
        var found: WeChatPayVerificationError?
        do {
            _ = try await client.notification(body, headers)
        } catch {
            found = error
        }
        #expect(found == error)
    }

    static func body(_ pems: [String]) throws -> String {
        let sealed = try WeChatPayCertificateList.sealed(
            pems.enumerated().map { (pem: $1, nonce: "nonce\(1_000_000 + $0)") },
            key: Sample.apiV3Key)
        return String(decoding: sealed, as: UTF8.self)
    }
}
