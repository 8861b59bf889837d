import Foundation

/// The figures of one run, with all that they depend on.
struct LedgerReport: Codable, Sendable {
    /// In microseconds.
    struct Latency: Codable, Sendable {
        let p50, p90, p99, p999, max: Double

        init(_ histogram: LatencyHistogram) {
            p50 = histogram.microseconds(atShare: 0.5)
            p90 = histogram.microseconds(atShare: 0.9)
            p99 = histogram.microseconds(atShare: 0.99)
            p999 = histogram.microseconds(atShare: 0.999)
            max = histogram.microseconds(atShare: 1)
        }
    }

    let design: String
    let conditions: BenchConditions
    let plan: LedgerPlan
    let rows: Int
    let clients: Int
    let seconds: Double
    let loop: String
    let transfers: Int
    let transfersPerSecond: Double
    let latency: Latency
    /// Growth of the database with all indexes, the log left out.
    let bytesPerTransfer: Double
    /// Of this process, the clients included; a database server's time is not in it.
    let processorMicrosecondsPerTransfer: Double
    let commits: Int
    let bodiesPerCommit: Double
    /// How many commits carried so many bodies; a key is the least of its range (1, 2, 4, …).
    let commitSizes: [Int: Int]
    let audit: String

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    var text: String {
        let sizes = commitSizes.sorted { $0.key < $1.key }.map { "\($0.key)+: \($0.value)" }
        return """
            \(conditions.line)
            \(design), \(plan.workload.rawValue): \(plan.accounts) accounts, \(plan.hotPercent) % hot, \
            \(rows) journals before, \(clients) clients, \(digits(seconds, 1)) s, \(loop) loop
            \(digits(transfersPerSecond)) transfers/s (\(transfers) in all)
            latency µs: p50 \(digits(latency.p50)), p90 \(digits(latency.p90)), \
            p99 \(digits(latency.p99)), p99.9 \(digits(latency.p999)), max \(digits(latency.max))
            \(digits(bytesPerTransfer)) bytes and \
            \(digits(processorMicrosecondsPerTransfer, 1)) µs of processor per transfer
            \(commits) commits of \(digits(bodiesPerCommit, 1)) bodies (\(sizes.joined(separator: ", ")))
            audit: \(audit)
            """
    }
}

extension BenchConditions {
    var line: String {
        "\(engine) \(engineVersion), \(durability), \(cores) cores, "
            + "fsync p50 \(digits(fsyncMicrosecondsP50)) µs"
    }
}

/// A number with so many places behind the point.
func digits(_ number: Double, _ places: Int = 0) -> String {
    String(format: "%.\(places)f", number)
}
