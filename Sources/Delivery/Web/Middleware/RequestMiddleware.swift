import Basics
import Hummingbird

/// What happens to every request before its route and after it, from the outside in.
///
/// The steps are plain functions in one middleware. A middleware for each of them was a tenth of what a
/// list costs: every layer is asynchronous calls there and back, and copies of request and context.
struct RequestMiddleware: RouterMiddleware {
    let opening: Opening
    let observation: Observation
    let headers: SecurityHeaders
    let errors: ErrorAnswers
    let authentication: Authentication
    let limiter: RateLimiter

    func handle(
        _ request: Request, context: AppContext,
        next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        opening.open(request, &context)
        let start = observation.begin()
        defer { observation.end() }
        var response: Response
        do {
            try BodyLimits.check(request)
            if !request.isPlumbing {
                try await authentication.identify(request, &context)
                try limit(context)
            }
            response = try await next(request, context)
        } catch {
            // If it is known by now who asks, an error page keeps its header.
            response = await errors.response(to: error, request, context)
        }
        headers.add(to: &response)
        observation.record(request, context, response, since: start)
        response.headers[.requestID] = context.requestID
        return response
    }

    /// Keeps one caller from using up what is there for all: members by themselves, visitors by address.
    private func limit(_ context: AppContext) throws {
        guard let session = context.session else {
            return try limiter.take(.address, key: context.clientAddress)
        }
        let policy: RateLimiter.Policy = session.apiKey == nil ? .member : .apiKey
        try limiter.take(policy, key: String(session.actor))
    }
}
