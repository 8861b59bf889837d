import Testing

/// Words that do not belong in the sources, each with what stands in their place.
@Suite struct TokenTests {
    @Test func `a file is at most 400 lines`() {
        let long = Repository.sources.filter { $0.lineCount > 400 }
            .map { "\($0.path): \($0.lineCount) lines" }
        expectNone(long, "A file tells one story in at most 400 lines. Move the second one out:")
    }

    @Test func `the time comes from a clock`() {
        let files = Repository.sources.filter { !$0.isBelow("Sources/Wire") }
        expectNone(
            files.flatMap { $0.findings(#"\bDate\(\)|\bDate\.now\b"#) },
            "Use `tx.now` in a transaction and `database.clock.now` outside, never `Date()`:")
    }

    @Test func `only clocks read the machine's clock`() {
        let edges = ["Kernel/Basics/Clock.swift", "Kernel/Basics/ID.swift", "RateLimiter.swift"]
        let files = Repository.sources.filter { file in !edges.contains { file.path.hasSuffix($0) }
        }
        expectNone(
            files.flatMap { $0.findings(#"\bInstant\.system\(\)"#) },
            "Ask the `Clock` you were given: the sandbox and tests move it. `Instant.system()`:")
    }

    @Test func `identities are IDs`() {
        expectNone(
            Repository.sources.flatMap { $0.findings(#"\bUUID\(\)"#) },
            "Use `ID<Entity>.make()`, which sorts by time and says what it names, not `UUID()`:")
    }

    @Test func `only the command line prints`() {
        let files = Repository.sources.filter {
            !$0.isBelow("Sources/kontor", "Sources/Build")
        }
        expectNone(
            files.flatMap { $0.findings(#"(^|[^\w.])(debugPrint|print|dump)\("#) },
            "Log with the `Logger` you were given; only Sources/kontor prints:")
    }

    @Test func `nothing is forced`() {
        expectNone(
            Repository.sources.flatMap { $0.findings(#"\btry!|\bas!"#) },
            "Throw, or say with `guard … else { preconditionFailure(…) }` why it cannot happen:")
    }

    @Test func `nothing is left for later`() {
        expectNone(
            Repository.sources.flatMap {
                $0.findings(#"\b(TODO|FIXME|XXX)\b"#, withComments: true)
            },
            "Do it, or describe it in an issue and leave no mark in the code:")
    }

    @Test func `money is never a fraction`() {
        let files = Repository.sources.filter { file in
            file.isBelow("Sources/Kernel/Money", "Sources/Kernel/Ledger")
                || file.name.hasPrefix("Postings")
        }
        expectNone(
            files.flatMap { $0.findings(#"\b(Double|Float|CGFloat|Decimal)\b"#) },
            "Use `Amount` and its checked integer arithmetic; shares by `allocated(over:)`:")
    }

    @Test func `an unchecked Sendable says why it is safe`() {
        expectNone(
            Repository.sources.flatMap(unexplainedSendables),
            "Say `// Safe because …` within three lines, or make the compiler prove it:")
    }
}

/// `@unchecked Sendable` without its reason on the same line or the next three.
func unexplainedSendables(in file: SourceText) -> [Finding] {
    file.findings("@unchecked Sendable").filter { finding in
        let near = file.lines.dropFirst(finding.line - 1).prefix(4)
        return !near.contains { $0.contains("Safe because") }
    }
}
