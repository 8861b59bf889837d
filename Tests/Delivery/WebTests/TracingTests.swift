import InMemoryTracing
import Testing
import Tracing

@testable import Web

/// A process has one tracer, so this is the only suite that may set it.
@Suite(.serialized) struct TracingTests {
    private static let tracer: InMemoryTracer = {
        let tracer = InMemoryTracer()
        InstrumentationSystem.bootstrap(tracer)
        return tracer
    }()

    @Test func `a request is a span, named by its route and without what is personal`() async throws
    {
        let tracer = Self.tracer
        try await Greeter.lend { greeter in
            _ = try await greeter.get("/api/v1/words/poor?phone=13900000000")
        }
        let span = try #require(
            tracer.finishedSpans.first { $0.operationName.contains("words/{word}") })
        #expect(span.kind == .server)
        #expect(!"\(span.attributes)".contains("13900000000"))
    }
}
