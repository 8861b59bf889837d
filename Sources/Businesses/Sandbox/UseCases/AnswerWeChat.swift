import Basics
import Store
import WeChatPay
import Web

/// What goes back over HTTP.
struct WeChatReply: Sendable {
    var status: Int
    /// Signatures and the like; empty where WeChat Pay does not sign.
    var headers: WeChatPayHeaders = [:]
    var type = "application/json; charset=utf-8"
    var body: [UInt8] = []
}

extension SandboxWeChatPay {
    /// What a call came to.
    enum Outcome: Sendable {
        case json(JSONValue)
        /// 204.
        case nothing
        case refused(WeChatRefusal)
        /// A bill, and what it was asked for with.
        case bill([UInt8], WeChatBillTicket)
        /// A bill's own file, which is not signed.
        case file([UInt8], WeChatBillTicket)
        case certificates
        /// Something was done, and the answer got lost.
        case lost
        /// Nothing was done.
        case unavailable

        /// Status and code, for the log.
        fileprivate var note: (status: Int, code: String?, message: String) {
            switch self {
            case .json, .bill, .file, .certificates: (200, nil, "OK")
            case .nothing: (204, nil, "No Content")
            case .refused(let refusal): (refusal.status, refusal.code, refusal.message)
            case .lost: (504, nil, "Gateway Timeout")
            case .unavailable: (503, nil, "Service Unavailable")
            }
        }
    }

    /// A request below `/v3`.
    func answer(_ request: WeChatRequest) async throws -> WeChatReply {
        do {
            let isCertified = try wantsCertificate(request)
            try request.verify(keys, at: database.clock.now)
            let call = try Call(request)
            let (outcome, seconds) = try await database.write { [self] tx in
                try perform(call, request, in: tx)
            }
            try await Task.sleep(for: .seconds(seconds))
            return try reply(outcome, isCertified: isCertified)
        } catch let refusal as WeChatRefusal {
            try await database.write { tx in
                try tx.log(request, "", .refused(refusal))
            }
            return WeChatReply(status: refusal.status, body: refusal.body.bytes)
        }
    }

    /// A request that is believed.
    struct Call: Sendable {
        let verb: WeChatVerb
        /// Of posts.
        let content: WeChatContent?

        init(_ request: WeChatRequest) throws(WeChatRefusal) {
            verb = try WeChatVerb(request)
            content = request.method == "POST" ? try WeChatContent(request.body) : nil
        }

        /// The merchant's number of the order it is about; empty if it does not tell that one.
        var outTradeNo: String {
            switch verb {
            case .query(let number), .close(let number): String(number.prefix(64))
            default: String((content?.text("out_trade_no") ?? "").prefix(64))
            }
        }
    }

    /// - Returns: what it came to, and by how many seconds the answer is late.
    private func perform(
        _ call: Call, _ request: WeChatRequest, in tx: Transaction
    ) throws -> (Outcome, Int64) {
        let number = try tx.outTradeNo(of: call)
        let faults = try tx.faults(of: number, at: .wechatpay)
        var outcome: Outcome
        if try tx.take(.unavailable, faults) {
            outcome = .unavailable
        } else {
            do {
                if try tx.take(.systemError, faults) { throw WeChatRefusal.systemError }
                outcome = try self.outcome(of: call, request, faults, in: tx)
                if try tx.take(.loseResponse, faults) { outcome = .lost }
            } catch let refusal as WeChatRefusal {
                // An answer as well, and what happened before it stays.
                outcome = .refused(refusal)
            }
        }
        try tx.log(request, number, outcome)
        return (outcome, faults[.stallSeconds])
    }

    private func outcome(
        of call: Call, _ request: WeChatRequest, _ faults: FaultSettings, in tx: Transaction
    ) throws -> Outcome {
        switch call.verb {
        case .prepay(let product):
            guard let content = call.content else { throw WeChatRefusal.malformed }
            return .json(try prepay(content, product, in: tx))
        case .query(let number):
            try checkMerchant(request.query("mchid"))
            return .json(try tx.wechatOrder(number).transaction())
        case .queryByID(let id):
            try checkMerchant(request.query("mchid"))
            guard let order = try tx.wechatOrder(numbered: id), order.state == .paid else {
                throw WeChatRefusal.notOrdered
            }
            return .json(order.transaction())
        case .close(let number):
            try checkMerchant(call.content?.text("mchid"))
            try close(number, faults, in: tx)
            return .nothing
        case .refund:
            guard let content = call.content else { throw WeChatRefusal.malformed }
            return .json(try refund(content, faults, in: tx))
        case .refundQuery(let number):
            guard let refund = try tx.wechatRefund(outRefundNo: number),
                let order = try tx.wechatOrder(refund.orderID)
            else { throw WeChatRefusal.noSuchRefund }
            return .json(order.answer(refund))
        case .bill:
            let ticket = try WeChatBillTicket(request, at: tx.now)
            return .bill(try tx.wechatBill(ticket), ticket)
        case .billFile:
            let ticket = try WeChatBillTicket(
                token: request.query("token") ?? "", key: keys.apiV3Key, at: tx.now)
            return .file(try tx.wechatBill(ticket), ticket)
        case .certificates: return .certificates
        }
    }

    private func checkMerchant(_ mchID: String?) throws(WeChatRefusal) {
        guard let mchID, !mchID.isEmpty else { throw .invalid("mchid") }
        guard mchID == Self.mchID else { throw .unknownMerchant }
    }

    // MARK: Words

    private func reply(_ outcome: Outcome, isCertified: Bool) throws -> WeChatReply {
        switch outcome {
        case .json(let json): return try signed(200, json.bytes, isCertified)
        case .nothing: return try signed(204, [], isCertified)
        case .refused(let refusal):
            let body = refusal.body.bytes
            return refusal.status < 500
                ? try signed(refusal.status, body, isCertified)
                : WeChatReply(status: refusal.status, body: body)
        case .bill(let file, let ticket):
            let token = ticket.token(key: keys.apiV3Key)
            let answer = JSONValue.object([
                "hash_type": "SHA1", "hash_value": .string(WeChatBillTicket.digest(file)),
                "download_url": .string(
                    "\(publicURL)\(Self.folder)/v3/billdownload/file?token=\(token)"),
            ])
            return try signed(200, answer.bytes, isCertified)
        case .file(let file, let ticket):
            return WeChatReply(
                status: 200, type: ticket.isPacked ? "application/x-gzip" : "text/plain",
                body: ticket.packed(file))
        case .certificates:
            let nonce = String(WeChatPayClient.randomNonce().prefix(12))
            let list = try WeChatPayCertificateList.sealed(
                [(pem: keys.platformCertificate, nonce: nonce)], key: apiV3Key)
            return try signed(200, list, isCertified)
        case .lost: return WeChatReply(status: 504)
        case .unavailable: return WeChatReply(status: 503)
        }
    }

    private func signed(_ status: Int, _ body: [UInt8], _ isCertified: Bool) throws -> WeChatReply {
        let headers = try WeChatPaySignature.headers(
            for: body, serial: isCertified ? keys.platformSerial : keys.publicKeyID,
            timestamp: database.clock.now.secondsSinceEpoch,
            nonce: WeChatPayClient.randomNonce(),
            key: isCertified ? keys.platform : keys.signing)
        return WeChatReply(status: status, headers: headers, body: body)
    }

    /// Which of its two keys the merchant wants to be answered with.
    private func wantsCertificate(_ request: WeChatRequest) throws(WeChatRefusal) -> Bool {
        switch request.headers.values("Wechatpay-Serial").first {
        case keys.publicKeyID: return false
        case nil: return true
        case let serial? where serial.uppercased() == keys.platformSerial: return true
        default: throw .unknownPlatformSerial
        }
    }
}

extension Snapshot {
    fileprivate func wechatOrder(_ outTradeNo: String) throws -> WeChatOrder {
        guard let order = try wechatOrder(outTradeNo: outTradeNo) else {
            throw WeChatRefusal.notOrdered
        }
        return order
    }

    /// By WeChat Pay's number, which the merchant knows once it is paid.
    fileprivate func wechatOrder(numbered transactionID: String) throws -> WeChatOrder? {
        guard let number = WeChatNumber.number(transactionID),
            let order = try wechatOrder(ID<WeChatOrder>(rawValue: number)),
            order.transactionID == transactionID
        else { return nil }
        return order
    }

    /// The merchant's number of the order that a call is about, however it names it; empty if it is
    /// about none.
    fileprivate func outTradeNo(of call: SandboxWeChatPay.Call) throws -> String {
        guard call.outTradeNo.isEmpty else { return call.outTradeNo }
        let order: WeChatOrder? =
            switch call.verb {
            case .queryByID(let id): try wechatOrder(numbered: id)
            case .refund: try call.content?.text("transaction_id").flatMap(wechatOrder(numbered:))
            case .refundQuery(let number):
                try wechatRefund(outRefundNo: number).flatMap { try wechatOrder($0.orderID) }
            default: nil
            }
        return order?.outTradeNo ?? ""
    }
}

extension Transaction {
    fileprivate func log(
        _ request: WeChatRequest, _ outTradeNo: String, _ outcome: SandboxWeChatPay.Outcome
    ) throws {
        let note = outcome.note
        try insert(
            GatewayCall(
                id: .make(), gateway: .wechatpay, method: request.name, outTradeNo: outTradeNo,
                code: String(note.status), subCode: note.code, message: note.message,
                calledAt: now))
    }
}
