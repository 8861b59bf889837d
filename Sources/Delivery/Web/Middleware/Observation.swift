import Basics
import CoreMetrics
import Hummingbird
import Logging

/// Counts, times and logs every request. A line names the route and who asked; never a query, a body
/// or a header, where secrets are.
struct Observation: Sendable {
    let metrics: RequestMetrics
    let logLevel: Logger.Level?

    func begin() -> ContinuousClock.Instant {
        metrics.active.increment()
        return .now
    }

    /// However it ended.
    func end() { metrics.active.decrement() }

    func record(
        _ request: Request, _ context: AppContext, _ response: Response,
        since start: ContinuousClock.Instant
    ) {
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
    }
}
