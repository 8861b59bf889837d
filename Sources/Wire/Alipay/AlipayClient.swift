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
    private let transport: AlipayTransport
    private let now: @Sendable () -> Date

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
        try AlipayNotification(verifying: body, with: configuration.credentials.alipayKey)
    }

    /// Verifies the query string with which a browser comes back to the `return_url`.
    ///
    /// - Parameter ownParameters: names that the `return_url` itself already had.
    /// - Throws: ``AlipayVerificationError`` with the reason.
    public func browserReturn(
        _ query: some Collection<UInt8>, removing ownParameters: [String] = []
    ) throws(AlipayVerificationError) -> AlipayReturn {
        try AlipayReturn(
            verifying: query, with: configuration.credentials.alipayKey, removing: ownParameters)
    }

    // MARK: Requests

    /// All parameters of a request but `sign`.
    func request(
        _ method: String, _ content: [String: String], at timestamp: Date,
        notifyURL: String? = nil, returnURL: String? = nil
    ) throws(AlipayError) -> AlipayForm {
        guard let json = try? AlipayJSON.object(content) else {
            throw .invalidRequest(parameter: "biz_content", reason: "cannot be written as JSON")
        }
        var form = AlipayForm([
            ("app_id", configuration.appID), ("method", method), ("format", "JSON"),
            ("charset", "utf-8"), ("sign_type", "RSA2"), ("timestamp", AlipayTime.text(timestamp)),
            ("version", "1.0"), ("biz_content", json),
        ])
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
        _ method: String, _ content: [String: String]
    ) async throws(AlipayError) -> AlipayResponse {
        // The gateway decodes the body by the charset it finds in the address, so everything but
        // the content stands there.
        var common = try signed(request(method, content, at: now()))
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
        do {
            return try AlipayResponse(
                verifying: answer.body, method: method,
                with: configuration.credentials.alipayKey)
        } catch {
            // Only a signed answer is an answer, a refusal no less than a success.
            throw .unknown(.unverified(error))
        }
    }
}
