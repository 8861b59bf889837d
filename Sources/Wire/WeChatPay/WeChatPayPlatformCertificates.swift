import Foundation
import WireKit

/// The platform certificates a client knows: those of its configuration, and those it fetched.
///
/// WeChat Pay publishes a new certificate well before it signs with it. The list is renewed every
/// twelve hours, so that a new one is known in time, and at once when a message names an unknown
/// one; but not more than once a minute, whatever strangers write into their headers.
actor PlatformCertificates {
    static let renewAfter: TimeInterval = 12 * 3600
    static let pause: TimeInterval = 60

    private(set) var verifier: WeChatPayVerifier
    private let configured: WeChatPayVerifier
    private var serials: Set<String>
    private let configuredSerials: Set<String>
    private var fetchedAt: Date?
    private var triedAt: Date?
    private var running: Task<Void, Never>?

    init(_ credentials: WeChatPayCredentials) {
        verifier = credentials.verifier
        configured = credentials.verifier
        configuredSerials = Set(credentials.certificates.map(\.serial))
        serials = configuredSerials
    }

    /// Fetches the list if this message needs it; several messages at once wait for one fetch.
    func refresh(with client: WeChatPayClient, ifNeededBy headers: WeChatPayHeaders) async {
        guard let serial = try? headers.single("Wechatpay-Serial"),
            !serial.utf8.starts(with: WeChatPayCredentials.idPrefix), serial.utf8.count <= 64,
            serial.utf8.allSatisfy({ hexDigit($0) != nil })
        else { return }
        let now = client.now()
        let isUnknown = !serials.contains(serial.uppercased())
        let isStale = fetchedAt.map { now.timeIntervalSince($0) >= Self.renewAfter } ?? false
        guard isUnknown || isStale else { return }
        if let running { return await running.value }
        if let triedAt, abs(now.timeIntervalSince(triedAt)) < Self.pause { return }
        triedAt = now
        let task = Task { _ = try? await client.fetchCertificates() }
        running = task
        await task.value
        running = nil
    }

    /// Takes the fetched list in place of the one before. Configured certificates stay.
    func replace(_ certificates: [WeChatPayCertificate], at now: Date) {
        verifier = configured.trusting(certificates)
        serials = configuredSerials.union(certificates.map(\.serial))
        fetchedAt = now
    }
}

extension WeChatPayClient {
    /// Fetches the platform certificates (`GET /v3/certificates`), and trusts those that are valid
    /// now from here on.
    ///
    /// The client does it by itself when it needs to; a service may call it at its start, to find
    /// a wrong APIv3 key before the first payment does. Each certificate is decrypted with the
    /// APIv3 key, its serial number compared with the one announced, and the whole answer verified
    /// by a key that was known before or that is in the list itself: only who has the APIv3 key
    /// can put one there.
    ///
    /// - Returns: the valid ones, the newest first.
    /// - Throws: ``WeChatPayError``; `RESOURCE_NOT_EXISTS` if the merchant has only public keys.
    @discardableResult
    public func fetchCertificates() async throws(WeChatPayError) -> [WeChatPayCertificate] {
        let answer = try await exchange("GET", "/v3/certificates", [])
        guard answer.status == 200 else { throw answer.failure }
        let moment = now()
        let certificates: [WeChatPayCertificate]
        do {
            certificates = try WeChatPayCertificateList.opened(
                answer.body, key: configuration.credentials.apiV3Key
            ).filter { $0.isValid(at: moment) }
            try configuration.credentials.verifier.trusting(certificates).verify(
                answer.body, answer.headers, at: moment)
        } catch {
            throw .unknown(.unverified(error))
        }
        await platform.replace(certificates, at: moment)
        return certificates.sorted { $0.notBefore > $1.notBefore }
    }
}

/// The body of `GET /v3/certificates`.
public enum WeChatPayCertificateList {
    /// Decrypts the certificates in an answer. The answer itself is not verified here.
    ///
    /// - Throws: ``WeChatPayVerificationError``.
    public static func opened(
        _ body: [UInt8], key: WeChatPayAPIv3Key
    ) throws(WeChatPayVerificationError) -> [WeChatPayCertificate] {
        guard let list = JSONObject(body[...])?.objects("data") else { throw .json }
        var certificates: [WeChatPayCertificate] = []
        for entry in list {
            guard let announced = entry.text("serial_no"),
                let sealed = entry.object("encrypt_certificate")
            else { throw .unreadableField("encrypt_certificate") }
            let plaintext = try SealedResource(sealed).opened(with: key)
            guard let pem = String(validating: plaintext, as: UTF8.self),
                let certificate = try? WeChatPayCertificate(pem),
                isSameText(certificate.serial, announced.uppercased())
            else { throw .unreadableField("serial_no") }
            certificates.append(certificate)
        }
        return certificates
    }
}

/// What is encrypted in a notification or a list of certificates.
struct SealedResource {
    private let ciphertext: String
    private let nonce: String
    private let associatedData: String

    init(_ object: JSONObject) throws(WeChatPayVerificationError) {
        let algorithm = object.text("algorithm") ?? ""
        guard isSameText(algorithm, WeChatPayCipher.algorithm) else {
            throw .unsupportedAlgorithm(algorithm)
        }
        guard let ciphertext = object.text("ciphertext") else {
            throw .unreadableField("ciphertext")
        }
        guard let nonce = object.text("nonce") else { throw .unreadableField("nonce") }
        self.ciphertext = ciphertext
        self.nonce = nonce
        // Left out when there is none; anything but a text cannot be what was authenticated.
        if object["associated_data"] == nil {
            associatedData = ""
        } else {
            guard let text = object.text("associated_data") else {
                throw .unreadableField("associated_data")
            }
            associatedData = text
        }
    }

    func opened(
        with key: WeChatPayAPIv3Key
    ) throws(WeChatPayVerificationError) -> [UInt8] {
        try WeChatPayCipher.open(
            ciphertext, nonce: nonce, associatedData: associatedData, key: key)
    }
}
