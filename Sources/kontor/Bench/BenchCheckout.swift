import ArgumentParser
import Basics
import Foundation
import Store

/// How many check-outs a second a whole Kontor makes, without a network between.
struct BenchCheckout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkout",
        abstract: "Measures check-outs: a course into the cart, a quote, an order from the wallet.",
        discussion: """
            Members ask the router of a server inside this process, one request after the other; each \
            answer about money follows its fsync. What a socket and a client cost is left out: \
            bin/bench-http measures with them.
            """)

    @Option(help: "How many members check out at once.")
    var clients = 64

    @Option(help: "How long to measure.")
    var seconds = 5.0

    @Option(help: "An empty SQLite file or postgres:// database; a temporary file unless told.")
    var database: String?

    @Flag(help: "Prints JSON.")
    var json = false

    func validate() throws {
        guard clients >= 1, seconds > 0 else {
            throw ValidationError("clients >= 1, seconds > 0")
        }
    }

    func run() async throws {
        let place = BenchPlace(database)
        defer { place.remove() }
        var options = Database.Options()
        options.answerTimeout = nil
        let store = try Database.open(place.location, clock: Clock(), options: options)
        let conditions = try await BenchConditions.measure(store, folder: place.folder)
        try await store.migrateEmptyBooks()
        let shop = try await BenchShop.open(try await .make(on: store), shoppers: clients)
        let report = try await shop.measure(for: seconds, under: conditions)
        await store.close()
        print(json ? try report.json() : report.text)
        if report.audit != "clean" { throw ExitCode(1) }
    }
}
