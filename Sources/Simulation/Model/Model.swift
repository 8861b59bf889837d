/// What Kontor does, in plain values: no store, no network, and none of Kontor's own code.
///
/// Everything has a number, its place in the order in which things came to be in this run. Functions
/// that change something throw a `Refusal`, and then nothing has changed.
struct Model: Equatable {
    /// Microseconds since the run began, at midnight in Shanghai.
    var now = 0
    /// The same without what the clock was moved by.
    var unmoved = 0
    var people: [Person]
    var sessions: [LogInSession]
    var codes: [SentCode] = []

    var books = Books()
    var gateway = SimulatedGateway()
    var jobs = Agenda()

    var courses: [Course] = []
    var policies: [Policy] = []
    var carts: [[CartItem]]
    var grants: [Grant] = []

    var templates: [Template] = []
    var coupons: [Coupon] = []

    var quotes: [Quote] = []
    var orders: [Order] = []
    var lines: [OrderLine] = []
    var orderRefunds: [OrderRefund] = []

    var topUps: [Intent] = []
    var attempts: [Attempt] = []
    var refunds: [GatewayRefund] = []

    var holds: [Books.Hold] = []
    /// Journals from outside.
    var journals: [ForeignJournal] = []

    /// What was answered under which key, by `actor key`.
    var answered: [String: Answered] = [:]
    /// Instants that Kontor may have put some microseconds later: it did something else first.
    var blurred: Set<Int> = []

    struct Answered: Equatable {
        var request: Request
        var reply: Reply
    }

    init(members: Int) {
        people = Self.residents(members)
        sessions = people.indices.map { LogInSession(person: $0, at: 0) }
        carts = Array(repeating: [], count: members)
        books.floors[Self.uncollected] = .some(nil)
    }

    var members: Int { people.count }
}

extension Model {
    /// What becomes of a command.
    mutating func reply(to command: Command, key: String?) -> Reply {
        let request = command.request
        do throws(Refusal) {
            try checkLogIn(of: request.actor)
            return try refusing { model throws(Refusal) in
                guard command.needsKey else { return try model.perform(command) }
                guard let key else { throw Refusal(400, "idempotency-key-required") }
                let name = "\(request.actor ?? "") \(key)"
                try model.checkBeforeKey(command, key: name)
                return try model.once(name, request) {
                    model throws(Refusal) in try model.perform(command)
                }
            }
        } catch {
            return error.reply
        }
    }

    /// The same key and the same request get the same answer; another request under it is refused.
    private mutating func once(
        _ key: String, _ request: Request, _ body: (inout Model) throws(Refusal) -> Reply
    ) throws(Refusal) -> Reply {
        if var known = answered[key] {
            guard known.request.means(request) else { throw .rule("idempotency-key-reused") }
            known.reply.isReplayed = true
            return known.reply
        }
        var reply: Reply
        do throws(Refusal) {
            reply = try refusing(body)
        } catch {
            reply = error.reply
        }
        if reply.isFrozen { answered[key] = Answered(request: request, reply: reply) }
        return reply
    }

    /// Runs `body`; if it refuses, everything is as it was before.
    mutating func refusing(_ body: (inout Model) throws(Refusal) -> Reply) throws(Refusal) -> Reply
    {
        var next = self
        do throws(Refusal) {
            let reply = try body(&next)
            self = next
            return reply
        } catch {
            if error.keeps { self = next }
            throw error
        }
    }
}

extension Request {
    /// Whether two requests ask for the same.
    func means(_ other: Request) -> Bool {
        func plain(_ request: Request) -> String {
            let body = request.body ?? ""
            return request.secret.isEmpty ? body : body.replacing(request.secret, with: "")
        }
        return method == other.method && path == other.path && plain(self) == plain(other)
    }
}

extension Int {
    static func seconds(_ count: Int) -> Int { count * 1_000_000 }
    static func minutes(_ count: Int) -> Int { seconds(count * 60) }
    static func days(_ count: Int) -> Int { seconds(count * 86_400) }
}
