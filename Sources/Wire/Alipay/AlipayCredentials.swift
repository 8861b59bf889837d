import Foundation
import Synchronization

/// The key the application signs with, and what it trusts to be Alipay's.
public struct AlipayCredentials: Sendable {
    let appKey: AlipayPrivateKey
    /// Which key a message of Alipay's is verified with.
    let alipayKeys: AlipayKeyChoice
    /// nil in public-key mode.
    let certificates: AlipayCertificateBook?

    /// Public-key mode: the application's private key, and *Alipay's* public key as the console
    /// shows it after the application's own public key was uploaded there.
    ///
    /// - Throws: ``AlipayKeyError/ownKeyGivenAsAlipays`` if the two are one pair, the most
    ///   frequent mistake; without this check every verification would fail, unexplained.
    public static func publicKeys(
        appKey: AlipayPrivateKey, alipayKey: AlipayPublicKey
    ) throws(AlipayKeyError) -> AlipayCredentials {
        guard appKey.publicKey != alipayKey else { throw .ownKeyGivenAsAlipays }
        return AlipayCredentials(appKey: appKey, alipayKeys: .one(alipayKey), certificates: nil)
    }

    /// Certificate mode: the application's private key, and the three files of the console.
    ///
    /// Requests name the application's certificate and the roots; each message of Alipay's names the
    /// certificate it is signed with. One that is not known yet is downloaded and believed only if it
    /// is of the same organisation as `alipay` and was issued under `roots`. Copies share what they
    /// have learnt.
    ///
    /// - Parameters:
    ///   - app: `appCertPublicKey_….crt`, of `appKey`.
    ///   - alipay: `alipayCertPublicKey_RSA2.crt`.
    ///   - roots: `alipayRootCert.crt`.
    /// - Throws: ``AlipayCertificateError/otherKey``,
    ///   ``AlipayCertificateError/ownCertificateGivenAsAlipays``.
    public static func certificates(
        appKey: AlipayPrivateKey, app: AlipayCertificate, alipay: AlipayCertificate,
        roots: AlipayRootCertificates
    ) throws(AlipayCertificateError) -> AlipayCredentials {
        guard app.publicKey == appKey.publicKey else { throw .otherKey }
        guard alipay.publicKey != appKey.publicKey else { throw .ownCertificateGivenAsAlipays }
        let book = AlipayCertificateBook(appSerial: app.serial, alipay: alipay, roots: roots)
        return AlipayCredentials(appKey: appKey, alipayKeys: .book(book), certificates: book)
    }
}

/// The name under which messages say which certificate they are signed with.
let certificateSerialName = "alipay_cert_sn"

/// Which key a message is verified with.
enum AlipayKeyChoice: Sendable {
    /// This one, whatever the message says.
    case one(AlipayPublicKey)
    /// The one of the certificate that the message names.
    case book(AlipayCertificateBook)

    /// - Parameter serial: what the message says; nil chooses the configured certificate.
    /// - Throws: ``AlipayVerificationError/unknownCertificate(_:)``.
    func key(named serial: String?) throws(AlipayVerificationError) -> AlipayPublicKey {
        switch self {
        case .one(let key): return key
        case .book(let book):
            guard let serial, !serial.isEmpty else { return book.alipay.publicKey }
            guard let key = book.key(named: serial) else { throw .unknownCertificate(serial) }
            return key
        }
    }
}

/// The certificates of one application, with those of Alipay's that were downloaded since.
final class AlipayCertificateBook: Sendable {
    let appSerial: String
    let alipay: AlipayCertificate
    let roots: AlipayRootCertificates

    /// Who names a certificate: the gateway that was asked, or whoever sends messages.
    enum Source { case answer, message }

    private struct State {
        var keys: [String: AlipayPublicKey]
        /// No download before these moments: forged messages name certificates that do not exist, and
        /// each would make us ask. They must not keep us from believing the gateway's own answers.
        var pausedUntil = Date.distantPast
        var messagesPausedUntil = Date.distantPast
        /// The one download that is under way.
        var running: Task<Outcome, Never>?
    }

    /// How a download ended.
    struct Outcome: Sendable {
        let serial: String
        let error: AlipayVerificationError?
    }
    private let state: Mutex<State>

    init(appSerial: String, alipay: AlipayCertificate, roots: AlipayRootCertificates) {
        self.appSerial = appSerial
        self.alipay = alipay
        self.roots = roots
        state = Mutex(State(keys: [alipay.serial: alipay.publicKey]))
    }

    func key(named serial: String) -> AlipayPublicKey? { state.withLock { $0.keys[serial] } }

    func learn(_ certificate: AlipayCertificate) {
        state.withLock { $0.keys[certificate.serial] = certificate.publicKey }
    }

    /// The download that is under way, or this one; nil while there is to be none.
    func download(
        for source: Source, at now: Date, _ work: @escaping @Sendable () async -> Outcome
    ) -> Task<Outcome, Never>? {
        state.withLock { state in
            if let running = state.running { return running }
            guard state.pausedUntil <= now, source == .answer || state.messagesPausedUntil <= now
            else { return nil }
            let task = Task {
                let outcome = await work()
                self.state.withLock { $0.running = nil }
                return outcome
            }
            state.running = task
            return task
        }
    }

    func pause(_ source: Source, until moment: Date) {
        state.withLock { state in
            switch source {
            case .answer: state.pausedUntil = moment
            case .message: state.messagesPausedUntil = moment
            }
        }
    }
}
