import CoreMetrics
import Synchronization

/// A back end for swift-metrics that keeps everything in memory and prints it as Prometheus text.
///
/// The composition root bootstraps `MetricsSystem` with the one that it hands to the web server.
package final class PrometheusRegistry: Sendable {
    private let series = Mutex<[String: Family]>([:])

    /// All series of one name, which share a type.
    private struct Family {
        let type: String
        var series: [String: any PrometheusSeries] = [:]
    }

    package init() {}

    /// The exposition format, text version 0.0.4, in the order of the names.
    package func text() -> String {
        let families = series.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# TYPE \(name) \(family.type)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(name: name, labels: labels, to: &text)
            }
        }
        return text
    }

    /// The series of this name and these labels, made if it is not there. A name that already has
    /// another type gets the new type as a suffix instead of spoiling the page.
    private func find<Series: PrometheusSeries>(
        _ label: String, _ suffix: String, _ dimensions: [(String, String)],
        make: () -> Series
    ) -> Series {
        let labels = Self.labels(dimensions)
        return series.withLock { families in
            var name = Self.name(label) + suffix
            if let family = families[name], family.type != Series.type { name += "_\(Series.type)" }
            if let found = families[name]?.series[labels] as? Series { return found }
            let made = make()
            families[name, default: Family(type: Series.type)].series[labels] = made
            return made
        }
    }

    func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries {
        find(label, "_total", dimensions) { CounterSeries() }
    }

    func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        find(label, "", dimensions) { GaugeSeries() }
    }

    func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries {
        find(label, "", dimensions) { HistogramSeries(bounds: HistogramSeries.sizes) }
    }

    func timer(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries {
        find(label, "_seconds", dimensions) { HistogramSeries(bounds: HistogramSeries.times) }
    }

    /// `http.server.request.duration` -> `http_server_request_duration`
    static func name(_ label: String) -> String {
        var name = ""
        for scalar in label.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_", ":": name.unicodeScalars.append(scalar)
            case "0"..."9" where !name.isEmpty: name.unicodeScalars.append(scalar)
            default: name += "_"
            }
        }
        return name
    }

    /// `method="GET",route="/orders/{id}"`
    static func labels(_ dimensions: [(String, String)]) -> String {
        dimensions.sorted { $0.0 < $1.0 }.map { key, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            return "\(name(key))=\"\(escaped)\""
        }.joined(separator: ",")
    }
}

extension PrometheusRegistry: MetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions) : gauge(label, dimensions)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        timer(label, dimensions)
    }

    // Series live as long as the process: a scrape must not lose what a short-lived object counted.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}
