import Alipay
import Basics
import Store

/// What goes back over HTTP.
enum GatewayReply: Sendable, Hashable {
    /// A body, signed where the protocol signs.
    case json(String)
    /// The payer's browser goes to the cashier.
    case cashier(token: String)
    /// The payer's browser goes to a page that says why not.
    case refused(ID<GatewayCall>)
    /// Something was done, and the answer got lost.
    case lost
    /// Nothing was done.
    case unavailable
}

extension SandboxAlipay {
    /// A request to `gateway.do`, from a server or a payer's browser.
    func answer(query: String, body: [UInt8]) async throws -> GatewayReply {
        let request: GatewayRequest
        do {
            request = try GatewayRequest(query: query, body: body)
        } catch {
            return try errorResponse(error)
        }
        let product = SandboxTrade.Product.allCases.first { $0.method == request.method }
        let verb = Verb(rawValue: request.method)
        guard product != nil || verb != nil else { return try errorResponse(.invalidMethod) }
        do {
            try request.verify(appID: Self.appID, appKey: keys.app.publicKey)
        } catch {
            return try await refuse(request, error, isPage: product != nil)
        }
        if let product { return try await openCashier(request, product) }
        guard let verb else { return try errorResponse(.invalidMethod) }
        return try await perform(verb, request)
    }

    /// What servers ask.
    private enum Verb: String {
        case query = "alipay.trade.query"
        case close = "alipay.trade.close"
        case refund = "alipay.trade.refund"
        case refundQuery = "alipay.trade.fastpay.refund.query"
    }

    /// How far a server's request got.
    private enum Outcome {
        /// - Parameter seconds: how much later the answer comes.
        case done([String: String], seconds: Int64)
        case lost, unavailable
    }

    private func perform(_ verb: Verb, _ request: GatewayRequest) async throws -> GatewayReply {
        let outcome: Outcome = try await database.write { [self] tx in
            let faults = try tx.faults(of: request.outTradeNo, at: .alipay)
            if try tx.take(.unavailable, faults) {
                try tx.log(request, ["code": "503", "msg": "Service Unavailable"])
                return .unavailable
            }
            let members = try answer(verb, request, faults, in: tx)
            try tx.log(request, members)
            return try tx.take(.loseResponse, faults)
                ? .lost : .done(members, seconds: faults[.stallSeconds])
        }
        switch outcome {
        case .done(let members, let seconds):
            try await Task.sleep(for: .seconds(seconds))
            return try signed(members, request.method)
        case .lost: return .lost
        case .unavailable: return .unavailable
        }
    }

    /// A refusal is an answer as well, and what happened before it stays.
    private func answer(
        _ verb: Verb, _ request: GatewayRequest, _ faults: FaultSettings, in tx: Transaction
    ) throws -> [String: String] {
        do {
            if try tx.take(.systemError, faults) { throw GatewayRefusal.unknownError }
            guard var trade = try tx.lockTrade(named: request) else {
                throw GatewayRefusal.tradeNotExist
            }
            trade.value.age(to: tx.now)
            switch verb {
            case .query: return trade.value.queryAnswer
            case .close: return try close(trade, faults, in: tx)
            case .refund: return try refund(trade, request, faults, in: tx)
            case .refundQuery:
                let number = try request.required("out_request_no")
                let refunds = try tx.refunds(of: trade.id)
                return trade.value.refundQueryAnswer(refunds.first { $0.requestNo == number })
            }
        } catch let refusal as GatewayRefusal {
            return refusal.members
        }
    }

    // MARK: Words

    /// A request that is not believed: a page for a payer, an answer for a server.
    private func refuse(
        _ request: GatewayRequest, _ refusal: GatewayRefusal, isPage: Bool
    ) async throws -> GatewayReply {
        let call = try await database.write { tx in try tx.log(request, refusal.members) }
        if isPage { return .refused(call) }
        // Whose application it is decides the key, so an unknown one gets no signature.
        return refusal == .invalidAppID
            ? try errorResponse(refusal) : try signed(refusal.members, request.method)
    }

    private func signed(_ members: [String: String], _ method: String) throws -> GatewayReply {
        let text = try AlipayJSON.object(members)
        return .json(try AlipayResponse.signed(text, method: method, with: keys.alipay))
    }

    private func errorResponse(_ refusal: GatewayRefusal) throws -> GatewayReply {
        .json("{\"error_response\":\(try AlipayJSON.object(refusal.members))}")
    }
}

extension Transaction {
    /// The trade a request names; Alipay's own number wins.
    fileprivate func lockTrade(named request: GatewayRequest) throws -> Locked<SandboxTrade>? {
        guard let tradeNo = request.content["trade_no"], !tradeNo.isEmpty else {
            return try lockTrade(outTradeNo: try request.required("out_trade_no"))
        }
        guard let number = Int64(tradeNo.suffix(20)),
            let trade = try lockTrade(ID<SandboxTrade>(rawValue: number)),
            trade.value.tradeNo == tradeNo
        else { return nil }
        return trade
    }

    @discardableResult
    func log(_ request: GatewayRequest, _ members: [String: String]) throws -> ID<GatewayCall> {
        let call = GatewayCall(
            id: .make(), gateway: .alipay, method: request.method, outTradeNo: request.outTradeNo,
            code: members["code"] ?? "", subCode: members["sub_code"],
            message: members["sub_msg"] ?? members["msg"] ?? "", calledAt: now)
        try insert(call)
        return call.id
    }
}
