import Alipay
import Foundation
import Simulation
import TestKit
import Testing

@testable import kontor

/// Random commands, legal and illegal, against Kontor and its model. `KONTOR_SEEDS` plays more of them.
@Suite struct SimulationTests {
    private static let seeds =
        ProcessInfo.processInfo.environment["KONTOR_SEEDS"].flatMap { UInt64($0) } ?? 200

    private func simulation() throws -> Simulation {
        Simulation(
            keys: SimulationKeys(
                app: try AlipayPrivateKey(TestKeys.app),
                gateway: try AlipayPrivateKey(TestKeys.alipay)))
    }

    @Test func `on SQLite every answer is the model's, seed by seed`() async throws {
        let folder = try SimulationFolder()
        defer { folder.remove() }
        let reports = try await simulation().run(
            seeds: 1..<(Self.seeds + 1), steps: 80, width: 2, in: folder)
        for failure in reports.compactMap(\.failure) { Issue.record("\(failure)") }
        #expect(reports.count == Int(Self.seeds))
    }

    /// One database for all of them: what earlier runs have left behind changes nothing.
    @Test(.enabled(if: TestEngine.available.contains(.postgres)))
    func `on PostgreSQL too, one run after the other`() async throws {
        let place = try await TestPlace.make(.postgres, migrations: [])
        let house = SimulatedHouse(location: place.location)
        for seed in 1...(Self.seeds / 5) {
            let report = try await simulation().run(seed: seed, steps: 60, opener: house.opener)
            if let failure = report.failure {
                Issue.record("\(failure)")
                break
            }
        }
        try await place.remove()
    }
}
