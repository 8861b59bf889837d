import Alipay
import Basics
import Books
import Checkout
import Courses
import Identity
import Ledger
import Payments
import Promotions
import Scheduling
import Store
import Synchronization
import WeChatPay
import Web

/// The modules of one installation, put together. Adding a business is one line here.
struct Modules: Sendable {
    let identity: Identity
    let payments: Payments
    let checkout: Checkout
    let all: [any Module]
    private let knot: Knot

    /// What only a running server has; an audit needs none of it.
    struct Outside: Sendable {
        var gateways: [Gateway] = []
        var alipay: AlipayClient?
        var weChatPay: WeChatPayClient?
        var sms = SMSSender.none
        var miniProgram: WeChatMiniProgram?
        var others: [any Module] = []
        var hasSecureCookies = false

        /// Who members are at WeChat, in the application that sells.
        var payerAccounts: PayerAccounts {
            let appID = weChatPay?.configuration.appIDs.first
            return { gateway, member, snapshot in
                guard gateway == "wechatpay", let appID else { return nil }
                return try snapshot.weChatOpenID(of: member, appID: appID)?.value
            }
        }
    }

    init(_ settings: Settings, _ database: Database, _ outside: Outside = Outside()) {
        var options = Identity.Options()
        if let rounds = settings.passwordRounds { options.passwordCost = .init(rounds: rounds) }
        options.limitsCodes = settings.limitsRates
        identity = Identity(
            database: database, sms: outside.sms, weChat: outside.miniProgram, options: options)

        // Payments settles orders through Checkout, and Checkout is paid through Payments.
        let knot = Knot()
        self.knot = knot
        payments = Payments(
            database: database, gateways: outside.gateways,
            purposes: [OrderPurpose { knot.checkout }], payerAccounts: outside.payerAccounts,
            feeRates: settings.feeRates.mapValues { FeeRate(ppm: Int64($0)) })
        var terms = Checkout.Settings()
        terms.refundApprovalAbove = settings.refundLimit
        checkout = Checkout(
            database: database, payments: payments, sellers: [CourseSeller()], settings: terms)
        knot.tie(checkout)

        all =
            [
                IdentityModule(identity: identity, hasSecureCookies: outside.hasSecureCookies),
                PaymentsModule(
                    payments: payments, alipay: outside.alipay, weChatPay: outside.weChatPay,
                    shopName: settings.shopName),
                PromotionsModule(
                    database: database, scopes: CouponScopes(CourseSeller.couponTitles)),
                CheckoutModule(checkout: checkout, paymentPasswords: identity.paymentPasswords),
                BooksModule(database: database, guarded: AccountAddress.ofPayments),
                CoursesModule(database: database, checkout: checkout),
            ] + outside.others
    }

    /// Lets go of what the modules hold, for a process that makes many installations one after the other.
    /// Nothing may be asked of them afterwards.
    func dissolve() { knot.untie() }

    /// The schema of kernel and modules, in the order in which it is applied.
    var migrations: [Migration] {
        ledgerMigrations + schedulingMigrations + WebModule().migrations
            + all.flatMap(\.migrations)
    }

    var jobs: [JobHandler] { all.flatMap(\.jobs) }
}

/// Holds one of two things that need each other until both exist.
private final class Knot: Sendable {
    private let tied = Mutex<Checkout?>(nil)

    func tie(_ checkout: Checkout) { tied.withLock { $0 = checkout } }
    func untie() { tied.withLock { $0 = nil } }

    var checkout: Checkout {
        guard let checkout = tied.withLock({ $0 }) else {
            preconditionFailure("Checkout is used before it is made")
        }
        return checkout
    }
}
