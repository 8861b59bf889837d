import Synchronization

/// Which methods exist at which path; asked only when a request found no route.
final class RouteList: Sendable {
    private struct Route {
        let method: String
        let segments: [Substring]
    }

    private let routes = Mutex<[Route]>([])

    /// `path` is a template: `/orders/{id}`.
    func add(_ method: String, _ path: String) {
        let route = Route(method: method, segments: path.split(separator: "/"))
        routes.withLock { $0.append(route) }
    }

    func methods(at path: String) -> [String] {
        let segments = path.split(separator: "/")
        let found = routes.withLock { $0 }.filter { route in
            route.segments.count == segments.count
                && zip(route.segments, segments).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }
        return Set(found.map(\.method)).sorted()
    }
}
