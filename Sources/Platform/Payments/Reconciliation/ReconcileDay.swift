import Basics
import Money
import Store

extension Payments {
    /// Fetches a gateway's bill of one day and compares it with our books, line by line.
    ///
    /// Every step is a transaction of its own under the lock of the run, and finds out what the
    /// steps before it have done: a run that was interrupted anywhere goes on where it stopped, and
    /// two nodes that do it at once do it once.
    /// - Parameter again: fetches the bill though it has been compared already, in case the
    ///   gateway has added to it. What is known adds nothing.
    /// - Returns: false if there is no bill yet.
    /// - Throws: `BillUnavailable` if the gateway gave no answer that can be relied on.
    func reconcile(_ gateway: Gateway, _ day: CalendarDate, again: Bool = false) async throws
        -> Bool
    {
        let run = try await database.write { tx in try tx.openRun(gateway.name, day) }
        if run.status == .completed && !again { return true }
        if run.status != .matching || again {
            guard let bill = try await fetch(gateway, run) else { return false }
            try await store(bill, run.id)
        }
        while try await lookAtMore(run.id) {}
        while try await database.write({ [self] tx in try listMissing(run.id, in: tx) }) {}
        return true
    }

    private func fetch(_ gateway: Gateway, _ run: ReconciliationRun) async throws -> GatewayBill? {
        switch await gateway.bill(run.day) {
        case .bill(let bill): return bill
        case .notThere:
            if database.clock.now >= BillCalendar.givenUp(run.day) { return .empty }
            try await note(nil, on: run.id)
            return nil
        case .unknown(let why):
            try await note(why, on: run.id)
            throw BillUnavailable(detail: why)
        }
    }

    /// Stores the lines that are not stored yet. Only when all are does the comparison begin.
    /// Payments come first: a refund is judged by what is known of its payment.
    private func store(_ bill: GatewayBill, _ run: ID<ReconciliationRun>) async throws {
        let payments = bill.lines.filter { $0.kind == .payment }
        let refunds = bill.lines.filter { $0.kind == .refund }
        let lines = (payments + refunds).numbered()
        for start in stride(from: 0, to: lines.count, by: Self.storedAtOnce) {
            let slice = lines[start..<min(start + Self.storedAtOnce, lines.count)]
            try await database.write { tx in try tx.store(slice, run) }
        }
        try await database.write { tx in
            guard var run = try tx.lockReconciliationRun(run) else { return }
            run.unread = Int64(bill.unread)
            run.detail = nil
            if run.status == .waiting { run.status = .matching }
            try tx.save(run)
        }
    }

    private static let storedAtOnce = 100

    private func note(_ detail: String?, on run: ID<ReconciliationRun>) async throws {
        try await database.write { tx in
            guard var run = try tx.lockReconciliationRun(run) else { return }
            run.detail = detail.map { String($0.prefix(500)) }
            try tx.save(run)
        }
    }

    /// - Returns: whether there are more lines to look at.
    private func lookAtMore(_ run: ID<ReconciliationRun>) async throws -> Bool {
        do {
            return try await database.write { [self] tx in try lookAtLines(of: run, in: tx) }
        } catch is Problem {
            // A frozen account, say. The others must not wait for this one.
            return try await database.write { [self] tx in
                try lookAtLines(of: run, isRefused: true, in: tx)
            }
        }
    }
}

/// The gateway did not give its bill, and did not say that there is none.
struct BillUnavailable: Error, Hashable {
    let detail: String
}

/// When bills are there: from ten in the morning of the next day on, in Beijing.
enum BillCalendar {
    /// When a day's bill is first asked for. Ten past ten, because everybody asks at ten.
    static func due(_ day: CalendarDate) -> Instant {
        BusinessCalendar.end(of: day) + .hours(10) + .minutes(10)
    }

    /// From when on a bill that is not there counts as one without lines: no gateway writes a bill
    /// for a day on which nothing happened.
    static func givenUp(_ day: CalendarDate) -> Instant { due(day) + .hours(24) }

    /// For how many days gateways keep their bills.
    static let keptFor: Int64 = 90
}

/// By what a gateway tells lines apart.
private struct LineNumbers: Hashable {
    let kind: GatewayBill.Kind
    let outTradeNo: String
    let outRefundNo: String
}

extension Array where Element == GatewayBill.Line {
    /// Each line with the number of lines before it that carry the same numbers.
    fileprivate func numbered() -> [(line: GatewayBill.Line, occurrence: Int)] {
        var counts: [LineNumbers: Int] = [:]
        return map { line in
            let numbers = LineNumbers(
                kind: line.kind, outTradeNo: line.outTradeNo, outRefundNo: line.outRefundNo)
            defer { counts[numbers, default: 0] += 1 }
            return (line, counts[numbers, default: 0])
        }
    }
}

extension Transaction {
    /// The run of a gateway's day; a new one if there is none.
    func openRun(_ gateway: String, _ day: CalendarDate) throws -> ReconciliationRun {
        if let known = try reconciliationRun(gateway, day) { return known }
        let run = ReconciliationRun(
            id: .make(), gateway: gateway, day: day, status: .waiting, detail: nil, lines: 0,
            looked: 0, unread: 0, paid: .zero, refunded: .zero, fees: .zero, tally: .init(),
            createdAt: now, completedAt: nil)
        if try insert(run) { return run }
        // Another node was faster; its commit is there by now.
        guard let other = try reconciliationRun(gateway, day) else {
            throw StoreError.unavailable("the reconciliation of \(gateway) \(day) is being begun")
        }
        return other
    }

    fileprivate func store(
        _ lines: ArraySlice<(line: GatewayBill.Line, occurrence: Int)>,
        _ id: ID<ReconciliationRun>
    ) throws {
        guard var run = try lockReconciliationRun(id) else { return }
        for (content, occurrence) in lines {
            let line = BillLine(id: .make(), run: id, number: run.lines + 1, content: content)
            guard try insert(line, occurrence: occurrence, gateway: run.gateway) else { continue }
            run.lines += 1
            switch content.kind {
            case .payment: run.paid = try run.paid.adding(content.amount)
            case .refund: run.refunded = try run.refunded.adding(content.amount)
            }
            run.fees = try run.fees.adding(content.fee)
            // A bill that was complete has been added to.
            if run.status == .completed { run.status = .matching }
        }
        try save(run)
    }
}
