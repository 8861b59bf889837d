import Basics
import Hummingbird
import Store
import Web

struct CodeBody: Decodable, Sendable {
    var phone: String
    var purpose: CodePurpose
}

struct RegistrationBody: Decodable, Sendable {
    var phone: String
    var username: String
    var password: String
    var code: String
    var inviteCode: String?

    var registration: Registration {
        get throws {
            Registration(
                phone: try PhoneNumber(phone), username: try Username(username),
                password: password, code: code, inviteCode: inviteCode)
        }
    }
}

struct LogInBody: Decodable, Sendable {
    var login: String?
    var password: String?
    var phone: String?
    var code: String?

    var logIn: LogIn {
        get throws {
            switch (login, password, phone, code) {
            case (let login?, let password?, nil, nil): .password(login: login, password: password)
            case (nil, nil, let phone?, let code?):
                .code(phone: try PhoneNumber(phone), code: code)
            default: throw Problem.unreadable(field: "login")
            }
        }
    }
}

struct PasswordResetBody: Decodable, Sendable {
    var phone: String
    var code: String
    var newPassword: String
}

struct RefreshBody: Decodable, Sendable {
    var refreshToken: String
}

struct PasswordBody: Decodable, Sendable {
    var currentPassword: String
    var newPassword: String
}

struct PaymentPasswordBody: Decodable, Sendable {
    var code: String
    var paymentPassword: String
}

struct RolesBody: Decodable, Sendable {
    var roles: [Role]
}

struct UserView: Codable, Sendable {
    var id: ID<Member>
    var username: String
    var phone: String?
    var status: Profile.Status
    var roles: [Role]
    var inviteCode: String
    var hasPaymentPassword: Bool
    var createdAt: Instant
    var lastLoginAt: Instant?

    init(_ profile: Profile) {
        id = profile.id
        username = profile.username
        phone = profile.phone?.text
        status = profile.status
        roles = profile.roles.sorted { $0.rawValue < $1.rawValue }
        inviteCode = profile.inviteCode
        hasPaymentPassword = profile.hasPaymentPassword
        createdAt = profile.createdAt
        lastLoginAt = profile.lastLoginAt
    }
}

struct TokensView: Codable, Sendable {
    var accessToken: String
    var refreshToken: String
    var expiresAt: Instant
    var user: UserView

    init(_ tokens: Tokens) {
        accessToken = tokens.accessToken
        refreshToken = tokens.refreshToken
        expiresAt = tokens.expiresAt
        user = UserView(tokens.profile)
    }
}

struct AvailabilityView: Codable, Sendable {
    var available: Bool
}

struct InvitationView: Codable, Sendable {
    var username: String
    var registeredAt: Instant
}

extension IdentityModule {
    package func api(_ api: API) {
        registrationRoutes(api)
        sessionRoutes(api)
        ownRoutes(api)
        operatorRoutes(api)
        keyRoutes(api)
        weChatRoutes(api)
    }

    static let codeProblems: [ExpectedProblem] = [
        .status(422, "verification-code-wrong", "verification-code-expired"),
        .status(423, "verification-code-locked"),
    ]
    private static let passwordProblems: ExpectedProblem = .status(
        422, "password-too-short", "password-too-long", "password-too-simple")

    private func registrationRoutes(_ api: API) {
        let identity = identity
        api.post(
            "/verification-codes", summary: "Sends a code to a phone", auth: .public,
            body: CodeBody.self, status: .accepted,
            problems: [
                .status(422, "phone-invalid"), .status(429, "verification-codes-too-many"),
            ]
        ) { request, body in
            try request.context.limit(.codesByAddress, by: request.context.clientAddress)
            try await identity.requestCode(
                phone: try PhoneNumber(body.phone), purpose: body.purpose, locale: request.locale)
        }
        api.get(
            "/users/availability", summary: "Whether a phone or a username is free",
            auth: .public,
            query: [
                QueryParameter("phone", String.self, "A mobile number; or"),
                QueryParameter("username", String.self, "a username."),
            ],
            returns: AvailabilityView.self,
            problems: [.status(422, "phone-invalid", "username-invalid")]
        ) { request in
            switch (request.query("phone"), request.query("username")) {
            case (let phone?, nil):
                let phone = try PhoneNumber(phone)
                return AvailabilityView(available: try await identity.isAvailable(phone))
            case (nil, let username?):
                let username = try Username(username)
                return AvailabilityView(available: try await identity.isAvailable(username))
            default: throw Problem.invalidQuery("phone")
            }
        }
        api.post(
            "/users", summary: "Registers a member", auth: .public, body: RegistrationBody.self,
            returns: UserView.self, status: .created,
            problems: Self.codeProblems + [
                Self.passwordProblems, .status(409, "phone-taken", "username-taken"),
                .status(422, "phone-invalid", "username-invalid", "invite-code-unknown"),
            ]
        ) { request, body -> UserView in
            try request.context.limit(.logIn, by: request.context.clientAddress)
            return UserView(try await identity.register(try body.registration))
        }
        api.post(
            "/password-resets", summary: "Sets a forgotten password", auth: .public,
            body: PasswordResetBody.self,
            problems: Self.codeProblems + [
                Self.passwordProblems, .status(422, "phone-invalid", "phone-unknown"),
            ]
        ) { request, body in
            try request.context.limit(.logIn, by: request.context.clientAddress)
            try await identity.resetPassword(
                phone: try PhoneNumber(body.phone), code: body.code, to: body.newPassword)
        }
    }

    private func sessionRoutes(_ api: API) {
        let identity = identity
        api.post(
            "/sessions", summary: "Logs in, by password or by code", auth: .public,
            body: LogInBody.self, returns: TokensView.self, status: .created,
            problems: Self.codeProblems + [
                .status(401, "credentials-wrong"), .status(403, "account-locked"),
                .status(423, "login-locked"),
            ]
        ) { request, body -> TokensView in
            try request.context.limit(.logIn, by: request.context.clientAddress)
            return TokensView(try await identity.logIn(try body.logIn))
        }
        api.post(
            "/sessions/refresh", summary: "Exchanges a refresh token for new tokens",
            auth: .public, body: RefreshBody.self, returns: TokensView.self,
            problems: [.status(401, "refresh-token-invalid")]
        ) { _, body -> TokensView in
            TokensView(try await identity.refresh(body.refreshToken))
        }
        api.delete("/sessions/current", summary: "Logs out", auth: .member) { request in
            try await identity.logOut(try request.session.id)
        }
    }

    private func ownRoutes(_ api: API) {
        let identity = identity
        api.get("/me", summary: "The member's profile", auth: .member, returns: UserView.self) {
            request in
            UserView(try await identity.profile(of: try request.memberID))
        }
        api.get(
            "/me/invitations", summary: "Who registered with the member's invite code",
            auth: .member, returns: ListView<InvitationView>.self
        ) { request in
            let member = try request.memberID
            let page = try request.page()
            let invited = try await identity.invitations(of: member, page)
            return ListView(invited) {
                InvitationView(username: $0.username, registeredAt: $0.createdAt)
            }
        }
        api.put(
            "/me/password", summary: "Changes the password and logs out everywhere",
            auth: .member, body: PasswordBody.self,
            problems: [
                Self.passwordProblems, .status(422, "password-wrong"),
                .status(423, "login-locked"),
            ]
        ) { request, body in
            try await identity.changePassword(
                of: try request.memberID, from: body.currentPassword, to: body.newPassword)
        }
        api.put(
            "/me/payment-password", summary: "Sets the payment password", auth: .member,
            body: PaymentPasswordBody.self,
            problems: Self.codeProblems + [
                .status(409, "phone-missing"), .status(422, "payment-password-invalid"),
            ]
        ) { request, body in
            try await identity.setPaymentPassword(
                of: try request.memberID, code: body.code, to: body.paymentPassword)
        }
    }

    private func operatorRoutes(_ api: API) {
        let identity = identity
        api.get(
            "/admin/users", summary: "Members, newest first", auth: .roles([.operator, .admin]),
            query: [
                QueryParameter("query", String.self, "How a username or a phone number begins.")
            ],
            returns: ListView<UserView>.self
        ) { request in
            let (page, total) = try await identity.members(
                beginning: request.query("query") ?? "", try request.page())
            return ListView(page, total: total, UserView.init)
        }
        let problems: [ExpectedProblem] = [404, .status(422, "not-on-yourself")]
        api.post(
            "/admin/users/{id}/lock", summary: "Locks a member out",
            auth: .roles([.operator, .admin]), returns: UserView.self, problems: problems
        ) { request -> UserView in
            let id = try request.id(ID<Member>.self)
            return UserView(try await identity.lock(id, by: try request.session))
        }
        api.post(
            "/admin/users/{id}/unlock", summary: "Lets a member in again",
            auth: .roles([.operator, .admin]), returns: UserView.self, problems: problems
        ) { request -> UserView in
            let id = try request.id(ID<Member>.self)
            return UserView(try await identity.unlock(id, by: try request.session))
        }
        api.post(
            "/admin/users/{id}/roles", summary: "Gives a member exactly these roles",
            auth: .role(.admin), body: RolesBody.self, returns: UserView.self, problems: problems
        ) { request, body -> UserView in
            let id = try request.id(ID<Member>.self)
            return UserView(
                try await identity.setRoles(Set(body.roles), of: id, by: try request.session))
        }
    }
}
