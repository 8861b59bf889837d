import CoreMetrics
import Hummingbird
import Synchronization

/// What is measured of requests. Labels are route templates, so there are as many series as routes.
final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        let route: String
        let method: HTTPRequest.Method
        let status: Int
    }

    let active: Meter
    private let factory: any MetricsFactory
    private let timers = Mutex<[Key: CoreMetrics.Timer]>([:])

    init(factory: any MetricsFactory) {
        self.factory = factory
        active = Meter(label: "http.server.active_requests", factory: factory)
    }

    func record(
        route: String, method: HTTPRequest.Method, status: HTTPResponse.Status, duration: Duration
    ) {
        let key = Key(route: route, method: Self.known(method), status: status.code)
        let timer = timers.withLock { timers in
            if let timer = timers[key] { return timer }
            let timer = CoreMetrics.Timer(
                label: "http.server.request.duration",
                dimensions: [
                    ("method", key.method.rawValue), ("route", key.route),
                    ("status", String(key.status)),
                ], factory: factory)
            timers[key] = timer
            return timer
        }
        let (seconds, attoseconds) = duration.components
        timer.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    /// A method is the caller's to invent; a label is not.
    private static func known(_ method: HTTPRequest.Method) -> HTTPRequest.Method {
        known.contains(method) ? method : .trace
    }

    private static let known: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options,
    ]
}
