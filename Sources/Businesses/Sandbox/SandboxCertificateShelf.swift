import Alipay
import Basics
import Foundation
import Store

/// Makes and keeps the sandbox's certificates. They are made when somebody first asks for them, which
/// is seldom: key pairs take a good part of a second each.
struct CertificateShelf: Sendable {
    /// Longer than the clock can be moved.
    private static let validity: TimeInterval = 120 * 365 * 86_400
    private static let organization = "Kontor Sandbox Alipay"

    let database: Database
    let keys: SandboxKeys

    /// How the gateway speaks to an application at this moment.
    func voice(to app: SandboxApp) async throws -> GatewayVoice {
        switch app {
        case .publicKeys: return GatewayVoice(app: app, key: keys.alipay, certificates: nil)
        case .certificates:
            let certificates = try await certificates()
            return GatewayVoice(
                app: app, key: certificates.signer.key, certificates: certificates)
        }
    }

    func certificates() async throws -> SandboxCertificates {
        if let known = try await read() { return known }
        try await make()
        // Read back: another node may have been first.
        guard let certificates = try await read() else {
            throw StoreError.unavailable("the sandbox's certificates could not be stored")
        }
        return certificates
    }

    /// Alipay begins to sign with a new key and a new certificate.
    func rotate() async throws -> SandboxCertificates {
        let known = try await certificates()
        let key = try await SandboxKeys.generate()
        let record = try record(
            .alipay, number: Int64(known.alipay.count),
            issued(to: key.publicKey, "Alipay", Self.organization, known.root, known.rootKey), key)
        try await database.write { tx in _ = try tx.insert(record) }
        return try await certificates()
    }

    private func make() async throws {
        let rootKey = try await SandboxKeys.generate()
        let root = try AlipayCertificate.root(
            rootKey, name: "Kontor Sandbox Root", from: start, until: end)
        let app = try issued(
            to: keys.app.publicKey, SandboxApp.certificates.rawValue, "Kontor Sandbox Merchant",
            root, rootKey)
        let alipay = try issued(
            to: keys.alipay.publicKey, "Alipay", Self.organization, root, rootKey)
        let records = try [
            record(.root, number: 0, root, rootKey), record(.app, number: 0, app, keys.app),
            record(.alipay, number: 0, alipay, keys.alipay),
        ]
        try await database.write { tx in
            // All or none: they belong together.
            guard try tx.insert(records[0]) else { return }
            for record in records.dropFirst() { _ = try tx.insert(record) }
        }
    }

    private var start: Date { database.clock.now.date.addingTimeInterval(-86_400) }
    private var end: Date { start.addingTimeInterval(Self.validity) }

    private func issued(
        to key: AlipayPublicKey, _ name: String, _ organization: String,
        _ root: AlipayCertificate, _ rootKey: AlipayPrivateKey
    ) throws -> AlipayCertificate {
        try AlipayCertificate.issued(
            to: key, name: name, organization: organization, by: root, rootKey, from: start,
            until: end)
    }

    private func record(
        _ owner: CertificateRecord.Owner, number: Int64, _ certificate: AlipayCertificate,
        _ key: AlipayPrivateKey
    ) throws -> CertificateRecord {
        CertificateRecord(
            owner: owner, number: number, certificate: try certificate.pemRepresentation(),
            key: key.pemRepresentation)
    }

    private func read() async throws -> SandboxCertificates? {
        let records = try await database.read { try $0.certificates() }
        func all(_ owner: CertificateRecord.Owner) throws -> [SandboxCertificates.Own] {
            try records.filter { $0.owner == owner }.map { record in
                SandboxCertificates.Own(
                    certificate: try AlipayCertificate(record.certificate),
                    key: try AlipayPrivateKey(record.key))
            }
        }
        guard let root = try all(.root).first, let app = try all(.app).first else { return nil }
        let alipay = try all(.alipay)
        guard !alipay.isEmpty else { return nil }
        return SandboxCertificates(
            root: root.certificate, rootKey: root.key, app: app.certificate, alipay: alipay)
    }
}

/// A certificate as it is kept, with its key: both are worth nothing outside the sandbox.
struct CertificateRecord: Sendable {
    enum Owner: String, SQLText { case root, app, alipay }

    let owner: Owner
    /// Of this owner's, from 0.
    let number: Int64
    let certificate: String
    let key: String
}
