import NIOCore
import NIOHTTP1
import Store
import Testing

@testable import Web

/// Streams of events over sockets.
@Suite(.timeLimit(.minutes(3))) struct LiveTests {
    @Test func `how it stands comes at once, and again when it has changed`() async throws {
        try await LiveWorld.lend { world in
            let stream = try await world.open("/api/v1/score", as: "zhang")
            #expect(stream.header("content-type") == "text/event-stream")
            #expect(stream.header("cache-control") == "no-store")
            #expect(stream.header("x-accel-buffering") == "no")
            #expect(stream.header("connection") == "close")
            #expect(try await stream.next() == "retry: 3000")
            #expect(try await stream.next() == "event: score\ndata: {\"goals\":0}")
            world.score.set(1)
            #expect(try await stream.next() == "event: score\ndata: {\"goals\":1}")
            // News without a change say nothing, and many at once are one.
            world.score.set(1)
            for goals in 2...50 { world.score.set(goals) }
            var last = ""
            while !last.contains("50") { last = try await stream.next() }
            #expect(world.score.looks < 50)
        }
    }

    @Test func `a page gets its piece, and is told where to go`() async throws {
        try await LiveWorld.lend { world in
            let stream = try await world.open("/score", as: "zhang")
            #expect(try await stream.next() == "retry: 3000")
            #expect(try await stream.next().hasPrefix("event: show\ndata: <h1>0</h1>\ndata: <p>"))
            world.score.set(9)
            #expect(try await stream.next() == "event: leave\ndata: /won")
            #expect(try await stream.isOver())
            let once = try await world.server.answer(
                LocalCall("GET", "/score", headers: [("Cookie", "kontor_session=zhang")]))
            #expect(once.header("x-kontor-location") == "/won")
        }
    }

    @Test func `over HTTP/2 they are streams of one connection`() async throws {
        var open: [LiveReader] = []
        var stopped = ContinuousClock.now
        try await LiveWorld.lend(secure: true) {
            $0.perMember = 30
            $0.heartbeat = .seconds(1)
        } _: { world in
            for _ in 0..<30 { open.append(try await world.open("/api/v1/score", as: "zhang")) }
            #expect(open.allSatisfy { $0.version == .http2 && $0.header("connection") == nil })
            world.score.set(1)
            for stream in open {
                var told = ""
                while !told.contains("\"goals\":1") { told = try await stream.next() }
            }
            for _ in 0..<10 { open.removeLast().close() }
            try await world.becomes(20)
            for stream in open { while try await stream.next() != ":" {} }
            #expect(world.server.live.count == 20)
            world.people.logOut("zhang")
            world.score.set(2)
            try await world.becomesEmpty()
            open.append(try await world.open("/api/v1/score", as: "wang"))
            stopped = .now
        }
        #expect(ContinuousClock.now - stopped < .seconds(60))
    }

    @Test func `silence is filled, and long lives end`() async throws {
        try await LiveWorld.lend {
            $0.heartbeat = .seconds(1)
            $0.life = .milliseconds(3_500)
        } _: { world in
            let stream = try await world.open("/api/v1/score", as: "zhang")
            _ = try await stream.next()
            _ = try await stream.next()
            var beats = 0
            while let line = try await stream.nextOrEnd() {
                #expect(line == ":")
                beats += 1
            }
            #expect((2...3).contains(beats))
            try await world.becomesEmpty()
        }
    }

    @Test func `who is logged out hears no more`() async throws {
        try await LiveWorld.lend { world in
            let stream = try await world.open("/api/v1/score", as: "zhang")
            _ = try await stream.next()
            _ = try await stream.next()
            world.people.logOut("zhang")
            world.database.news.announce("\(Guests.session(7).id)")
            #expect(try await stream.isOver())
            #expect(try await world.status("/api/v1/score", as: "zhang") == 401)
        }
    }

    @Test func `who may not look is told so, and holds no place`() async throws {
        try await LiveWorld.lend { world in
            #expect(try await world.status("/api/v1/score", as: "li") == 404)
            #expect(try await world.status("/api/v1/score", as: nil) == 401)
            #expect(world.server.live.count == 0)
            let head = try await world.server.answer(
                LocalCall("HEAD", "/api/v1/score", headers: [("Authorization", "Bearer zhang")]))
            #expect(head.status == 200)
            #expect(world.server.live.count == 0)
        }
    }

    @Test func `there is an end to how many`() async throws {
        try await LiveWorld.lend {
            $0.perMember = 2
            $0.most = 3
        } _: { world in
            var streams: [LiveReader] = []
            for name in ["zhang", "zhang", "wang"] {
                streams.append(try await world.open("/api/v1/score", as: name))
            }
            #expect(try await world.status("/api/v1/score", as: "zhang") == 429)
            #expect(try await world.status("/api/v1/score", as: "wang") == 503)
            streams.removeFirst().close()
            try await world.becomes(2)
            streams.append(try await world.open("/api/v1/score", as: "zhang"))
            let metrics = try await world.server.answer(LocalCall("GET", "/metrics"))
            #expect(metrics.text.contains("http_server_event_streams 3"))
        }
    }

    /// If it did, the other would hear nothing more: nobody is let go of here.
    @Test func `a client that takes nothing keeps nobody waiting`() async throws {
        try await LiveWorld.lend {
            $0.heartbeat = .hours(1)
        } _: { world in
            let slow = try await world.open("/api/v1/score", as: "wang")
            let quick = try await world.open("/api/v1/score", as: "zhang")
            _ = try await quick.next()
            _ = try await quick.next()
            // What the sockets have room for is taken in: some 40 MB, a megabyte at a time.
            // Then only one of them looks.
            var (goals, alone) = (0, 0)
            while alone < 20, goals < 3_000 {
                goals += 1
                let looks = world.score.looks
                world.score.set(goals)
                var told = ""
                while !told.contains("\"goals\":\(goals)}") { told = try await quick.next() }
                try await Task.sleep(for: .milliseconds(30))
                alone = world.score.looks == looks + 1 ? alone + 1 : 0
            }
            #expect(alone == 20 && world.server.live.count == 2)
            slow.close()
            quick.close()
            try await world.becomesEmpty()
        }
    }

    @Test func `a client that takes nothing is let go of, though it never hangs up`() async throws {
        try await LiveWorld.lend {
            $0.heartbeat = .seconds(1)
        } _: { world in
            let slow = try await world.open("/api/v1/score", as: "wang")
            var goals = 0
            while world.server.live.count > 0, goals < 6_000 {
                goals += 1
                world.score.set(goals)
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(world.server.live.count == 0)
            slow.close()
        }
    }

    @Test func `a server that stops does not wait for them`() async throws {
        var streams: [LiveReader] = []
        var start = ContinuousClock.now
        try await LiveWorld.lend {
            $0.perMember = 100
        } _: { world in
            for number in 0..<50 {
                let name = number.isMultiple(of: 2) ? "zhang" : "wang"
                streams.append(try await world.open("/api/v1/score", as: name))
            }
            // Half of them are in the middle of something that nobody takes.
            for goals in 1...10 {
                world.score.set(goals)
                try await Task.sleep(for: .milliseconds(20))
            }
            start = .now
        }
        let took = ContinuousClock.now - start
        #expect(took < .seconds(60), "\(took)")
        for stream in streams { stream.close() }
    }

    @Test func `nothing is left of 500 that came and went`() async throws {
        try await LiveWorld.lend { world in
            for _ in 0..<500 {
                let stream = try await world.open("/api/v1/score", as: "zhang")
                _ = try await stream.next()
                stream.close()
                while world.server.live.count > 3 { try await Task.sleep(for: .milliseconds(2)) }
            }
            try await world.becomesEmpty()
        }
    }

    @Test func `a line break of any kind stays inside its event`() {
        func text(_ data: String) -> String { String(buffer: LiveEvent("a", data).bytes) }
        #expect(text("x") == "event: a\ndata: x\n\n")
        #expect(text("x\ny\r\n\rz\n") == "event: a\ndata: x\ndata: y\ndata: \ndata: z\ndata: \n\n")
        #expect(text("") == "event: a\ndata: \n\n")
    }

    @Test func `calls are remembered, but not how many`() async {
        let listener = LiveListener()
        let isNew = [listener.call(.news), listener.call(.news), listener.call(.beat)]
        #expect(isNew == [true, false, true])
        #expect(await listener.calls() == [.news, .beat])
        async let next = listener.calls()
        try? await Task.sleep(for: .milliseconds(10))
        listener.call(.end)
        #expect(await next == .end)
        #expect(await listener.calls() == .end)
    }
}
