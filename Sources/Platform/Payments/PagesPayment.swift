import Basics
import Hummingbird
import Web

extension RateLimiter.Policy {
    /// What makes us ask a gateway, whose patience all payers here share. No hand is as fast.
    package static let gatewayQuestions = Self("gateway-questions", burst: 30, every: .seconds(2))
}

/// A gateway that a page offers.
package struct PaymentChoice: Sendable {
    package let gateway: String
    /// How the visitor's browser would pay there.
    let channel: String
    package let label: String
    package let isFirst: Bool
}

extension Payments {
    /// The gateways at which the visitor's browser can pay.
    package func choices(for page: SiteRequest) -> [PaymentChoice] {
        let usable = gatewayNames.compactMap { name in
            channel(of: name, for: page).map { (gateway: name, channel: $0) }
        }
        return usable.map { gateway, channel in
            PaymentChoice(
                gateway: gateway, channel: channel, label: page.text("gateway.\(gateway)"),
                isFirst: gateway == usable.first?.gateway)
        }
    }

    /// How the visitor's browser pays at a gateway: a phone is sent to the cashier for phones, and
    /// where there is none for this browser, a code is shown to a phone.
    package func channel(of gateway: String, for page: SiteRequest) -> String? {
        let agent = page.request.headers[.userAgent] ?? ""
        let isPhone = agent.contains("Mobile") || agent.contains("Android")
        // WeChat's own browser does not open WeChat's cashier for other browsers.
        let isWeChat = agent.contains("MicroMessenger")
        let phone = isWeChat ? ["wap"] : ["wap", "h5"]
        return channel(of: gateway, among: (isPhone ? phone : []) + ["page", "native"])
    }

    /// The same, for a gateway that a form names.
    /// - Throws: `gateway-not-available`, `channel-not-available`.
    package func checkedChannel(of gateway: String, for page: SiteRequest) throws -> String {
        let channel = channel(of: gateway, for: page) ?? "page"
        try checkAvailable(gateway, channel: channel)
        return channel
    }
}

extension PaymentAction {
    /// Where a browser goes to pay; nil if it stays where it is.
    package var address: String? { kind == .redirect ? url : nil }
}

extension PaymentChoice {
    /// Whether it is something else than to go on with this try. Somebody who began in an app is offered
    /// the same gateway in the browser.
    func isAnother(than payment: PaymentView?) -> Bool {
        guard let payment else { return true }
        // Money that does not fit waits for a person; until then nothing else is begun.
        if payment.status == .needsReview { return false }
        let isSame = (payment.gateway, payment.channel) == (gateway, channel)
        let isInOrder = [.created, .submitted].contains(payment.status)
        return !isSame || !isInOrder || payment.actionProblem != nil
    }
}

/// What the page of something unpaid shows about its payment: the template `payment-panel`.
package struct PaymentPanel {
    /// The page's own address.
    let base: String
    /// Whether a button leads to the cashier.
    let opens: Bool
    let picture: QRPicture?
    /// What to do with the code, or where to pay.
    let hint: String?
    /// Which payment the panel shows, and in which state: another needs another panel.
    let seen: String
    /// Why there is nothing to do yet.
    let problem: String?
    let isOpen: Bool
    let choices: [PaymentChoice]
    let hasChoices: Bool
    let choiceLabel: String

    /// - Parameters:
    ///   - payment: the try that is shown; nil if there is none.
    ///   - choices: what else can be begun from here.
    package init(
        _ payment: PaymentView?, base: String, choices: [PaymentChoice] = [], _ page: SiteRequest
    ) {
        self.base = base
        seen = payment.map { "\($0.id).\($0.status.rawValue)" } ?? "none"
        let action = payment?.action
        opens = action?.kind == .redirect
        picture = action?.code.flatMap(QRPicture.init)
        let gateway = payment.map { page.text("gateway.\($0.gateway)") } ?? ""
        switch action?.kind {
        case .qr: hint = page.text("payment.scan", ["gateway": .text(gateway)])
        case .jsapi, .app: hint = page.text("payment.elsewhere", ["gateway": .text(gateway)])
        case .redirect, nil: hint = nil
        }
        problem = payment?.actionProblem.map {
            page.text("payment-problem.\($0.rawValue)", ["gateway": .text(gateway)])
        }
        isOpen = payment?.status.isLive ?? false
        self.choices = choices.filter { $0.isAnother(than: payment) }
        hasChoices = !self.choices.isEmpty
        choiceLabel = page.text(isOpen ? "payment.otherWay" : "payment.payNow")
    }

    /// Whether the page that asks shows another payment, or this one in another state.
    package func isNews(to page: SiteRequest) -> Bool {
        page.query("seen").map { $0 != seen } ?? false
    }
}
