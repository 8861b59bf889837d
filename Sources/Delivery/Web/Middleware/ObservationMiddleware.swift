import Basics
import CoreMetrics
import Hummingbird
import Logging

/// Counts, times and logs every request. A line names the route and who asked; never a query, a body
/// or a header, where secrets are.
struct ObservationMiddleware: RouterMiddleware {
    let metrics: RequestMetrics
    let logLevel: Logger.Level?

    func handle(
        _ request: Request, context: AppContext,
        next: (Request, AppContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        metrics.active.increment()
        defer { metrics.active.decrement() }
        let response = try await next(request, context)
        let duration = ContinuousClock.now - start
        let route = context.endpointPath ?? "NotFound"
        metrics.record(
            route: route, method: request.method, status: response.status, duration: duration)
        if let level = response.status.code >= 500 ? .error : logLevel {
            context.log.log(
                level: level, "request",
                metadata: [
                    "method": "\(request.method.rawValue)", "route": "\(route)",
                    "status": "\(response.status.code)", "client": "\(context.clientAddress)",
                    "microseconds": "\(duration.microseconds)",
                ])
        }
        return response
    }
}
