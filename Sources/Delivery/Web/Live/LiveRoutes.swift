import Basics
import Hummingbird
import Store

extension API {
    /// Declares a stream of events, each of them a view as JSON: at once, and whenever it has changed.
    ///
    /// - Parameters:
    ///   - event: the name of the events.
    ///   - ids: of what the view is made of; news of them call for another look.
    package func live<View: Codable & Sendable>(
        _ path: String, summary: String, auth: Access, event: String, sends view: View.Type,
        problems: [ExpectedProblem] = [],
        about ids: @escaping @Sendable (APIRequest) throws -> [String],
        _ look: @escaping @Sendable (APIRequest) async throws -> View
    ) {
        declare(
            .get, path, summary, auth, answer: .events(view), status: .ok, problems: problems
        ) { request in
            let stream = try LiveStream(request.context, access: auth, about: try ids(request)) {
                let json = try JSONBytes.encode(try await look(request))
                return LiveEvent(event, String(decoding: json, as: UTF8.self))
            }
            return try await stream.response(request.body)
        }
    }
}

extension Site {
    /// A piece of a page that changes by itself, for `data-live`: asked for by a script it is answered
    /// once, asked for as a stream of events whenever it has changed.
    ///
    /// - Parameter handler: answers `fragment`, or `leave` when the page has to go elsewhere.
    package func live(
        _ path: String, auth: Access,
        about ids: @escaping @Sendable (SiteRequest) throws -> [String],
        _ handler: @escaping Handler
    ) {
        get(path, auth: auth) { page in
            guard page.request.headers[.accept]?.contains(LiveEvent.mediaType) == true else {
                return try await handler(page)
            }
            let stream = try LiveStream(page.context, access: auth, about: try ids(page)) {
                let answer = try await LocalAnswer(try await handler(page))
                if let place = answer.header(HeaderName.kontorLocation.canonicalName) {
                    return LiveEvent("leave", place, isLast: true)
                }
                return LiveEvent("show", answer.text)
            }
            return try await stream.response(page.request.body)
        }
    }
}
