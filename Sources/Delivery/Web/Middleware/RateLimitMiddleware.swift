import Basics
import Hummingbird

/// Keeps one caller from using up what is there for all: members by themselves, visitors by address.
struct RateLimitMiddleware: RouterMiddleware {
    let limiter: RateLimiter

    func handle(
        _ request: Request, context: AppContext,
        next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        if !request.isPlumbing {
            if let session = context.session {
                let policy: RateLimiter.Policy = session.apiKey == nil ? .member : .apiKey
                try limiter.take(policy, key: String(session.actor))
            } else {
                try limiter.take(.address, key: context.clientAddress)
            }
        }
        return try await next(request, context)
    }
}
