import Foundation

/// The merchant's side of the Alipay gateway.
///
/// ```swift
/// let client = AlipayClient(
///     AlipayConfiguration(
///         appID: "2021000117650139",
///         credentials: try .publicKeys(
///             appKey: AlipayPrivateKey(appKeyText), alipayKey: AlipayPublicKey(alipayKeyText))),
///     transport: .live(httpClient))
///
/// let url = try client.pageURL(order, notifyURL: notifyURL, at: now)   // send the browser there
/// let notice = try client.notification(requestBody)                    // then answer "success"
/// let trade = try await client.query(.outTradeNo(order.outTradeNo))    // whenever in doubt
/// ```
public struct AlipayClient: Sendable {
    /// The application and the gateway.
    public let configuration: AlipayConfiguration
    let transport: AlipayTransport
    /// The clock.
    public let now: @Sendable () -> Date

    /// A client.
    ///
    /// - Parameter now: the clock for the `timestamp` of calls; Alipay refuses stale ones.
    public init(
        _ configuration: AlipayConfiguration, transport: AlipayTransport,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.configuration = configuration
        self.transport = transport
        self.now = now
    }

    /// Verifies the body of a request to the `notify_url`, byte for byte as received.
    ///
    /// - Throws: ``AlipayVerificationError`` with the reason, for the log and not for the sender.
    public func notification(
        _ body: some Collection<UInt8>
    ) throws(AlipayVerificationError) -> AlipayNotification {
        try AlipayNotification(verifying: body, with: configuration.credentials.alipayKeys)
    }

    /// The same in certificate mode, where a message may be signed with a certificate that Alipay
    /// has begun to use since: it is downloaded, proved, and the message verified with it.
    ///
    /// - Throws: ``AlipayVerificationError`` with the reason; if the certificate cannot be had now,
    ///   ``AlipayVerificationError/unknownCertificate(_:)``, and Alipay will tell again.
    public func notification(
        downloadingCertificates body: some Collection<UInt8>
    ) async throws(AlipayVerificationError) -> AlipayNotification {
        do {
            return try notification(body)
        } catch .unknownCertificate(let serial) {
            try await learnCertificate(serial, namedBy: .message)
            return try notification(body)
        }
    }

    /// Verifies the query string with which a browser comes back to the `return_url`.
    ///
    /// - Parameter ownParameters: names that the `return_url` itself already had.
    /// - Throws: ``AlipayVerificationError`` with the reason.
    public func browserReturn(
        _ query: some Collection<UInt8>, removing ownParameters: [String] = []
    ) throws(AlipayVerificationError) -> AlipayReturn {
        try AlipayReturn(
            verifying: query, with: configuration.credentials.alipayKeys, removing: ownParameters)
    }

    // MARK: Requests

    /// All parameters of a request but `sign`.
    func request(
        _ method: String, _ content: [String: String], at timestamp: Date,
        notifyURL: String? = nil, returnURL: String? = nil
    ) throws(AlipayError) -> AlipayForm {
        try request(
            method, json: Self.json(content), at: timestamp, notifyURL: notifyURL,
            returnURL: returnURL)
    }

    private static func json(_ content: [String: String]) throws(AlipayError) -> String {
        guard let json = try? AlipayJSON.object(content) else {
            throw .invalidRequest(parameter: "biz_content", reason: "cannot be written as JSON")
        }
        return json
    }

    func request(
        _ method: String, json: String, at timestamp: Date, notifyURL: String? = nil,
        returnURL: String? = nil
    ) throws(AlipayError) -> AlipayForm {
        var form = AlipayForm([
            ("app_id", configuration.appID), ("method", method), ("format", "JSON"),
            ("charset", "utf-8"), ("sign_type", "RSA2"), ("timestamp", AlipayTime.text(timestamp)),
            ("version", "1.0"), ("biz_content", json),
        ])
        if let certificates = configuration.credentials.certificates {
            form["app_cert_sn"] = certificates.appSerial
            form["alipay_root_cert_sn"] = certificates.roots.serial
        }
        form["notify_url"] = notifyURL
        form["return_url"] = returnURL
        return form
    }

    func signed(_ request: AlipayForm) throws(AlipayError) -> AlipayForm {
        do {
            return try request.signedAsRequest(with: configuration.credentials.appKey)
        } catch {
            throw .cannotSign(error)
        }
    }

    /// Calls a method and gives its verified answer, faults included.
    func call(
        _ method: String, _ content: [String: String], notifyURL: String? = nil
    ) async throws(AlipayError) -> AlipayResponse {
        try await answer(to: method, json: Self.json(content), notifyURL: notifyURL)
    }

    func answer(
        to method: String, json: String, notifyURL: String?
    ) async throws(AlipayError) -> AlipayResponse {
        let body = try await send(method, json: json, notifyURL: notifyURL)
        do {
            do {
                return try response(body, method)
            } catch .unknownCertificate(let serial) {
                try await learnCertificate(serial, namedBy: .answer)
                return try response(body, method)
            }
        } catch {
            // Only a signed answer is an answer, a refusal no less than a success.
            throw .unknown(.unverified(error))
        }
    }

    private func response(
        _ body: [UInt8], _ method: String
    ) throws(AlipayVerificationError) -> AlipayResponse {
        try AlipayResponse(
            verifying: body, method: method, with: configuration.credentials.alipayKeys)
    }

    func send(
        _ method: String, _ content: [String: String]
    ) async throws(AlipayError) -> [UInt8] {
        try await send(method, json: Self.json(content), notifyURL: nil)
    }

    /// Sends a request and gives the body of what came back, which nobody has verified yet.
    private func send(
        _ method: String, json: String, notifyURL: String?
    ) async throws(AlipayError) -> [UInt8] {
        // The gateway decodes the body by the charset it finds in the address, so everything but
        // the content stands there.
        var common = try signed(request(method, json: json, at: now(), notifyURL: notifyURL))
        var body = AlipayForm()
        body["biz_content"] = common["biz_content"]
        common["biz_content"] = nil

        let answer: AlipayTransport.Answer
        do {
            answer = try await transport.post(
                "\(configuration.gatewayURL)?\(common.encoded)", body)
        } catch {
            throw .unknown(.noAnswer(String(describing: error)))
        }
        guard answer.status == 200 else { throw .unknown(.httpStatus(answer.status)) }
        return answer.body
    }
}
