import Basics
import Hummingbird
import Web

/// A form with a code from the telephone: where it goes on to, and whether it may be sent already.
private struct EntryPage {
    /// The first part of its fields' names in tests.
    let form: String
    let next: String
    var inviteCode = ""
}

extension IdentityModule {
    package func pages(_ site: Site) {
        logInPages(site)
        registerPages(site)
        resetPages(site)
        accountPages(site)
        site.post("/logout") { [self] page in
            if let session = page.session { try await identity.logOut(session.id) }
            var response = page.redirect(to: "/", flash: .info(page.text("login.loggedOut")))
            response.setCookie(SessionCookie.clearing(isSecure: hasSecureCookies))
            return response
        }
    }

    private func logInPages(_ site: Site) {
        entry(site, "/login", "login", title: "login.title")
        site.post("/login") { [self] page in
            try page.context.limit(.logIn, by: page.context.clientAddress)
            let logIn = LogIn.password(
                login: try page.form.required("login"),
                password: try page.form.secret("password"))
            return try await enter(page, logIn)
        }
        entry(site, "/login/code", "login-code", title: "login.byCode")
        codePost(site, "/login/code", .login) { page, identity in
            let logIn = LogIn.code(
                phone: try page.form.phone(), code: try page.form.required("code"))
            return try await enter(page, logIn)
        }
    }

    private func registerPages(_ site: Site) {
        entry(site, "/register", "register", title: "register.title")
        codePost(site, "/register", .register) { page, identity in
            let username = try page.form.required("username")
            let password = try page.form.secret("password")
            let registration = Registration(
                phone: try page.form.phone(), username: try Username(username),
                password: password, code: try page.form.required("code"),
                inviteCode: try page.form.text("inviteCode"))
            _ = try await identity.register(registration)
            return try await enter(page, .password(login: username, password: password))
        }
    }

    private func resetPages(_ site: Site) {
        entry(site, "/password-reset", "reset", template: "password-reset", title: "reset.title")
        codePost(site, "/password-reset", .resetPassword) { page, identity in
            try await identity.resetPassword(
                phone: try page.form.phone(), code: try page.form.required("code"),
                to: try page.form.secret("newPassword"))
            return page.redirect(to: "/login", flash: .good(page.text("reset.done")))
        }
    }

    /// A page for those who are not logged in yet; others go on to where they wanted to go.
    private func entry(
        _ site: Site, _ path: String, _ form: String, template: String? = nil, title: String
    ) {
        site.get(path) { page in
            guard page.session == nil else { return page.redirect(to: page.next) }
            let model = EntryPage(
                form: form, next: page.next, inviteCode: page.query("invite") ?? "")
            return await page.render(template ?? form, model, title: title)
        }
    }

    /// A form that a code confirms. Its other button sends the code and shows the form again.
    private func codePost(
        _ site: Site, _ path: String, _ purpose: CodePurpose,
        _ body: @escaping @Sendable (SiteRequest, Identity) async throws -> Response
    ) {
        site.post(path) { [self] page in
            guard page.form.flag("send-code") else {
                try page.context.limit(.logIn, by: page.context.clientAddress)
                return try await body(page, identity)
            }
            return try await sendCode(page, to: try page.form.phone(), purpose)
        }
    }

    func sendCode(_ page: SiteRequest, to phone: PhoneNumber, _ purpose: CodePurpose) async throws
        -> Response
    {
        try page.context.limit(.codesByAddress, by: page.context.clientAddress)
        try await identity.requestCode(phone: phone, purpose: purpose, locale: page.locale)
        return try await page.again(flash: .good(page.text("register.codeSent")))
    }

    /// Logs the browser in and leads to where it wanted to go.
    func enter(_ page: SiteRequest, _ logIn: LogIn, flash: Flash? = nil) async throws -> Response {
        // Who logs in again, perhaps as somebody else, leaves the session before.
        if let session = page.session { try await identity.logOut(session.id) }
        let session = try await identity.logInToPages(logIn)
        var response = page.redirect(to: page.next, flash: flash)
        response.setCookie(
            SessionCookie.make(
                session.cookie, maxAge: SessionRecord.lifetime.components.seconds,
                isSecure: hasSecureCookies))
        return response
    }
}

extension Form {
    fileprivate func phone() throws -> PhoneNumber { try PhoneNumber(try required("phone")) }
}
