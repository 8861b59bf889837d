import Hummingbird
import Logging

/// A request that comes through no socket: a test's, or the command line's.
package struct LocalCall: Sendable {
    package var method: String
    /// With the query.
    package var path: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        _ method: String = "GET", _ path: String,
        headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }

    func request() -> Request {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HeaderName(name) { fields[values: name].append(value) }
        }
        if !body.isEmpty { fields[.contentLength] = String(body.count) }
        let head = HTTPRequest(
            method: HTTPRequest.Method(method) ?? .get, scheme: "http", authority: "localhost",
            path: path, headerFields: fields)
        return Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: body)))
    }
}

/// What came back.
package struct LocalAnswer: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The first field of this name, in any case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The value that a `Set-Cookie` gives this cookie.
    package func cookie(_ name: String) -> String? {
        headers.filter { $0.name.lowercased() == "set-cookie" }
            .compactMap { field -> String? in
                let pair = field.value.prefix { $0 != ";" }
                return pair.hasPrefix("\(name)=") ? String(pair.dropFirst(name.count + 1)) : nil
            }.last
    }

    init(_ response: Response) async throws {
        let collector = BodyCollector()
        try await response.body.write(collector)
        status = response.status.code
        headers = response.headers.map { ($0.name.canonicalName, $0.value) }
        body = collector.bytes
    }
}

private final class BodyCollector: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []

    func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
