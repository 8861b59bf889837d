import Alipay
import Basics

/// Alipay's notices: signed forms, eight tries in about 25 hours, acknowledged by `success`.
struct AlipayVoice: NoticeVoice {
    /// The merchant's answer, to the byte.
    private static let acknowledgement = Array("success".utf8)
    /// How old a stale notice says it is.
    private static let staleness = Duration.days(1)

    let shelf: CertificateShelf

    let cadence: [Duration] = [
        .minutes(4), .minutes(10), .minutes(10), .hours(1), .hours(2), .hours(6), .hours(15),
    ]

    func letters(_ notice: Notice, _ flaws: NoticeFlaws, at now: Instant) async throws
        -> [NoticeTransport.Letter]
    {
        var form = try AlipayForm(decoding: Array(notice.content.utf8))
        let app = form["app_id"].flatMap(SandboxApp.init(rawValue:)) ?? .publicKeys
        let voice = try await shelf.voice(to: app)
        form["alipay_cert_sn"] = voice.serial
        let sentAt = flaws.isStale ? now - Self.staleness : now
        form["notify_time"] = BusinessCalendar.localText(sentAt)
        let total = try AlipayAmount(yuan: form["total_amount"] ?? "")
        form["total_amount"] = AlipayAmount(fen: flaws.amount(insteadOf: total.fen)).yuan
        let signed = try form.signedAsNotification(
            with: flaws.isForged ? shelf.keys.app : voice.key)
        return [
            NoticeTransport.Letter(
                url: notice.url,
                headers: [
                    ("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
                ], body: Array(signed.encoded.utf8), patience: .seconds(10))
        ]
    }

    func isAcknowledgement(_ answer: NoticeTransport.Answer) -> Bool {
        answer.status == 200 && answer.body == Self.acknowledgement
    }
}
