import Basics
import Hummingbird
import Web

/// What the log-in form shows again.
private struct LogInPage {
    var login = ""
    var next = "/"
}

/// What the registration form shows again; its page is not stored anywhere.
private struct RegisterPage {
    var phone = ""
    var code = ""
    var username = ""
    var password = ""
    var inviteCode = ""
    var isCodeSent = false
    var next = "/"
}

extension IdentityModule {
    package func pages(_ site: Site) {
        logInPages(site)
        registerPages(site)
        site.post("/logout") { [self] page in
            if let session = page.session { try await identity.logOut(session.id) }
            var response = page.redirect(to: "/", flash: .info(page.text("login.loggedOut")))
            response.setCookie(SessionCookie.clearing(isSecure: hasSecureCookies))
            return response
        }
    }

    private func logInPages(_ site: Site) {
        site.get("/login") { page in
            guard page.session == nil else { return page.redirect(to: page.next) }
            return await page.render(
                "login", LogInPage(next: page.next), title: "login.title")
        }
        site.post("/login") { [self] page in
            let shown = LogInPage(login: page.form.typed("login"), next: page.next)
            do {
                try page.context.limit(.logIn, by: page.context.clientAddress)
                let logIn = LogIn.password(
                    login: try page.form.required("login"),
                    password: try page.form.secret("password"))
                return try await enter(page, logIn)
            } catch let problem as Problem {
                return await page.render("login", shown, title: "login.title", problem: problem)
            }
        }
    }

    private func registerPages(_ site: Site) {
        site.get("/register") { page in
            guard page.session == nil else { return page.redirect(to: page.next) }
            let shown = RegisterPage(inviteCode: page.query("invite") ?? "", next: page.next)
            return await page.render("register", shown, title: "register.title")
        }
        site.post("/register") { [self] page in
            var shown = RegisterPage(page)
            do {
                if page.form.flag("send-code") {
                    try await sendCode(page, shown)
                    shown.isCodeSent = true
                    return await Self.registerPage(page, shown)
                }
                return try await register(page, shown)
            } catch let problem as Problem {
                return await Self.registerPage(page, shown, problem)
            }
        }
    }

    private static func registerPage(
        _ page: SiteRequest, _ shown: RegisterPage, _ problem: Problem? = nil
    ) async -> Response {
        var response = await page.render(
            "register", shown, title: "register.title", problem: problem)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func sendCode(_ page: SiteRequest, _ shown: RegisterPage) async throws {
        try page.context.limit(.codesByAddress, by: page.context.clientAddress)
        try await identity.requestCode(
            phone: try PhoneNumber(shown.phone), purpose: .register, locale: page.locale)
    }

    private func register(_ page: SiteRequest, _ shown: RegisterPage) async throws -> Response {
        try page.context.limit(.logIn, by: page.context.clientAddress)
        let registration = Registration(
            phone: try PhoneNumber(shown.phone), username: try Username(shown.username),
            password: shown.password, code: shown.code, inviteCode: shown.inviteCode)
        _ = try await identity.register(registration)
        return try await enter(
            page, .password(login: shown.username, password: shown.password))
    }

    /// Logs the browser in and leads to where it wanted to go.
    private func enter(_ page: SiteRequest, _ logIn: LogIn) async throws -> Response {
        // Who logs in again, perhaps as somebody else, leaves the session before.
        if let session = page.session { try await identity.logOut(session.id) }
        let session = try await identity.logInToPages(logIn)
        var response = page.redirect(to: page.next)
        response.setCookie(
            SessionCookie.make(
                session.cookie, maxAge: SessionRecord.lifetime.components.seconds,
                isSecure: hasSecureCookies))
        return response
    }
}

extension RegisterPage {
    fileprivate init(_ page: SiteRequest) {
        let form = page.form
        phone = form.typed("phone")
        code = form.typed("code")
        username = form.typed("username")
        password = form.all("password").first ?? ""
        inviteCode = form.typed("inviteCode")
        next = page.next
    }
}

extension Form {
    /// What is in a field, if anything.
    fileprivate func typed(_ name: String) -> String {
        ((try? text(name)) ?? nil) ?? ""
    }
}
