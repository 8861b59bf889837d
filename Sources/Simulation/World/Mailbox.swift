import Synchronization

/// The telephones of a run: the codes that were sent to them, in their order.
final class Mailbox: Sendable {
    private let sent: Mutex<[String]> = Mutex([])

    func deliver(_ code: String) { sent.withLock { $0.append(code) } }

    var codes: [String] { sent.withLock { $0 } }

    /// What somebody types who has read one figure wrong.
    static func misread(_ code: String) -> String {
        let last = code.last.flatMap { $0.wholeNumberValue } ?? 0
        return String(code.dropLast()) + "\((last + 1) % 10)"
    }
}
