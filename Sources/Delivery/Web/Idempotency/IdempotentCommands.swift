import Basics
import Store

/// An answer as it was first given: what a repeated request gets again.
package struct StoredAnswer: Sendable, Hashable {
    package let status: Int
    /// The JSON of a view. Empty if the answer has no content.
    package let body: [UInt8]
    /// Whether this is an earlier answer, given again.
    package let isReplayed: Bool

    package init(status: Int, body: [UInt8], isReplayed: Bool = false) {
        self.status = status
        self.body = body
        self.isReplayed = isReplayed
    }
}
