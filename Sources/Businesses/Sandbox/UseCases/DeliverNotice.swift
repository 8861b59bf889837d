import Alipay
import Basics
import Scheduling
import Store

extension SandboxAlipay {
    /// Longer than any delivery by hand takes; then the job does it.
    private static let grace = Duration.seconds(15)

    /// Writes the notice about a trade's new state, to be sent at once or later.
    ///
    /// - Parameters:
    ///   - refund: the refund that is the reason.
    ///   - byHand: whether the caller delivers it after the commit.
    /// - Returns: the notice, if the caller is to deliver it.
    func announce(
        _ trade: SandboxTrade, because refund: SandboxRefund?, byHand: Bool = false,
        in tx: Transaction
    ) throws -> ID<Notice>? {
        guard let url = trade.notifyURL, trade.isTold else { return nil }
        let delay = try tx.faults(of: trade.outTradeNo)[.delaySeconds]
        let isByHand = byHand && delay == 0
        let id = ID<Notice>.make()
        let form = trade.noticeForm(
            notifyID: "\(trade.tradeNo.prefix(8))\(id.rawValue)", refund: refund,
            appID: Self.appID, sellerID: Self.sellerID)
        let dueAt = tx.now + (isByHand ? Self.grace : .seconds(delay))
        try tx.insert(
            Notice(
                id: id, tradeID: trade.id, url: url, form: form.encoded, state: .pending, tries: 0,
                nextTryAt: dueAt, createdAt: tx.now))
        try tx.schedule(Self.noticeJob, id.description, at: dueAt)
        return isByHand ? id : nil
    }

    /// Tries once to hand a notice over. The next try is scheduled before this one begins, so that
    /// a crash costs nothing but time.
    ///
    /// - Parameter again: sends it even if it was acknowledged, and outside the cadence.
    func deliver(_ id: ID<Notice>, again: Bool = false) async throws {
        let parcel = try await database.write { [self] tx in
            try prepare(id, again: again, in: tx)
        }
        guard let parcel else { return }
        let results = await hand(over: parcel)
        try await database.write { tx in
            guard var notice = try tx.lockNotice(id) else { return }
            for result in results {
                try tx.insert(
                    Delivery(
                        id: .make(), noticeID: id, outcome: result.outcome,
                        httpStatus: result.status, answer: result.answer, deliveredAt: tx.now))
            }
            let acknowledged = results.contains { $0.outcome == .acknowledged }
            notice.value.settle(acknowledged: acknowledged)
            try tx.save(notice)
            if notice.state != .pending { try tx.unschedule(Self.noticeJob, id.description) }
        }
    }

    /// Sends the newest notice about a trade once more.
    /// - Throws: `sandbox-nothing-to-resend`.
    func resend(_ outTradeNo: String) async throws {
        let newest = try await database.read { snapshot -> ID<Notice>? in
            guard let trade = try snapshot.trade(outTradeNo: outTradeNo) else {
                throw Problem.sandboxTradeNotOpened
            }
            return try snapshot.notices(of: trade.id).last?.id
        }
        guard let newest else { throw Problem.sandboxNothingToResend }
        try await deliver(newest, again: true)
    }

    private func prepare(_ id: ID<Notice>, again: Bool, in tx: Transaction) throws -> Parcel? {
        guard var notice = try tx.lockNotice(id), again || notice.state == .pending,
            let trade = try tx.trade(notice.tradeID)
        else { return nil }
        if !again {
            notice.value.countTry(at: tx.now)
            try tx.save(notice)
            if let next = notice.nextTryAt {
                try tx.schedule(Self.noticeJob, id.description, at: next)
            }
        }
        let faults = try tx.faults(of: trade.outTradeNo)
        var form = try AlipayForm(decoding: Array(notice.form.utf8))
        form["notify_time"] = BusinessCalendar.localText(tx.now)
        if faults.has(.wrongAmount) {
            let asked = faults[.wrongAmount]
            let fen = asked == Fault.forever ? trade.total.fen + 1 : asked
            form["total_amount"] = AlipayAmount(fen: fen).yuan
        }
        let extra = max(0, faults[.duplicateNotify] == Fault.forever ? 1 : faults[.duplicateNotify])
        return Parcel(
            url: notice.url, form: form,
            key: try tx.take(.badSignature, faults) ? keys.app : keys.alipay,
            copies: 1 + Int(min(extra, Parcel.mostExtra)),
            isLost: try tx.take(.dropNotify, faults))
    }

    /// All copies at the same time, as gateways have been seen to do.
    private func hand(over parcel: Parcel) async -> [Parcel.Result] {
        if parcel.isLost { return [Parcel.Result(outcome: .dropped)] }
        guard targets.allow(parcel.url) else { return [Parcel.Result(outcome: .forbidden)] }
        return await withTaskGroup(of: Parcel.Result.self) { [transport] group in
            for _ in 0..<parcel.copies { group.addTask { await parcel.post(over: transport) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }
}

/// A notice on its way.
private struct Parcel: Sendable {
    static let mostExtra: Int64 = 20

    struct Result: Sendable {
        var outcome: Delivery.Outcome
        var status: Int?
        var answer = ""
    }

    let url: String
    let form: AlipayForm
    let key: AlipayPrivateKey
    let copies: Int
    let isLost: Bool

    func post(over transport: AlipayTransport) async -> Result {
        do {
            let answer = try await transport.post(url, form.signedAsNotification(with: key))
            let isAcknowledged = answer.status == 200 && answer.body == Notice.acknowledgement
            return Result(
                outcome: isAcknowledged ? .acknowledged : .refused, status: answer.status,
                answer: Self.excerpt(String(decoding: answer.body, as: UTF8.self)))
        } catch {
            return Result(outcome: .failed, answer: Self.excerpt("\(error)"))
        }
    }

    /// Enough to see what went wrong; without NUL, which no column can hold.
    private static func excerpt(_ text: String) -> String {
        String(text.unicodeScalars.filter { $0.value != 0 }.prefix(200).map(Character.init))
    }
}
