import Basics
import Foundation
import Hummingbird

/// A problem on its way out as `application/problem+json` (RFC 9457).
package struct ProblemAnswer {
    package let problem: Problem
    package let isReplayed: Bool

    package init(_ problem: Problem, isReplayed: Bool = false) {
        self.problem = problem
        self.isReplayed = isReplayed
    }

    package static let mediaType = "application/problem+json"

    package func response(_ messages: Messages, _ context: AppContext) -> Response {
        let words = messages.words(for: problem, context.locale)
        var headers = self.headers
        headers[.contentType] = Self.mediaType
        headers[.contentLanguage] = context.locale.languageTag
        let members = ProblemMembers(problem: problem, words: words, instance: context.requestID)
        return Response(
            status: problem.kind.status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: members.json)))
    }

    /// What the status asks to be said in headers, for JSON and pages alike.
    package var headers: HTTPFields {
        var headers = HTTPFields()
        if case .number(let seconds)? = problem.parameters["retryAfter"] {
            headers[.retryAfter] = String(seconds)
        }
        if case .text(let methods)? = problem.parameters["allow"] { headers[.allow] = methods }
        if problem.kind == .unauthenticated { headers[.wwwAuthenticate] = "Bearer" }
        if isReplayed { headers[.idempotentReplayed] = "true" }
        return headers
    }
}

/// The members of the JSON object, extensions included.
private struct ProblemMembers: Encodable {
    let problem: Problem
    let words: Messages.Words
    let instance: String

    var json: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and integers always encode.
        return (try? encoder.encode(self)) ?? Data("{}".utf8)
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private struct Field: Encodable {
        let pointer: String
        let code: String
        let message: String
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        for (name, value) in problem.parameters {
            let key = Key(stringValue: name)
            switch value {
            case .text(let text): try members.encode(text, forKey: key)
            case .number(let number), .money(let number): try members.encode(number, forKey: key)
            }
        }
        // After the parameters, so that none of them can take a standard member's place.
        let standard = [
            "type": "urn:kontor:problem:\(problem.code)", "title": words.title,
            "detail": words.detail, "code": problem.code, "instance": instance,
        ]
        for (name, text) in standard {
            try members.encode(text, forKey: Key(stringValue: name))
        }
        try members.encode(problem.kind.status.code, forKey: Key(stringValue: "status"))
        guard !problem.errors.isEmpty else { return }
        let fields = problem.errors.map {
            Field(pointer: $0.pointer, code: $0.code, message: words.fields[$0.code] ?? $0.code)
        }
        try members.encode(fields, forKey: Key(stringValue: "errors"))
    }
}
