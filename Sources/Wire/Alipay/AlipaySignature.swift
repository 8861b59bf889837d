import WireKit

/// RSA2 signatures: RSASSA-PKCS1-v1_5 with SHA-256, written as base64.
///
/// Nothing else is ever produced or accepted. SHA-1 ("RSA") and PSS signatures fail, whatever
/// a message says about itself.
public enum AlipaySignature {
    /// Signs bytes. Equal bytes and key give equal text. Takes about a millisecond.
    ///
    /// - Throws: ``AlipayKeyError/signingFailed``.
    public static func sign(
        _ bytes: [UInt8], with key: AlipayPrivateKey
    ) throws(AlipayKeyError) -> String {
        do {
            return try RSASignature.sign(bytes, with: key.rsa)
        } catch {
            throw .signingFailed
        }
    }

    /// Whether the base64 text is this key's signature of exactly these bytes.
    ///
    /// Base64 is read strictly: a `+` that arrived as a space is a broken signature, and to
    /// repair it would mean to verify something that was not received.
    public static func isValid(
        _ signature: [UInt8], of bytes: [UInt8], with key: AlipayPublicKey
    ) -> Bool {
        RSASignature.isValid(signature, of: bytes, with: key.rsa)
    }
}

// MARK: Requests to the gateway

extension AlipayForm {
    /// The text a request's signature covers: all but `sign`, without empty values, sorted.
    public var requestText: [UInt8] {
        canonicalText(signedRequestFields)
    }

    /// The form as it is sent: what is signed in canonical order, then `sign`.
    ///
    /// - Throws: ``AlipayKeyError/signingFailed``.
    public func signedAsRequest(
        with key: AlipayPrivateKey
    ) throws(AlipayKeyError) -> AlipayForm {
        var form = AlipayForm(fields: signedRequestFields)
        form["sign"] = try AlipaySignature.sign(requestText, with: key)
        return form
    }

    /// Verifies a request, as the gateway does.
    ///
    /// - Throws: ``AlipayVerificationError`` with the reason.
    public func verifyRequest(with key: AlipayPublicKey) throws(AlipayVerificationError) {
        guard self["sign_type"] == "RSA2" else { throw .signTypeMismatch }
        try verify(requestText, with: key)
    }

    private var signedRequestFields: [Field] {
        sorted { !$0.value.isEmpty && !isNamed($0, "sign") }
    }
}

// MARK: Messages from the gateway

extension AlipayForm {
    /// The text that the signature of a notification or of a browser's return covers: all but
    /// `sign`, `sign_type` and `alipay_cert_sn`, sorted. Unlike in a request, empty values stay.
    public var notificationText: [UInt8] {
        canonicalText(
            sorted {
                !isNamed($0, "sign") && !isNamed($0, "sign_type")
                    && !isNamed($0, certificateSerialName)
            })
    }

    /// The form with `sign` and `sign_type`, as the gateway sends it.
    ///
    /// - Throws: ``AlipayKeyError/signingFailed``.
    public func signedAsNotification(
        with key: AlipayPrivateKey
    ) throws(AlipayKeyError) -> AlipayForm {
        var form = self
        form["sign"] = try AlipaySignature.sign(notificationText, with: key)
        form["sign_type"] = "RSA2"
        return form
    }

    /// Verifies the signature of a notification or of a browser's return.
    ///
    /// The algorithm is RSA2 because the account is configured so. A message that claims another
    /// one is refused before anything is computed; one that claims none is verified as RSA2.
    ///
    /// - Throws: ``AlipayVerificationError`` with the reason, for the log and not for the sender.
    public func verifyNotification(with key: AlipayPublicKey) throws(AlipayVerificationError) {
        if let type = bytes("sign_type"), type != Array("RSA2".utf8) { throw .signTypeMismatch }
        try verify(notificationText, with: key)
    }

    private func verify(
        _ text: [UInt8], with key: AlipayPublicKey
    ) throws(AlipayVerificationError) {
        guard let sign = bytes("sign"), !sign.isEmpty else { throw .missingSign }
        // "a=1&b=2" is also the text of one parameter called "a=1&b". No real name looks so.
        let separators: Set<UInt8> = [UInt8(ascii: "="), UInt8(ascii: "&")]
        guard fields.allSatisfy({ separators.isDisjoint(with: $0.name) }) else {
            throw .form(.malformed)
        }
        guard AlipaySignature.isValid(sign, of: text, with: key) else { throw .badSignature }
    }

    private func sorted(keeping isKept: (Field) -> Bool) -> [Field] {
        fields.filter(isKept).sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    private func isNamed(_ field: Field, _ name: String) -> Bool {
        field.name.elementsEqual(name.utf8)
    }

    private func canonicalText(_ fields: [Field]) -> [UInt8] {
        Array(fields.map { $0.name + [UInt8(ascii: "=")] + $0.value }.joined(separator: "&".utf8))
    }
}
