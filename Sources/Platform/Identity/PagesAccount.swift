import Basics
import Hummingbird
import Web

/// A member's own account.
private struct AccountPage {
    let username: String
    let phone: String?
    let inviteCode: String
    let hasPaymentPassword: Bool
    let next: String
    /// The first part of the code field's name in tests.
    let form = "payment"

    init(_ profile: Profile, next: String) {
        username = profile.username
        phone = profile.phone?.text
        inviteCode = profile.inviteCode
        hasPaymentPassword = profile.hasPaymentPassword
        self.next = next
    }
}

extension IdentityModule {
    func accountPages(_ site: Site) {
        site.navigation("account.title", "/account", for: .member)
        site.get("/account", auth: .member) { [identity] page in
            let profile = try await identity.profile(of: try page.member().memberID)
            let next = LocalPath.safe(page.query("next"), else: "/account")
            return await page.render(
                "account", AccountPage(profile, next: next), title: "account.title")
        }
        site.post("/account/password", auth: .member) { try await changePassword($0) }
        site.post("/account/payment-password", auth: .member) { try await setPaymentPassword($0) }
    }

    /// Every session ends with the old password; this browser gets a new one.
    private func changePassword(_ page: SiteRequest) async throws -> Response {
        try page.context.limit(.logIn, by: page.context.clientAddress)
        let session = try page.member()
        let new = try page.form.secret("newPassword")
        try await identity.changePassword(
            of: session.memberID, from: try page.form.secret("currentPassword"), to: new)
        return try await enter(
            page, .password(login: session.username, password: new),
            flash: .good(page.text("account.passwordChanged")))
    }

    private func setPaymentPassword(_ page: SiteRequest) async throws -> Response {
        let member = try page.member().memberID
        if page.form.flag("send-code") {
            guard let phone = try await identity.profile(of: member).phone else {
                throw Problem.phoneMissing
            }
            return try await sendCode(page, to: phone, .paymentPassword)
        }
        try await identity.setPaymentPassword(
            of: member, code: try page.form.required("code"),
            to: try page.form.secret("paymentPassword"))
        return page.redirect(
            to: page.next, flash: .good(page.text("account.paymentPasswordSet")))
    }
}
