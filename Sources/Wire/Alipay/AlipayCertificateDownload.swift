import Foundation
import WireKit

extension AlipayClient {
    /// After a download that failed none is tried for so long: whoever forges messages can name any
    /// number of certificates.
    static let downloadPause: TimeInterval = 60

    /// Downloads one of Alipay's certificates by its serial number, proves it, and verifies messages
    /// with it from then on (`alipay.open.app.alipaycert.download`). Certificate mode only.
    ///
    /// Calls and ``notification(downloadingCertificates:)`` do this by themselves.
    ///
    /// - Throws: ``AlipayError``; ``AlipayVerificationError/untrustedCertificate(_:)`` inside
    ///   ``AlipayUncertainty/unverified(_:)`` if the certificate does not prove to be Alipay's.
    @discardableResult
    public func downloadCertificate(
        _ serial: String
    ) async throws(AlipayError) -> AlipayCertificate {
        guard let book = configuration.credentials.certificates else {
            throw .invalidRequest(parameter: "alipay_cert_sn", reason: "is for certificate mode")
        }
        let method = "alipay.open.app.alipaycert.download"
        let body = try await send(method, [certificateSerialName: serial])
        guard let certificate = Self.certificate(in: body, method) else {
            let response = try verified(body, method, .book(book))
            throw response.fault?.asError ?? .unknown(.unreadable("alipay_cert_content"))
        }
        guard certificate.serial == serial,
            certificate.organization == book.alipay.organization,
            await book.roots.trusts(certificate, at: now())
        else { throw .unknown(.unverified(.untrustedCertificate(serial))) }
        // The answer may be signed with the very certificate that it brings.
        let named = JSONObject(body[...])?.text(certificateSerialName)
        let isOwn = isSameText(named, serial)
        _ = try verified(body, method, isOwn ? .one(certificate.publicKey) : .book(book))
        book.learn(certificate)
        return certificate
    }

    /// The same for a message that cannot wait for the certificate's return. Messages that come
    /// together wait for one download.
    func learnCertificate(
        _ serial: String, namedBy source: AlipayCertificateBook.Source
    ) async throws(AlipayVerificationError) {
        guard let book = configuration.credentials.certificates else {
            throw .unknownCertificate(serial)
        }
        // Twice, because the one that is under way may be for another certificate.
        for _ in 0..<2 where book.key(named: serial) == nil {
            let download = book.download(for: source, at: now()) {
                await outcome(of: serial, namedBy: source, in: book)
            }
            guard let ended = await download?.value else { throw .unknownCertificate(serial) }
            if isSameText(ended.serial, serial), let error = ended.error { throw error }
        }
        guard book.key(named: serial) != nil else { throw .unknownCertificate(serial) }
    }

    private func outcome(
        of serial: String, namedBy source: AlipayCertificateBook.Source,
        in book: AlipayCertificateBook
    ) async -> AlipayCertificateBook.Outcome {
        do {
            try await downloadCertificate(serial)
            return .init(serial: serial, error: nil)
        } catch {
            book.pause(source, until: now().addingTimeInterval(Self.downloadPause))
            guard case .unknown(.unverified(let reason)) = error else {
                return .init(serial: serial, error: .unknownCertificate(serial))
            }
            return .init(serial: serial, error: reason)
        }
    }

    private func verified(
        _ body: [UInt8], _ method: String, _ keys: AlipayKeyChoice
    ) throws(AlipayError) -> AlipayResponse {
        do {
            return try AlipayResponse(verifying: body, method: method, with: keys)
        } catch {
            throw .unknown(.unverified(error))
        }
    }

    /// What the answer brings, before anything about it is proved.
    private static func certificate(in body: [UInt8], _ method: String) -> AlipayCertificate? {
        guard let answer = JSONObject(body[...])?[AlipayResponse.memberName(method)],
            let content = JSONObject(answer)?.text("alipay_cert_content"),
            let text = strictBase64(Array(content.utf8))
        else { return nil }
        return try? AlipayCertificate(String(decoding: text, as: UTF8.self))
    }
}
