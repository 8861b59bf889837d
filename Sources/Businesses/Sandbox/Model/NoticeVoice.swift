import AsyncHTTPClient
import Basics
import WeChatPay

/// How one gateway words and signs its notices, and what it takes for an acknowledgement.
protocol NoticeVoice: Sendable {
    /// The pauses between tries.
    var cadence: [Duration] { get }
    /// What one try posts, one after the other. Takes a millisecond or two: it signs.
    func letters(_ notice: Notice, _ flaws: NoticeFlaws, at now: Instant) async throws
        -> [NoticeTransport.Letter]
    func isAcknowledgement(_ answer: NoticeTransport.Answer) -> Bool
}

/// What is wrong with one try, on purpose. Faults that are counted have been counted.
struct NoticeFlaws: Sendable {
    /// Signed with somebody else's key.
    var isForged = false
    /// Dated long ago.
    var isStale = false
    /// A probe with a false signature goes before it.
    var isProbed = false
    /// In fen; `Fault.forever` is one fen too much.
    var wrongAmount: Int64?
    /// How many of a hundred are signed with the platform certificate (WeChat Pay).
    var certificatePercent: Int64 = 0

    /// The amount to name where `right` would be.
    func amount(insteadOf right: Int64) -> Int64 {
        switch wrongAmount {
        case nil: right
        case Fault.forever: right + 1
        case let wrong?: wrong
        }
    }
}

/// How notices reach the merchant: one function, so that a test can be the merchant.
package struct NoticeTransport: Sendable {
    /// A request to the merchant.
    package struct Letter: Sendable {
        package let url: String
        package let headers: [(name: String, value: String)]
        package let body: [UInt8]
        /// How long the gateway waits for the whole answer.
        let patience: Duration
        /// It must not be taken for genuine.
        var isProbe = false
    }

    /// What came back, whatever the status.
    package struct Answer: Sendable {
        let status: Int
        let body: [UInt8]

        package init(status: Int = 200, body: [UInt8]) {
            self.status = status
            self.body = body
        }
    }

    let post: @Sendable (Letter) async throws -> Answer

    package init(post: @escaping @Sendable (Letter) async throws -> Answer) {
        self.post = post
    }

    /// Over the network.
    static func live(_ client: HTTPClient) -> NoticeTransport {
        NoticeTransport { letter in
            let answer = try await WeChatPayTransport.live(client, timeout: letter.patience).send(
                WeChatPayTransport.Request(
                    method: "POST", url: letter.url, headers: WeChatPayHeaders(letter.headers),
                    body: letter.body, responseLimit: 16_384))
            return Answer(status: answer.status, body: answer.body)
        }
    }
}
