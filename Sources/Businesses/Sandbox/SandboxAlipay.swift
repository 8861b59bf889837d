import Alipay
import Basics
import Store

/// Alipay as far as a merchant can see it: a gateway, a cashier, and notices over HTTP.
///
/// It knows nothing of Kontor's payments. What ties the two is the protocol, with real signatures,
/// through exactly the client and the verifier that talk to the real gateway.
package struct SandboxAlipay: PlayedGateway {
    package static var appID: String { SandboxApp.publicKeys.rawValue }
    package static let sellerID = "2088000000000000"

    /// How Kontor's own client has to be set up to talk to this gateway.
    package let configuration: AlipayConfiguration
    let gateway = SandboxGateway.alipay
    let database: Database
    let keys: SandboxKeys
    let shelf: CertificateShelf
    let post: PostOffice
    let publicURL: String
    var targets: NotifyTargets { post.targets }
    var numbers: SandboxNumbers { post.numbers }

    /// - Parameters:
    ///   - publicURL: where this server is reached, without a slash at the end.
    ///   - post: what carries notices to the merchant.
    init(database: Database, shelf: CertificateShelf, publicURL: String, post: PostOffice) throws {
        self.database = database
        self.shelf = shelf
        self.post = post
        self.publicURL = publicURL
        keys = shelf.keys
        configuration = AlipayConfiguration(
            appID: Self.appID, sellerID: Self.sellerID,
            gatewayURL: "\(publicURL)/sandbox/alipay/gateway.do",
            credentials: try .publicKeys(appKey: keys.app, alipayKey: keys.alipay.publicKey))
    }

    /// The same in certificate mode.
    package func certificateConfiguration() async throws -> AlipayConfiguration {
        let known = try await shelf.certificates()
        return AlipayConfiguration(
            appID: SandboxApp.certificates.rawValue, sellerID: Self.sellerID,
            gatewayURL: configuration.gatewayURL,
            credentials: try .certificates(
                appKey: keys.app, app: known.app, alipay: known.signer.certificate,
                roots: AlipayRootCertificates(known.root.pemRepresentation())))
    }

    /// Writes the notice about a trade's new state, to be sent at once or later; see `PostOffice`.
    ///
    /// - Parameters:
    ///   - refund: the refund that is the reason.
    ///   - isSecond: whether it is about a payment that the trade had before, made once more.
    func announce(
        _ trade: SandboxTrade, because refund: SandboxRefund?, byHand: Bool = false,
        isSecond: Bool = false, in tx: Transaction
    ) throws -> ID<Notice>? {
        guard let url = trade.notifyURL, trade.isTold else { return nil }
        return try post.announce(
            trade.outTradeNo, by: .alipay, to: url, byHand: byHand, in: tx
        ) { id in
            var form = trade.noticeForm(
                notifyID: "\(trade.tradeNo.prefix(8))\(id.rawValue)", refund: refund,
                sellerID: Self.sellerID)
            if isSecond { form["trade_no"] = trade.tradeNo(of: id.rawValue) }
            return form.encoded
        }
    }

    func view(of outTradeNo: String, in snapshot: Snapshot) throws -> TradeView? {
        try snapshot.trade(outTradeNo: outTradeNo).map(snapshot.view)
    }

    func recentTrades(limit: Int, in snapshot: Snapshot) throws -> [TradeRow] {
        try snapshot.trades(limit: limit).map { trade in
            TradeRow(
                .alipay, try snapshot.view(trade), page: "/sandbox/alipay/cashier/\(trade.token)")
        }
    }
}
