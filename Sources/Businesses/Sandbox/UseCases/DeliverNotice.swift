import Basics
import Scheduling
import Store

/// Tells merchants what happened, for both gateways: writes notices down, posts them, and posts them
/// again until they are acknowledged.
struct PostOffice: Sendable {
    static let job = "sandbox-notice"
    /// Longer than any delivery by hand takes; then the job does it.
    private static let grace = Duration.seconds(15)
    /// How long a notice that is to be overtaken waits for the next one.
    private static let longestHold = Duration.minutes(10)

    let database: Database
    let numbers: SandboxNumbers
    let targets: NotifyTargets
    let transport: NoticeTransport
    let voices: [SandboxGateway: any NoticeVoice]

    /// Writes a notice down, to be sent at once or later.
    ///
    /// - Parameters:
    ///   - content: what is told, given the notice's id.
    ///   - byHand: whether the caller delivers it after the commit.
    /// - Returns: the notice, if the caller is to deliver it.
    func announce(
        _ outTradeNo: String, by gateway: SandboxGateway, to url: String, byHand: Bool = false,
        in tx: Transaction, content: (ID<Notice>) throws -> String
    ) throws -> ID<Notice>? {
        let faults = try tx.faults(of: outTradeNo, at: gateway)
        let delay = faults[.delaySeconds]
        let isHeld = try tx.take(.reorderNotify, faults)
        let isByHand = byHand && delay == 0 && !isHeld
        let id = try numbers.id(ID<Notice>.self, in: tx)
        let wait = isHeld ? Self.longestHold : isByHand ? Self.grace : .seconds(delay)
        let dueAt = tx.now + wait
        try tx.insert(
            Notice(
                id: id, gateway: gateway, outTradeNo: outTradeNo, url: url,
                content: try content(id), state: isHeld ? .held : .pending, tries: 0,
                nextTryAt: dueAt, createdAt: tx.now))
        try tx.schedule(Self.job, id.description, at: dueAt)
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
        guard let parcel, let voice = voices[parcel.notice.gateway] else { return }
        let results = await hand(over: parcel, voice)
        let overtaken = try await database.write { tx -> [ID<Notice>] in
            guard var notice = try tx.lockNotice(id) else { return [] }
            for result in results {
                try tx.insert(
                    Delivery(
                        id: .make(), noticeID: id, outcome: result.outcome,
                        httpStatus: result.status, answer: result.answer, deliveredAt: tx.now))
            }
            let acknowledged = results.contains { $0.outcome == .acknowledged }
            notice.value.settle(acknowledged: acknowledged)
            try tx.save(notice)
            if notice.state != .pending { try tx.unschedule(Self.job, id.description) }
            return try tx.heldNotices(before: notice.value)
        }
        for id in overtaken { try await deliver(id) }
    }

    /// Sends the newest notice about a trade once more.
    /// - Throws: `sandbox-nothing-to-resend`.
    func resend(_ outTradeNo: String, by gateway: SandboxGateway) async throws {
        let newest = try await database.read {
            try $0.notices(of: outTradeNo, at: gateway).last?.id
        }
        guard let newest else { throw Problem.sandboxNothingToResend }
        try await deliver(newest, again: true)
    }

    private func prepare(_ id: ID<Notice>, again: Bool, in tx: Transaction) throws -> Parcel? {
        guard var notice = try tx.lockNotice(id),
            again || notice.state == .pending || notice.state == .held,
            let voice = voices[notice.gateway]
        else { return nil }
        if !again {
            notice.value.countTry(at: tx.now, cadence: voice.cadence)
            try tx.save(notice)
            if let next = notice.nextTryAt {
                try tx.schedule(Self.job, id.description, at: next)
            }
        }
        let faults = try tx.faults(of: notice.outTradeNo, at: notice.gateway)
        var flaws = NoticeFlaws()
        flaws.isForged = try tx.take(.badSignature, faults)
        flaws.isStale = try tx.take(.staleTimestamp, faults)
        flaws.isProbed = try tx.take(.signatureProbe, faults)
        flaws.wrongAmount = faults.has(.wrongAmount) ? faults[.wrongAmount] : nil
        flaws.certificatePercent = faults[.certificatePercent]
        let extra = max(0, faults[.duplicateNotify] == Fault.forever ? 1 : faults[.duplicateNotify])
        return Parcel(
            notice: notice.value, flaws: flaws, sentAt: tx.now,
            copies: 1 + Int(min(extra, Parcel.mostExtra)),
            isLost: try tx.take(.dropNotify, faults))
    }

    /// All copies at the same time, as gateways have been seen to do.
    private func hand(over parcel: Parcel, _ voice: any NoticeVoice) async -> [Parcel.Result] {
        if parcel.isLost { return [Parcel.Result(outcome: .dropped)] }
        guard targets.allow(parcel.notice.url) else { return [Parcel.Result(outcome: .forbidden)] }
        return await withTaskGroup(of: [Parcel.Result].self) { [transport] group in
            for _ in 0..<parcel.copies {
                group.addTask { await parcel.post(over: transport, voice) }
            }
            return await group.reduce(into: []) { $0 += $1 }
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

    let notice: Notice
    let flaws: NoticeFlaws
    let sentAt: Instant
    let copies: Int
    let isLost: Bool

    /// Each letter waits for the answer to the one before it.
    func post(over transport: NoticeTransport, _ voice: any NoticeVoice) async -> [Result] {
        var results: [Result] = []
        do {
            for letter in try await voice.letters(notice, flaws, at: sentAt) {
                let answer = try await transport.post(letter)
                let isAcknowledged = voice.isAcknowledgement(answer)
                results.append(
                    Result(
                        outcome: !isAcknowledged
                            ? .refused : letter.isProbe ? .probeAccepted : .acknowledged,
                        status: answer.status,
                        answer: Self.excerpt(String(decoding: answer.body, as: UTF8.self))))
            }
        } catch {
            results.append(Result(outcome: .failed, answer: Self.excerpt("\(error)")))
        }
        return results
    }

    /// Enough to see what went wrong; without NUL, which no column can hold.
    private static func excerpt(_ text: String) -> String {
        String(text.unicodeScalars.filter { $0.value != 0 }.prefix(200).map(Character.init))
    }
}
