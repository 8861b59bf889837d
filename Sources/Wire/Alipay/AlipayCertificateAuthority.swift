import CryptoExtras
import Foundation
import SwiftASN1
import X509

// The other side: certificates as Alipay issues them, for tests and for a sandbox.

extension AlipayCertificate {
    /// A root that its own key signed.
    ///
    /// - Parameters:
    ///   - name: how it calls itself.
    ///   - from: the first moment at which it is valid.
    ///   - until: the last one.
    /// - Throws: ``AlipayCertificateError/generationFailed``.
    public static func root(
        _ key: AlipayPrivateKey, name: String, from: Date, until: Date
    ) throws(AlipayCertificateError) -> AlipayCertificate {
        let subject = Names(common: name, unit: "Certification Authority", organization: name)
        return try made(subject, key.publicKey, issuer: nil, key, from, until) {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        }
    }

    /// A certificate of somebody's key under a root.
    ///
    /// - Parameters:
    ///   - name: whose it is; the console writes the application's id.
    ///   - organization: a certificate of Alipay's is known by this name.
    ///   - rootKey: the key of `root`.
    /// - Throws: ``AlipayCertificateError/generationFailed``.
    public static func issued(
        to key: AlipayPublicKey, name: String, organization: String, by root: AlipayCertificate,
        _ rootKey: AlipayPrivateKey, from: Date, until: Date
    ) throws(AlipayCertificateError) -> AlipayCertificate {
        let subject = Names(common: name, unit: organization, organization: organization)
        return try made(subject, key, issuer: root, rootKey, from, until) {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true, nonRepudiation: true))
        }
    }

    /// PEM (`BEGIN CERTIFICATE`) of the certificate alone.
    ///
    /// - Throws: ``AlipayCertificateError/generationFailed``.
    public func pemRepresentation() throws(AlipayCertificateError) -> String {
        do {
            return try certificate.serializeAsPEM().pemString + "\n"
        } catch {
            throw .generationFailed
        }
    }

    /// A name of the four parts that Alipay's certificates have, in their order.
    private struct Names {
        let common: String
        let unit: String
        let organization: String

        var name: DistinguishedName {
            get throws {
                try DistinguishedName {
                    CountryName("CN")
                    OrganizationName(organization)
                    OrganizationalUnitName(unit)
                    CommonName(common)
                }
            }
        }
    }

    private static func made(
        _ subject: Names, _ key: AlipayPublicKey, issuer: AlipayCertificate?,
        _ issuerKey: AlipayPrivateKey, _ from: Date, _ until: Date,
        @ExtensionsBuilder _ extensions: () throws -> Result<Certificate.Extensions, any Error>
    ) throws(AlipayCertificateError) -> AlipayCertificate {
        let pem: String
        do {
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(),
                publicKey: Certificate.PublicKey(key.rsa), notValidBefore: from,
                notValidAfter: until, issuer: issuer?.certificate.subject ?? subject.name,
                subject: subject.name, signatureAlgorithm: .sha256WithRSAEncryption,
                extensions: Certificate.Extensions(builder: extensions),
                issuerPrivateKey: Certificate.PrivateKey(issuerKey.rsa))
            pem = try certificate.serializeAsPEM().pemString
        } catch {
            throw .generationFailed
        }
        return try AlipayCertificate(pem)
    }
}
