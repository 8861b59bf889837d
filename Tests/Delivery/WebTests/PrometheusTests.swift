import Testing

@testable import Web

@Suite struct PrometheusTests {
    @Test func `series are written as text`() {
        let registry = PrometheusRegistry()
        let counter = registry.counter(
            "orders.paid", [("gateway", "alipay"), ("a", "q\"\\\n")])
        counter.increment(by: 2)
        registry.gauge("jobs.due", []).set(Int64(7))
        let timer = registry.timer(
            "http.request.duration", [("r", "/x/{id}")])
        timer.recordNanoseconds(3_000_000)
        timer.recordNanoseconds(20_000_000_000)
        let text = registry.text()
        #expect(text.contains("# TYPE orders_paid_total counter\n"))
        #expect(text.contains(#"orders_paid_total{a="q\"\\\n",gateway="alipay"} 2"#))
        #expect(text.contains("# TYPE jobs_due gauge\njobs_due 7\n"))
        let name = "http_request_duration_seconds"
        #expect(text.contains(#"\#(name)_bucket{r="/x/{id}",le="0.0025"} 0"#))
        #expect(text.contains(#"\#(name)_bucket{r="/x/{id}",le="0.005"} 1"#))
        #expect(text.contains(#"\#(name)_bucket{r="/x/{id}",le="10"} 1"#))
        #expect(text.contains(#"\#(name)_bucket{r="/x/{id}",le="+Inf"} 2"#))
        #expect(text.contains(#"\#(name)_count{r="/x/{id}"} 2"#))
        #expect(text.contains(#"\#(name)_sum{r="/x/{id}"} 20.003"#))
    }

    @Test func `the same name and labels are the same series`() {
        let registry = PrometheusRegistry()
        for _ in 0..<3 {
            registry.counter("a", [("x", "1"), ("y", "2")]).increment(by: 1)
            registry.counter("a", [("y", "2"), ("x", "1")]).increment(by: 1)
        }
        #expect(registry.text() == "# TYPE a_total counter\na_total{x=\"1\",y=\"2\"} 6\n")
    }

    @Test func `a name keeps its type`() {
        let registry = PrometheusRegistry()
        registry.gauge("size", []).set(Int64(1))
        registry.histogram("size", []).record(Int64(5))
        #expect(registry.text().contains("# TYPE size gauge"))
        #expect(registry.text().contains("# TYPE size_histogram histogram"))
    }
}
