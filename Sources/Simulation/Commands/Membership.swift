/// What somebody asks of the part of Kontor that knows who is who. None of it needs a key.
enum Membership: Equatable {
    case askCode(phone: Int?, SentCode.Purpose)
    case register(Newcomer)
    case logIn(Proof)
    case refresh(session: Int, rotation: Int)
    case logOut(session: Int)
    case whoAmI(session: Int)
    case changePassword(session: Int, from: String, to: String)
    case resetPassword(phone: Int?, TypedCode, to: String)
    case setPaymentPassword(session: Int, TypedCode, to: String)
    /// An operator locks a member out, or lets them in again.
    case admit(Int, Bool)

    struct Newcomer: Equatable {
        var phone: Int?
        var name: String
        var password = Person.firstPassword
        var code: TypedCode
        var inviter: Int?
        /// Names a code that is nobody's.
        var isInvitedByNobody = false
    }

    enum Proof: Equatable {
        /// By a name or a phone number.
        case password(login: String, String)
        case code(phone: Int?, TypedCode)
    }

    var name: String { String("\(self)".prefix { $0 != "(" }) }

    /// How it is asked for over HTTP.
    var request: Request {
        switch self {
        case .askCode(let phone, let purpose):
            open(
                "/verification-codes",
                [("phone", Self.text(phone)), ("purpose", .text(purpose.rawValue))])
        case .register(let newcomer): open("/users", newcomer.members)
        case .logIn(let proof): open("/sessions", proof.members)
        case .refresh(let session, let rotation):
            open(
                "/sessions/refresh",
                [("refreshToken", .text("{refresh \(session) \(rotation)}"))])
        case .logOut(let session):
            Request("DELETE", "/sessions/current", as: "session \(session)")
        case .whoAmI(let session): Request("GET", "/me", as: "session \(session)")
        case .changePassword(let session, let from, let to):
            Request(
                "PUT", "/me/password",
                .object([("currentPassword", .text(from)), ("newPassword", .text(to))]),
                as: "session \(session)")
        case .resetPassword(let phone, let code, let to):
            open(
                "/password-resets",
                [
                    ("phone", Self.text(phone)), ("code", .text(code.text)),
                    ("newPassword", .text(to)),
                ])
        case .setPaymentPassword(let session, let code, let to):
            Request(
                "PUT", "/me/payment-password",
                .object([("code", .text(code.text)), ("paymentPassword", .text(to))]),
                as: "session \(session)")
        case .admit(let person, let isWelcome):
            Request(
                "POST", "/admin/users/{member \(person)}/\(isWelcome ? "unlock" : "lock")",
                as: "boss")
        }
    }

    /// Asked by nobody in particular.
    private func open(_ path: String, _ members: [(String, JSON?)]) -> Request {
        Request("POST", path, .object(members), as: nil)
    }

    fileprivate static func text(_ phone: Int?) -> JSON {
        .text(phone.map { "{phone \($0)}" } ?? "12345678901")
    }
}

extension Membership.Newcomer {
    fileprivate var members: [(String, JSON?)] {
        [
            ("phone", Membership.text(phone)), ("username", .text(name)),
            ("password", .text(password)), ("code", .text(code.text)),
            (
                "inviteCode",
                isInvitedByNobody ? .text("NOBODY00") : inviter.map { .text("{invite \($0)}") }
            ),
        ]
    }
}

extension Membership.Proof {
    fileprivate var members: [(String, JSON?)] {
        switch self {
        case .password(let login, let password):
            [("login", .text(login)), ("password", .text(password))]
        case .code(let phone, let code):
            [("phone", Membership.text(phone)), ("code", .text(code.text))]
        }
    }
}
