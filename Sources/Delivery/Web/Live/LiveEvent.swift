import Hummingbird

/// One message of a stream of server-sent events, as a browser's `EventSource` takes it apart.
package struct LiveEvent: Hashable, Sendable {
    /// What the page listens to.
    let name: String
    let data: String
    /// Whether there is nothing to be told after it: the stream ends.
    let isLast: Bool

    package init(_ name: String, _ data: String, isLast: Bool = false) {
        self.name = name
        self.data = data
        self.isLast = isLast
    }

    var bytes: ByteBuffer {
        // A line break of any kind would end the field.
        let lines = data.split(omittingEmptySubsequences: false) {
            $0 == "\n" || $0 == "\r" || $0 == "\r\n"
        }
        let fields = lines.map { "data: \($0)\n" }.joined()
        return ByteBuffer(string: "event: \(name)\n\(fields)\n")
    }

    static let mediaType = "text/event-stream"

    /// How long a client waits before it connects again.
    static let greeting = ByteBuffer(string: "retry: 3000\n\n")

    /// Says nothing, so that nobody on the way takes the connection for dead.
    static let heartbeat = ByteBuffer(string: ":\n\n")
}
