import Alipay
import Basics
import Foundation
import Store

/// An application of the one merchant there is. It decides how both sides prove who they are.
enum SandboxApp: String, SQLText, CaseIterable {
    /// Each side has the other's public key.
    case publicKeys = "2021000000000000"
    /// Both have certificates under the sandbox's root.
    case certificates = "2021000000000001"
}

/// The certificates of certificate mode.
struct SandboxCertificates: Sendable {
    /// One of Alipay's own, with its key.
    struct Own: Sendable {
        let certificate: AlipayCertificate
        let key: AlipayPrivateKey
    }

    let root: AlipayCertificate
    let rootKey: AlipayPrivateKey
    /// Of the application.
    let app: AlipayCertificate
    /// From old to new; never empty.
    let alipay: [Own]

    /// Whose key signs now.
    var signer: Own { alipay[alipay.count - 1] }
}

/// How the gateway speaks to an application: the key it signs with, and in certificate mode the
/// certificates of both.
struct GatewayVoice: Sendable {
    let app: SandboxApp
    let key: AlipayPrivateKey
    let certificates: SandboxCertificates?

    /// What messages say they are signed with; nil in public-key mode.
    var serial: String? { certificates?.signer.certificate.serial }
}
