import Alipay
import Basics
import Foundation
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
    ///
    /// - Parameter only: the one product that is expected, if it is not the gateway that is asked but
    ///   a phone.
    func answer(
        query: String, body: [UInt8], only: SandboxTrade.Product? = nil
    ) async throws -> GatewayReply {
        let request: GatewayRequest
        do {
            request = try GatewayRequest(query: query, body: body)
        } catch {
            return try errorResponse(error)
        }
        let product = SandboxTrade.Product.allCases.first {
            $0.isCashier && $0.method == request.method
        }
        let verb = only == nil ? Verb(rawValue: request.method) : nil
        guard only == nil || product == only, product != nil || verb != nil else {
            return try errorResponse(.invalidMethod)
        }
        guard let app = request.app else {
            return try await refuse(request, .invalidAppID, nil, isPage: product != nil)
        }
        let voice = try await shelf.voice(to: app)
        do {
            try request.verify(voice, appKey: keys.app.publicKey)
        } catch {
            return try await refuse(request, error, voice, isPage: product != nil)
        }
        if let product { return try await openCashier(request, product, app) }
        guard let verb else { return try errorResponse(.invalidMethod) }
        return try await perform(verb, request, voice)
    }

    /// What servers ask.
    private enum Verb: String {
        case query = "alipay.trade.query"
        case close = "alipay.trade.close"
        case cancel = "alipay.trade.cancel"
        case precreate = "alipay.trade.precreate"
        case refund = "alipay.trade.refund"
        case refundQuery = "alipay.trade.fastpay.refund.query"
        case billURL = "alipay.data.dataservice.bill.downloadurl.query"
        case certificate = "alipay.open.app.alipaycert.download"
    }

    /// How far a server's request got.
    private enum Outcome {
        /// - Parameter seconds: how much later the answer comes.
        case done([String: String], seconds: Int64)
        case lost, unavailable
    }

    private func perform(
        _ verb: Verb, _ request: GatewayRequest, _ voice: GatewayVoice
    ) async throws -> GatewayReply {
        let outcome: Outcome = try await database.write { [self] tx in
            let number = try tx.outTradeNo(of: request)
            let faults = try tx.faults(of: number, at: .alipay)
            if try tx.take(.unavailable, faults) {
                try tx.log(request, ["code": "503", "msg": "Service Unavailable"], about: number)
                return .unavailable
            }
            let members = try answer(verb, request, voice, faults, in: tx)
            try tx.log(request, members, about: number)
            return try tx.take(.loseResponse, faults)
                ? .lost : .done(members, seconds: faults[.stallSeconds])
        }
        switch outcome {
        case .done(let members, let seconds):
            try await Task.sleep(for: .seconds(seconds))
            return try signed(members, request.method, voice)
        case .lost: return .lost
        case .unavailable: return .unavailable
        }
    }

    /// A refusal is an answer as well, and what happened before it stays.
    private func answer(
        _ verb: Verb, _ request: GatewayRequest, _ voice: GatewayVoice, _ faults: FaultSettings,
        in tx: Transaction
    ) throws -> [String: String] {
        do {
            if try tx.take(.systemError, faults) { throw GatewayRefusal.unknownError }
            switch verb {
            case .precreate: return try precreate(request, voice.app, in: tx)
            case .billURL: return try billURL(request, in: tx)
            case .certificate: return try certificate(request, voice)
            case .query, .close, .cancel, .refund, .refundQuery:
                return try answerOfTrade(verb, request, faults, in: tx)
            }
        } catch let refusal as GatewayRefusal {
            return refusal.members
        }
    }

    private func answerOfTrade(
        _ verb: Verb, _ request: GatewayRequest, _ faults: FaultSettings, in tx: Transaction
    ) throws -> [String: String] {
        guard var trade = try tx.lockTrade(named: request) else {
            throw GatewayRefusal.tradeNotExist
        }
        trade.value.age(to: tx.now)
        switch verb {
        case .close: return try close(trade, faults, in: tx)
        case .cancel: return try cancel(trade, faults, in: tx)
        case .refund: return try refund(trade, request, faults, in: tx)
        case .refundQuery:
            let number = try request.required("out_request_no")
            let refunds = try tx.refunds(of: trade.id)
            return trade.value.refundQueryAnswer(refunds.first { $0.requestNo == number })
        default: return trade.value.queryAnswer
        }
    }

    /// One of Alipay's certificates, for applications in certificate mode.
    private func certificate(
        _ request: GatewayRequest, _ voice: GatewayVoice
    ) throws -> [String: String] {
        let serial = try request.required("alipay_cert_sn")
        let known = voice.certificates?.alipay.map(\.certificate).first { $0.serial == serial }
        guard let known else { throw GatewayRefusal.alipayCertNotExist }
        let file = Data(try known.pemRepresentation().utf8)
        return [
            "code": "10000", "msg": "Success", "alipay_cert_content": file.base64EncodedString(),
        ]
    }

    // MARK: Words

    /// A request that is not believed: a page for a payer, an answer for a server.
    ///
    /// - Parameter voice: nil for an application that nobody knows. Whose it is decides the key, so it
    ///   gets no signature.
    private func refuse(
        _ request: GatewayRequest, _ refusal: GatewayRefusal, _ voice: GatewayVoice?, isPage: Bool
    ) async throws -> GatewayReply {
        let call = try await database.write { tx in try tx.log(request, refusal.members) }
        if isPage { return .refused(call) }
        guard let voice else { return try errorResponse(refusal) }
        return try signed(refusal.members, request.method, voice)
    }

    private func signed(
        _ members: [String: String], _ method: String, _ voice: GatewayVoice
    ) throws -> GatewayReply {
        let text = try AlipayJSON.object(members)
        return .json(
            try AlipayResponse.signed(
                text, method: method, with: voice.key, certificateSerial: voice.serial))
    }

    private func errorResponse(_ refusal: GatewayRefusal) throws -> GatewayReply {
        .json("{\"error_response\":\(try AlipayJSON.object(refusal.members))}")
    }
}

extension Transaction {
    /// The trade a request names; Alipay's own number wins.
    fileprivate func lockTrade(named request: GatewayRequest) throws -> Locked<SandboxTrade>? {
        guard let tradeNo = request.tradeNo else {
            return try lockTrade(outTradeNo: try request.required("out_trade_no"))
        }
        guard let number = Int64(tradeNo.suffix(20)),
            let trade = try lockTrade(ID<SandboxTrade>(rawValue: number)),
            trade.value.tradeNo == tradeNo
        else { return nil }
        return trade
    }

    /// The merchant's number of the trade a request names; empty if it names none.
    fileprivate func outTradeNo(of request: GatewayRequest) throws -> String {
        guard let number = request.tradeNo.flatMap({ Int64($0.suffix(20)) }) else {
            return request.outTradeNo
        }
        return try trade(ID<SandboxTrade>(rawValue: number))?.outTradeNo ?? request.outTradeNo
    }

    /// - Parameter outTradeNo: nil for the one that the request tells.
    @discardableResult
    func log(
        _ request: GatewayRequest, _ members: [String: String], about outTradeNo: String? = nil
    ) throws -> ID<GatewayCall> {
        let call = GatewayCall(
            id: .make(), gateway: .alipay, method: request.method,
            outTradeNo: outTradeNo ?? request.outTradeNo, code: members["code"] ?? "",
            subCode: members["sub_code"],
            message: members["sub_msg"] ?? members["msg"] ?? "", calledAt: now)
        try insert(call)
        return call.id
    }
}
