import CoreMetrics
import Synchronization

/// One line, or one histogram, of the metrics page.
protocol PrometheusSeries: AnyObject, Sendable {
    static var type: String { get }
    func write(name: String, labels: String, to text: inout String)
}

private func line(_ name: String, _ labels: String, _ value: String) -> String {
    labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
}

/// Whole numbers are written without a fraction.
private func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
}

final class CounterSeries: PrometheusSeries, CounterHandler {
    static let type = "counter"
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func write(name: String, labels: String, to text: inout String) {
        text += line(name, labels, String(value.load(ordering: .relaxed)))
    }
}

final class GaugeSeries: PrometheusSeries, MeterHandler, RecorderHandler {
    static let type = "gauge"
    private let value = Mutex<Double>(0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func write(name: String, labels: String, to text: inout String) {
        text += line(name, labels, number(value.withLock { $0 }))
    }
}

final class HistogramSeries: PrometheusSeries, RecorderHandler, TimerHandler {
    static let type = "histogram"
    static let times: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]
    static let sizes: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 100_000]

    private struct State {
        var counts: [Int64]
        var count: Int64 = 0
        var sum: Double = 0
    }

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count)))
    }

    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func record(_ value: Double) {
        let index = bounds.firstIndex { value <= $0 }
        state.withLock { state in
            if let index { state.counts[index] += 1 }
            state.count += 1
            state.sum += value
        }
    }

    func write(name: String, labels: String, to text: inout String) {
        let state = state.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        var running: Int64 = 0
        for (bound, count) in zip(bounds, state.counts) {
            running += count
            text += line("\(name)_bucket", "\(prefix)le=\"\(number(bound))\"", String(running))
        }
        text += line("\(name)_bucket", "\(prefix)le=\"+Inf\"", String(state.count))
        text += line("\(name)_sum", labels, number(state.sum))
        text += line("\(name)_count", labels, String(state.count))
    }
}
