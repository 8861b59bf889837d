import Basics

/// A run of random steps, legal and illegal, against Kontor and its model.
package struct Simulation: Sendable {
    /// What a run came to.
    package struct Report: Sendable {
        package let seed: UInt64
        package let steps: Int
        /// How often each command was answered how: `order 409 insufficient-funds`.
        package let tally: [String: Int]
        package let failure: Failure?
    }

    /// The first difference between Kontor and its model.
    package struct Failure: Sendable, CustomStringConvertible {
        package let seed: UInt64
        package let step: Int
        package let differences: [String]
        /// The steps that lead to it, as few as were found.
        package let log: [String]

        package var description: String {
            (["seed \(seed) fails at step \(step):"] + log.map { "  \($0)" } + ["differs:"]
                + differences.map { "  \($0)" }).joined(separator: "\n")
        }
    }

    let keys: SimulationKeys
    /// Everything is compared after so many steps, and at the end.
    var comparesEvery = 40

    package init(keys: SimulationKeys) { self.keys = keys }

    /// Plays one seed on a house of its own, or on one where others have played before.
    package func run(
        seed: UInt64, steps count: Int, opener: @escaping House.Opener
    ) async throws -> Report {
        var chooser = Chooser(seed: seed)
        let world = try await World(opener, keys: keys, space: Self.newSpace())
        var taken: [Step] = []
        var found: [String] = []
        while taken.count < count, found.isEmpty {
            let step = chooser.next(in: world.model)
            taken.append(step)
            found = try await world.take(step)
            if found.isEmpty, taken.count % comparesEvery == 0 {
                found = try await world.compareAll()
            }
        }
        if found.isEmpty { found = try await world.settle() }
        await world.close()
        let failure =
            found.isEmpty
            ? nil
            : Failure(
                seed: seed, step: taken.count, differences: found, log: taken.map(\.description))
        return Report(
            seed: seed, steps: taken.count, tally: world.tally, failure: failure)
    }

    /// Tells runs on one database apart.
    private static func newSpace() -> String {
        String(Base32.encode(IDGenerator.shared.next()).suffix(11))
    }
}

extension World {
    /// Everybody is let in, everything gets well, and time passes, until nothing is left to be done: then every order has
    /// ended and every refund is through or refused.
    func settle() async throws -> [String] {
        var found = try await take(Step(.mood(.well)))
        for command in model.commandsToBringBackAll where found.isEmpty {
            found = try await take(Step(.command(command, key: nil)))
        }
        while found.isEmpty, let due = model.jobs.nextDue {
            found = try await take(Step(.work, after: max(Step.tick, due - model.now + Step.tick)))
        }
        if found.isEmpty { found = try await compareAll() }
        if found.isEmpty { found = try await compareJournals() }
        let open = model.orders.indices.filter { model.orders[$0].state == .pendingPayment }
        return open.isEmpty ? found : found + ["orders \(open) never end"]
    }
}
