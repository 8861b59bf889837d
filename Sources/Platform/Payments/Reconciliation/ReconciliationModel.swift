import Basics
import Money
import Store
import Web

/// One gateway's bill of one of its days, held against our books.
///
/// `waiting` → `matching` → `completed`: there is no bill yet; its lines are stored and looked at
/// one after the other; all are, and so is what should have been in it.
package struct ReconciliationRun: Entity, Sendable {
    package static let prefix = "rcn"

    package enum Status: String, SQLText, Codable, CaseIterable {
        case waiting, matching, completed
    }

    package var id: ID<ReconciliationRun>
    package var gateway: String
    /// A day in Asia/Shanghai, as the gateways count them.
    package var day: CalendarDate
    package var status: Status
    /// Why there is no bill yet, in the gateway's words.
    package var detail: String?
    /// Lines that are stored, and how many of them have been looked at.
    package var lines: Int64
    package var looked: Int64
    /// Lines of the bill that could not be read.
    package var unread: Int64
    /// What the stored lines add up to.
    package var paid: Amount
    package var refunded: Amount
    package var fees: Amount
    package var tally: Tally
    package var createdAt: Instant
    package var completedAt: Instant?

    /// How many items of each finding there are; what was found stays found, resolved or not.
    package struct Tally: Sendable, Hashable {
        package var matched: Int64 = 0
        package var missingHere: Int64 = 0
        package var missingThere: Int64 = 0
        package var different: Int64 = 0
        package var fee: Int64 = 0
        package var duplicate: Int64 = 0
        /// Attempts and refunds that were settled because the bill said so.
        package var settled: Int64 = 0
    }
}

extension ReconciliationRun.Tally {
    subscript(finding: ReconciliationItem.Finding) -> Int64 {
        get { self[keyPath: Self.path(finding)] }
        set { self[keyPath: Self.path(finding)] = newValue }
    }

    private static func path(_ finding: ReconciliationItem.Finding)
        -> WritableKeyPath<Self, Int64>
    {
        switch finding {
        case .matched: \.matched
        case .missingHere: \.missingHere
        case .missingThere: \.missingThere
        case .different: \.different
        case .fee: \.fee
        case .duplicate: \.duplicate
        }
    }
}

/// A line of a bill as it is stored, once and for good.
struct BillLine: Entity, Sendable {
    static let prefix = "bln"

    var id: ID<BillLine>
    var run: ID<ReconciliationRun>
    /// Its place among the lines of its run, from 1.
    var number: Int64
    var content: GatewayBill.Line
}

/// What became of one line of a bill, or of one payment or refund of ours that no bill has.
package struct ReconciliationItem: Entity, Sendable {
    package static let prefix = "rci"

    package enum Finding: String, SQLText, Codable, CaseIterable {
        case matched
        /// In the bill, and here it is unknown or was held for unpaid.
        case missingHere = "missing-here"
        /// Paid or refunded here that day, and in no bill.
        case missingThere = "missing-there"
        /// The amount or the state is not ours.
        case different
        /// The fee is not what the contract says.
        case fee
        /// The line has been there before.
        case duplicate
    }

    package enum Status: String, SQLText, Codable, CaseIterable {
        /// Waits for a person.
        case open
        case resolved
    }

    /// Why an item needs nobody, or why the books did not take it.
    package enum Outcome: String, SQLText, Codable, CaseIterable {
        /// The bill was how we learned of it: booked as a notification of it would have been.
        case settled, late
        /// Nobody here had asked for it: booked as a notification of it would have been.
        case refundedThere = "refund-by-gateway"
        /// Another attempt had paid already: given back by itself.
        case paidTwice = "paid-twice"
        /// Of another amount than asked for: decided where payments are.
        case needsReview = "needs-review"
        /// Another day's bill has it.
        case billed
        /// Settling it was refused, as by a frozen account.
        case refused
    }

    package var id: ID<ReconciliationItem>
    package var run: ID<ReconciliationRun>
    package var gateway: String
    package var day: CalendarDate
    package var kind: GatewayBill.Kind
    package var finding: Finding
    package var status: Status
    var line: ID<BillLine>?
    package var attempt: ID<PaymentAttempt>?
    package var refund: ID<PaymentRefund>?
    package var outTradeNo: String
    package var outRefundNo: String
    /// Fen that we held for paid or refunded before this line, if we know of it at all.
    package var ours: Amount?
    package var expectedFee: Amount?
    /// Fen by which the bill says more than our books: on `liability:suspense` while the item is
    /// open.
    package var suspended: Amount
    /// Fen booked as the gateway's fee.
    package var bookedFee: Amount
    package var outcome: Outcome?
    package var note: String?
    package var resolvedBy: ID<Member>?
    package var resolvedAt: Instant?
    package var createdAt: Instant
}
