import Store

/// Clients that ask, and what came of it.
struct LedgerLoad: Sendable {
    let engine: any TransferEngine
    /// Whose ledger it is.
    let design: String
    let store: Database
    let plan: LedgerPlan
    let clients: Int
    let seconds: Double
    let rate: Double?
    /// Whether another process has made the accounts.
    var isJoining = false

    /// What the clients of one stretch have seen.
    struct Yield: Sendable {
        var transfers = 0
        var latencies = LatencyHistogram()
    }

    func measure(after rows: Int, under conditions: BenchConditions) async throws -> LedgerReport {
        if !isJoining {
            try await engine.prepare(accounts: plan.accounts)
            try await fill(rows)
        }
        // Two processes with the same choices would always be at the same accounts.
        let shift = isJoining ? 500_000 : 0
        _ = try await ask(for: min(1, seconds), seed: 1_000_000 + shift)
        let bytes = try await store.bytesOnDisk()
        let work = store.workload
        let processor = processorSeconds()
        let start = ContinuousClock.now
        let yield = try await ask(for: seconds, seed: 2_000_000 + shift)
        let elapsed = (ContinuousClock.now - start).inSeconds
        let used = processorSeconds() - processor
        let done = store.workload.since(work)
        let grown = try await store.bytesOnDisk() - bytes
        let fault = try await engine.fault()
        return LedgerReport(
            design: design, conditions: conditions, plan: plan, rows: rows, clients: clients,
            seconds: elapsed,
            loop: rate.map { "open, \(Int($0)) a second" } ?? "closed", transfers: yield.transfers,
            transfersPerSecond: Double(yield.transfers) / elapsed,
            latency: .init(yield.latencies),
            bytesPerTransfer: Double(grown) / Double(max(1, yield.transfers)),
            processorMicrosecondsPerTransfer: used / Double(max(1, yield.transfers)) * 1e6,
            commits: done.commits, bodiesPerCommit: done.bodiesPerCommit,
            commitSizes: done.sizes, audit: fault ?? "clean")
    }

    func ask(for seconds: Double, seed: Int) async throws -> Yield {
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup(of: Yield.self) { group in
            for client in 0..<clients {
                group.addTask {
                    try await ask(
                        as: client, seed: seed, from: start, until: start + .seconds(seconds))
                }
            }
            return try await group.reduce(into: Yield()) { sum, part in
                sum.transfers += part.transfers
                sum.latencies.add(part.latencies)
            }
        }
    }

    private func ask(
        as client: Int, seed: Int, from start: ContinuousClock.Instant,
        until end: ContinuousClock.Instant
    ) async throws -> Yield {
        var yield = Yield()
        var random = BenchRandom(seed: seed + client)
        let pause = rate.map { Duration.seconds(Double(clients) / $0) }
        var due = start + (pause.map { $0 * Double(client) / Double(clients) } ?? .zero)
        while true {
            if pause != nil { try await Task.sleep(until: due, clock: .continuous) }
            let begin = pause == nil ? ContinuousClock.now : due
            if begin >= end { return yield }
            yield.transfers += try await engine.act(&random, plan)
            yield.latencies.record(
                nanoseconds: (ContinuousClock.now - begin).wholeNanoseconds)
            if let pause { due += pause }
        }
    }

    /// Makes the books long, as they would be after years.
    func fill(_ rows: Int, seed: Int = 0) async throws {
        let helpers = min(256, rows)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for helper in 0..<helpers {
                group.addTask {
                    var random = BenchRandom(seed: -seed - helper - 1)
                    for _ in stride(from: helper, to: rows, by: helpers) {
                        _ = try await engine.act(&random, plan)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
