import Alipay
import Basics
import Store

extension SandboxAlipay {
    /// The merchant asks for a code to be scanned. Asking again with the same content gives the same
    /// code as long as it can be scanned.
    func precreate(
        _ request: GatewayRequest, _ app: SandboxApp, in tx: Transaction
    ) throws -> [String: String] {
        let offer = try TradeOffer(request, .precreate, app, targets: targets)
        guard tx.now < offer.expiresAt else { throw GatewayRefusal.orderExpired }
        if let trade = try tx.trade(outTradeNo: offer.outTradeNo) {
            guard offer.isSame(as: trade) else { throw GatewayRefusal.contextInconsistent }
            switch trade.state {
            case .waiting: break
            case .paid: throw GatewayRefusal.tradeHasSuccess
            case .finished: throw GatewayRefusal.tradeHasFinished
            case .closed: throw GatewayRefusal.tradeHasClose
            }
        }
        let code = try tx.code(for: offer, numbers)
        return [
            "code": "10000", "msg": "Success", "out_trade_no": offer.outTradeNo,
            "qr_code": codeAddress(code.token),
        ]
    }

    /// A payer scans a code, which is to open its address. Only now does the trade come into being.
    ///
    /// - Returns: the token of the cashier.
    /// - Throws: `not-found` for a code that never was or cannot be scanned any more.
    func scan(_ token: String) async throws -> String {
        try await database.write { [numbers] tx in
            guard let code = try tx.code(token: token) else { throw Problem.notFound }
            if let trade = try tx.trade(outTradeNo: code.outTradeNo) { return trade.token }
            guard tx.now < code.scannableUntil else { throw Problem.sandboxCodeExpired }
            let trade = code.trade(
                try numbers.id(in: tx), token: try numbers.token(.trade, in: tx), at: tx.now)
            guard try tx.insert(trade) else {
                // Another scan was quicker; its trade is the one.
                return try tx.trade(outTradeNo: code.outTradeNo)?.token ?? trade.token
            }
            try tx.scheduleDeadline(of: trade)
            return trade.token
        }
    }

    /// The text that the code shows.
    private func codeAddress(_ token: String) -> String {
        "\(publicURL)/sandbox/alipay/qr/\(token)"
    }
}

extension Transaction {
    fileprivate func code(for offer: TradeOffer, _ numbers: SandboxNumbers) throws -> PaymentCode {
        func token() throws -> String { try numbers.token(.code, in: self) }
        if var known = try lockCode(outTradeNo: offer.outTradeNo) {
            guard known.value.isFor(offer) else { throw GatewayRefusal.contextInconsistent }
            try known.value.renew(offer, at: now, token: token)
            try save(known)
            return known.value
        }
        let code = PaymentCode(offer, token: try token(), at: now)
        // Another request was quicker: its code is the one.
        return try insert(code) ? code : self.code(for: offer, numbers)
    }
}
