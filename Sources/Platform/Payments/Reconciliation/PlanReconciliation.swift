import Basics
import Scheduling
import Store

extension Payments {
    /// What reconciles by itself: a plan every day, and a job for each gateway's day.
    var reconciliationJobs: [JobHandler] {
        [
            .timer(Self.plan) { [self] tx, job in try planReconciliation(job.key, in: tx) },
            .task(
                Self.day, backOff: BackOff(first: .minutes(1), cap: .minutes(30))
            ) { [self] job in try await reconcile(job) },
        ]
    }

    private static let plan = "reconciliation-plan"
    private static let day = "reconciliation-day"

    /// Begins the days that are over and have no run, in case the server was down, as far back as
    /// gateways keep their bills; then plans the next morning.
    private func planReconciliation(_ key: String, in tx: Transaction) throws {
        let yesterday = CalendarDate(dayNumber: BusinessCalendar.date(of: tx.now).dayNumber - 1)
        let isDue = tx.now >= BillCalendar.due(yesterday)
        let last = isDue ? yesterday : CalendarDate(dayNumber: yesterday.dayNumber - 1)
        for gateway in gatewayNames {
            for day in try daysWithoutRun(gateway, through: last, in: tx) {
                try tx.scheduleUnlessOpen(Self.day, Self.key(gateway, day), at: tx.now)
            }
        }
        let next = CalendarDate(dayNumber: last.dayNumber + 1)
        try tx.schedule(Self.plan, key, at: BillCalendar.due(next))
    }

    /// A gateway's days begin with its first payment.
    private func daysWithoutRun(
        _ gateway: String, through last: CalendarDate, in snapshot: Snapshot
    ) throws -> [CalendarDate] {
        guard let first = try snapshot.firstPaid(at: gateway) else { return [] }
        let start = max(
            BusinessCalendar.date(of: first).dayNumber,
            last.dayNumber - BillCalendar.keptFor + 1)
        guard start <= last.dayNumber else { return [] }
        let known = try snapshot.reconciledDays(
            at: gateway, from: CalendarDate(dayNumber: start))
        return (start...last.dayNumber).map(CalendarDate.init(dayNumber:))
            .filter { !known.contains($0) }
    }

    /// Reconciles a gateway's day now, again if that has been done.
    /// - Throws: `gateway-not-available`, `bill-not-due`, `bill-too-old`.
    func startReconciliation(_ gateway: String, _ day: CalendarDate, in tx: Transaction) throws
        -> ReconciliationRun
    {
        guard gateways[gateway] != nil else { throw Problem.gatewayNotAvailable.at("/gateway") }
        let today = BusinessCalendar.date(of: tx.now)
        guard day < today else { throw Problem.billNotDue.at("/day") }
        guard today.dayNumber - day.dayNumber <= BillCalendar.keptFor else {
            throw Problem.billTooOld.at("/day")
        }
        let run = try tx.openRun(gateway, day)
        try tx.schedule(Self.day, Self.key(gateway, day), at: tx.now, payload: Self.again)
        return run
    }

    private static let again = "again"

    private static func key(_ gateway: String, _ day: CalendarDate) -> String {
        "\(gateway)/\(day)"
    }

    private func reconcile(_ job: JobContext) async throws {
        let parts = job.key.split(separator: "/").map(String.init)
        guard parts.count == 2, let day = CalendarDate(parts[1]) else { return }
        // A gateway that is not set up now may be again after the next start.
        guard let gateway = gateways[parts[0]] else { throw Reschedule(after: .minutes(30)) }
        let isDone = try await reconcile(gateway, day, again: job.payload == Self.again)
        if !isDone { throw Reschedule(after: .minutes(30)) }
    }
}
