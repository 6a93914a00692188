import Bytes
import Telemetry
import Testing

@Suite struct MetricsTests {
    private func text(_ registry: MetricsRegistry) -> String {
        var writer = ByteWriter()
        registry.writePrometheus(into: &writer)
        return writer.finish().utf8 ?? ""
    }

    @Test func showsThemAsPrometheusReadsThem() {
        let registry = MetricsRegistry()
        registry.counter("requests_total", help: "Requests.", labels: [("path", "/a\"b")]).increment(
            by: 3)
        registry.counter("requests_total", labels: [("path", "/c")]).increment()
        registry.gauge("lag").set(1.5)
        registry.gauge("computed") { 7 }
        let histogram = registry.histogram("seconds", bounds: [0.1, 1])
        for value in [0.05, 0.1, 0.5, 2] { histogram.record(value) }
        #expect(
            text(registry) == """
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total{path="/a\\"b"} 3
                requests_total{path="/c"} 1
                # TYPE lag gauge
                lag 1.5
                # TYPE computed gauge
                computed 7
                # TYPE seconds histogram
                seconds_bucket{le="0.1"} 2
                seconds_bucket{le="1"} 3
                seconds_bucket{le="+Inf"} 4
                seconds_sum 2.65
                seconds_count 4

                """)
    }

    @Test func noNameNorHelpBreaksThePage() {
        let registry = MetricsRegistry()
        registry.counter("http.requests-é", help: "a\\b\r\nc", labels: [("a:b", "x\ny")]).increment()
        registry.counter("9lives", labels: [("1", "")]).increment()
        registry.histogram("h", bounds: [1]).record(.nan)
        #expect(
            text(registry) == """
                # HELP http_requests__ a\\\\b\r\\nc
                # TYPE http_requests__ counter
                http_requests__{a_b="x\\ny"} 1
                # TYPE _9lives counter
                _9lives{_1=""} 1
                # TYPE h histogram
                h_bucket{le="1"} 0
                h_bucket{le="+Inf"} 0
                h_sum 0
                h_count 0

                """)
    }

    @Test func aNameHasOneKind() {
        let registry = MetricsRegistry()
        registry.counter("a", labels: [("x", "1")]).increment()
        // Nobody sees these, and nothing breaks.
        registry.gauge("a", labels: [("x", "2")]).set(5)
        registry.histogram("a").record(1)
        registry.gauge("g") { 1 }
        registry.gauge("g") { 2 }
        #expect(
            text(registry) == """
                # TYPE a counter
                a{x="1"} 1
                # TYPE g gauge
                g 2

                """)
    }

    @Test func theSameNameIsTheSameMetric() async {
        let registry = MetricsRegistry()
        #expect(registry.counter("a") === registry.counter("a"))
        #expect(registry.counter("a") !== registry.counter("a", labels: [("x", "y")]))
        let counter = registry.counter("a")
        let gauge = registry.gauge("g")
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<8 {
                tasks.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        gauge.add(1)
                    }
                }
            }
        }
        #expect(counter.value == 8000)
        #expect(gauge.value == 8000)
    }

    @Test func traceContextReadsWhatItWrites() throws {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let context = try #require(TraceContext(traceparent: text))
        #expect(context.traceparent == text)
        #expect(context.isSampled)
        #expect(context.child().traceID == context.traceID)
        #expect(TraceContext(traceparent: TraceContext().traceparent) != nil)
        // A later version may have more behind it.
        #expect(TraceContext(traceparent: "01" + text.dropFirst(2) + "-x") != nil)
        for bad in [
            "", text + "-x", "ff" + text.dropFirst(2), String(text.dropLast()), text.uppercased(),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        ] {
            #expect(TraceContext(traceparent: bad) == nil, "\(bad)")
        }
    }
}
