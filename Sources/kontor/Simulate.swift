import ArgumentParser
import Basics
import Foundation
import Simulation

/// Plays random commands, legal and illegal, against Kontor and a model of it, and compares.
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Plays random commands against Kontor and a model of it, and compares every answer.",
        discussion: """
            A run follows from its seed alone. Exit 0 if everything was as the model says; else exit \
            1 with the seed, the step, the commands that lead there, what was expected and what came.
            """)

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: "Steps of a run.")
    var steps = 200

    @Option(help: "How many seeds, one after the other.")
    var seeds = 1

    @Option(help: "How many runs at the same time; with --database, 1.")
    var jobs = 1

    @Option(
        help:
            "A SQLite file or postgres://… on which all runs play; a fresh temporary file for each unless told."
    )
    var database: String?

    @Flag(help: "Prints how often each command was answered how.")
    var tally = false

    func validate() throws {
        guard steps > 0, seeds > 0, jobs > 0 else {
            throw ValidationError("steps, seeds and jobs are 1 or more")
        }
        guard database == nil || jobs == 1 else {
            throw ValidationError("runs on one database are played one after the other")
        }
    }

    func run() async throws {
        let simulation = Simulation(keys: try .make())
        let started = ContinuousClock.now
        let range = seed..<(seed + UInt64(seeds))
        let reports: [Simulation.Report]
        if let database {
            var played: [Simulation.Report] = []
            for seed in range where played.allSatisfy({ $0.failure == nil }) {
                let house = SimulatedHouse(location: database)
                played.append(
                    try await simulation.run(seed: seed, steps: steps, opener: house.opener))
            }
            reports = played
        } else {
            let folder = try SimulationFolder()
            defer { folder.remove() }
            reports = try await simulation.run(seeds: range, steps: steps, width: jobs, in: folder)
        }
        for failure in reports.compactMap(\.failure) { print(failure) }
        let failed = reports.filter { $0.failure != nil }.count
        let count = reports.reduce(0) { $0 + $1.steps }
        let seconds = Double((ContinuousClock.now - started).microseconds) / 1e6
        let answers = reports.map(\.tally).reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
        if tally {
            for (answer, count) in answers.sorted(by: { $0.key < $1.key }) {
                print("\(count)\t\(answer)")
            }
        }
        print(
            "\(reports.count) seeds, \(count) steps, \(answers.count) kinds of answers, "
                + "\(failed) failures, \((seconds * 10).rounded() / 10) s")
        if failed > 0 { throw ExitCode(1) }
    }
}

extension Simulation {
    /// Plays seeds, several at the same time, each on a fresh database; stops at the first failure.
    func run(
        seeds: Range<UInt64>, steps: Int, width: Int, in folder: SimulationFolder
    ) async throws -> [Report] {
        try await withThrowingTaskGroup(of: Report.self) { group in
            var waiting = seeds.makeIterator()
            var reports: [Report] = []
            func start(_ seed: UInt64) {
                group.addTask {
                    let location = try await folder.newDatabase()
                    defer { folder.remove(location) }
                    let house = SimulatedHouse(location: location)
                    return try await self.run(seed: seed, steps: steps, opener: house.opener)
                }
            }
            for _ in 0..<width { if let seed = waiting.next() { start(seed) } }
            while let report = try await group.next() {
                reports.append(report)
                let isFine = reports.allSatisfy { $0.failure == nil }
                if isFine, let seed = waiting.next() { start(seed) }
            }
            return reports
        }
    }
}
