import Foundation
import WireKit
@_spi(FixedExpiryValidationTime) import X509

/// The pinned roots of certificate mode: `alipayRootCert.crt`, as the console gives it.
///
/// The file also has roots for Chinese algorithms (SM2), which no library here reads. They count
/// neither for the serial number nor for trust.
public struct AlipayRootCertificates: Sendable {
    private let roots: [AlipayCertificate]

    /// The serial numbers of the RSA roots in the order of the file, joined by `_`
    /// (`alipay_root_cert_sn`).
    public let serial: String

    /// Reads the file.
    ///
    /// - Throws: ``AlipayCertificateError``; ``AlipayCertificateError/noRoot`` if there is none
    ///   with an RSA signature in it.
    public init(_ text: String) throws(AlipayCertificateError) {
        var roots: [AlipayCertificate] = []
        for block in KeyText.blocks(text) {
            guard let block else { throw .unreadable }
            guard hasRSASignature(certificate: Array(block.der)) else { continue }
            roots.append(try AlipayCertificate(block.der.base64EncodedString()))
        }
        guard !roots.isEmpty else { throw .noRoot }
        self.roots = roots
        serial = roots.map(\.serial).joined(separator: "_")
    }

    /// Whether a certificate was issued under one of the roots, by way of those that came with it,
    /// all within their time and all signed by RSA with SHA-2.
    func trusts(_ certificate: AlipayCertificate, at moment: Date) async -> Bool {
        var verifier = Verifier(
            rootCertificates: CertificateStore(roots.map(\.certificate))
        ) {
            RFC5280Policy(fixedExpiryValidationTime: moment)
        }
        let result = await verifier.validate(
            leaf: certificate.certificate,
            intermediates: CertificateStore(certificate.issuers))
        guard case .validCertificate(let chain) = result else { return false }
        let accepted: [Certificate.SignatureAlgorithm] = [
            .sha256WithRSAEncryption, .sha384WithRSAEncryption, .sha512WithRSAEncryption,
        ]
        // The root is trusted for being pinned, whatever it is signed with.
        return chain.dropLast().allSatisfy { accepted.contains($0.signatureAlgorithm) }
    }
}

/// Whether a certificate's signature algorithm lies below 1.2.840.113549.1.1 (PKCS #1). Looked for in
/// the bytes, because certificates with Chinese algorithms cannot be read as a whole.
func hasRSASignature(certificate der: [UInt8]) -> Bool {
    guard let whole = DERValue(der[...]), whole.tag == 0x30,
        let signed = DERValue(whole.content), let algorithm = DERValue(signed.rest),
        algorithm.tag == 0x30, let name = DERValue(algorithm.content), name.tag == 0x06
    else { return false }
    return name.content.starts(with: [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01])
}

/// The first value in a run of DER bytes.
private struct DERValue {
    let tag: UInt8
    let content: ArraySlice<UInt8>
    /// What comes after it.
    let rest: ArraySlice<UInt8>

    init?(_ bytes: ArraySlice<UInt8>) {
        guard let tag = bytes.first, let first = bytes.dropFirst().first else { return nil }
        var length = Int(first)
        var body = bytes.dropFirst(2)
        if first >= 0x80 {
            let count = Int(first & 0x7F)
            guard (1...4).contains(count), body.count >= count else { return nil }
            length = body.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            body = body.dropFirst(count)
        }
        guard body.count >= length else { return nil }
        self.tag = tag
        content = body.prefix(length)
        rest = body.dropFirst(length)
    }
}
