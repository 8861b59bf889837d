import Basics
import WeChatPay
import Web

/// WeChat Pay's notices: encrypted JSON with signed headers, sixteen tries in about a day,
/// acknowledged by the status 200 or 204.
struct WeChatVoice: NoticeVoice {
    /// How old a stale notice says it is, in seconds: twice what is allowed.
    private static let staleness: Int64 = 600

    let keys: SandboxWeChatKeys
    let apiV3Key: WeChatPayAPIv3Key
    /// Decides, with the number of the trade and of the try, which key signs: equal seeds, equal
    /// choices.
    let seed: UInt64

    let cadence: [Duration] = [
        .seconds(15), .seconds(15), .seconds(30), .minutes(3), .minutes(10), .minutes(20),
        .minutes(30), .minutes(30), .minutes(30), .minutes(60), .hours(3), .hours(3), .hours(3),
        .hours(6), .hours(6),
    ]

    func letters(_ notice: Notice, _ flaws: NoticeFlaws, at now: Instant) throws
        -> [NoticeTransport.Letter]
    {
        let facts = try WeChatNoticeFacts(notice)
        let content = facts.content(naming: flaws)
        let body = try WeChatPayNotification.sealed(
            id: "EV-\(WeChatNumber.text("2018", notice.createdAt, notice.id.rawValue))",
            createdAt: notice.createdAt.date, eventType: facts.eventType,
            originalType: facts.refund == nil ? "transaction" : "refund", content: content.bytes,
            nonce: String(WeChatPayClient.randomNonce().prefix(12)), key: apiV3Key)
        let isCertified = chance(notice) < flaws.certificatePercent
        let serial = isCertified ? keys.platformSerial : keys.publicKeyID
        let own = isCertified ? keys.platform : keys.signing
        let signed = try WeChatPaySignature.headers(
            for: body, serial: serial,
            timestamp: now.secondsSinceEpoch - (flaws.isStale ? Self.staleness : 0),
            nonce: WeChatPayClient.randomNonce(), key: flaws.isForged ? keys.merchant : own)
        let genuine = letter(notice, signed, body)
        return flaws.isProbed ? [probe(genuine), genuine] : [genuine]
    }

    /// 0 to 99.
    private func chance(_ notice: Notice) -> Int64 {
        var hash = seed ^ 0xCBF2_9CE4_8422_2325
        for byte in "\(notice.outTradeNo)/\(notice.tries)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        hash ^= hash >> 33
        hash = hash &* 0xFF51_AFD7_ED55_8CCD
        return Int64((hash ^ hash >> 33) % 100)
    }

    private func letter(
        _ notice: Notice, _ headers: WeChatPayHeaders, _ body: [UInt8]
    ) -> NoticeTransport.Letter {
        NoticeTransport.Letter(
            url: notice.url,
            headers: [("Content-Type", "application/json"), ("Accept", "*/*")]
                + headers.fields.map { ($0.name, $0.value) },
            body: body, patience: .seconds(5))
    }

    /// The same with a signature that begins as those of WeChat Pay's probes do.
    private func probe(_ genuine: NoticeTransport.Letter) -> NoticeTransport.Letter {
        NoticeTransport.Letter(
            url: genuine.url,
            headers: genuine.headers.map { name, value in
                (name, name == "Wechatpay-Signature" ? "WECHATPAY/SIGNTEST/\(value)" : value)
            }, body: genuine.body, patience: genuine.patience, isProbe: true)
    }

    func isAcknowledgement(_ answer: NoticeTransport.Answer) -> Bool {
        answer.status == 200 || answer.status == 204
    }
}

/// What a notice that is written down tells.
struct WeChatNoticeFacts {
    private let json: JSONValue
    /// `SUCCESS` of a payment, the status of a refund.
    let status: String
    /// The merchant's number of the refund; nil if it is about a payment.
    let refund: String?

    init(_ notice: Notice) throws {
        json = try StrictJSON.parse(Array(notice.content.utf8))
        refund = json["out_refund_no"]?.text
        status = json[refund == nil ? "trade_state" : "refund_status"]?.text ?? ""
    }

    var eventType: String { refund == nil ? "TRANSACTION.SUCCESS" : "REFUND.\(status)" }

    /// The JSON, with another amount if that is the flaw.
    func content(naming flaws: NoticeFlaws) -> JSONValue {
        let name = refund == nil ? "total" : "refund"
        guard flaws.wrongAmount != nil, case .object(var members) = json,
            case .object(var amount)? = members["amount"], case .number(let digits)? = amount[name],
            let right = Int64(digits)
        else { return json }
        let wrong = JSONValue.number(String(flaws.amount(insteadOf: right)))
        amount[name] = wrong
        amount["payer_\(name)"] = wrong
        members["amount"] = .object(amount)
        return .object(members)
    }
}
