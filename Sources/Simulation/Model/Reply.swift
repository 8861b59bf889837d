/// What the model says that Kontor will answer.
///
/// Texts may name things by their place in the run, as `{order 3}` or `{time 86400000000}`: the model
/// knows no ids and no clock. A name that is met for the first time in an answer is bound to what
/// stands there.
struct Reply: Equatable {
    /// What stands at a place of the answer.
    enum Value: Equatable {
        case int(Int)
        case text(String)
        case flag(Bool)
        /// Null, or not there at all.
        case nothing
        /// How many elements a list has.
        case count(Int)
        /// Microseconds of the run's clock; Kontor may be off by what its own transactions take.
        case time(Int)
    }

    /// A place is a path of names and list positions: `lines.0.net`. `[id={order 3}]` is the element
    /// of a list that has this id.
    struct Field: Equatable {
        var place: String
        var value: Value
    }

    var status: Int
    /// Of a problem.
    var code: String?
    var fields: [Field] = []
    /// Whether it was given before under the same key.
    var isReplayed = false

    init(_ status: Int, _ fields: [(String, Value)] = []) {
        self.status = status
        self.fields = fields.map { Field(place: $0.0, value: $0.1) }
    }

    /// Whether it belongs to its key for good. An amount of nothing does not use a key up.
    var isFrozen: Bool {
        if status < 300 { return true }
        return [403, 404, 409, 422, 423].contains(status)
            && code?.hasSuffix("amount-not-positive") != true
    }
}

/// A command that is refused.
struct Refusal: Error {
    var reply: Reply
    /// Whether what the command has done until then stays.
    var keeps = false

    init(_ status: Int, _ code: String, _ fields: [(String, Reply.Value)] = []) {
        reply = Reply(status, fields)
        reply.code = code
    }

    /// The same with what was done before it staying.
    var kept: Refusal {
        var kept = self
        kept.keeps = true
        return kept
    }

    static func rule(_ code: String, _ fields: [(String, Reply.Value)] = []) -> Refusal {
        Refusal(422, code, fields)
    }
    static func conflict(_ code: String, _ fields: [(String, Reply.Value)] = []) -> Refusal {
        Refusal(409, code, fields)
    }
    static let notFound = Refusal(404, "not-found")
}

/// A request as the model and the world speak of it; names in it as in `Reply`.
struct Request: Equatable {
    var method: String
    var path: String
    var body: String?
    /// `member 0`, `boss`, or nobody.
    var actor: String?
    /// Of the body, what does not count for two requests to be the same.
    var secret = ""

    init(_ method: String, _ path: String, _ body: JSON? = nil, as actor: String?) {
        self.method = method
        self.path = path
        self.body = body?.text
        self.actor = actor
    }
}

/// JSON to be sent, in the order in which it is written down.
indirect enum JSON {
    case int(Int)
    case text(String)
    case flag(Bool)
    case null
    case list([JSON])
    case object([(String, JSON?)])

    var text: String {
        switch self {
        case .int(let value): "\(value)"
        case .text(let text): "\"\(text)\""
        case .flag(let flag): "\(flag)"
        case .null: "null"
        case .list(let elements): "[\(elements.map(\.text).joined(separator: ","))]"
        case .object(let members):
            "{"
                + members.compactMap { name, value in value.map { "\"\(name)\":\($0.text)" } }
                .joined(separator: ",") + "}"
        }
    }
}
