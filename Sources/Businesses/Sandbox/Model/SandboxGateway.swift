import Store

/// A gateway that the sandbox plays. The word is its name in routes and rows.
enum SandboxGateway: String, SQLText, CaseIterable {
    case alipay, wechatpay
}

/// What the routes and the dashboard ask of either of them.
protocol PlayedGateway: Sendable {
    var gateway: SandboxGateway { get }
    /// The payer pays; returns when the merchant has acknowledged it, or the try to tell has ended.
    func pay(_ outTradeNo: String) async throws
    /// The merchant gives money back by hand, at the gateway's own console.
    ///
    /// - Parameter fen: nil for all that is left.
    func refundAtConsole(_ outTradeNo: String, fen: Int64?) async throws
    /// nil if the gateway knows no such trade.
    func view(of outTradeNo: String, in snapshot: Snapshot) throws -> TradeView?
    /// From new to old.
    func recentTrades(limit: Int, in snapshot: Snapshot) throws -> [TradeRow]
}
