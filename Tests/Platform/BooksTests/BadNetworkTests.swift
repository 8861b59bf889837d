import Basics
import Foundation
import Ledger
import Logging
import Money
import Store
import TestKit
import Testing
import Web

@testable import Books

/// A scripted day of the ledger's API on a network to PostgreSQL that breaks at its first, second, …
/// last message: what was acknowledged is there once, 503 means not done, 504 is settled by the same
/// key, and nothing has to be started anew.
@Suite(.enabled(if: TestEngine.available.contains(.postgres)), .serialized)
struct `A network that breaks` {
    @Test(arguments: BadNetwork.Fault.allCases)
    func `ledger case 23: every message to and from PostgreSQL is lost once`(
        _ fault: BadNetwork.Fault
    ) async throws {
        let place = try await TestPlace.make(
            .postgres, migrations: ledgerMigrations + WebModule().migrations)
        let database = try place.open()
        let start = ContinuousClock.now
        let whole = try await Day(place, database, fault).run(breakAt: nil)
        #expect(whole > 50, "the day is too short to mean something: \(whole)")

        let width = 6
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for first in 1...width {
                group.addTask {
                    var injected = 0
                    for number in stride(from: first, through: whole, by: width) {
                        injected += try await Day(place, database, fault).run(breakAt: number)
                    }
                    return injected
                }
            }
            return try await group.reduce(0, +)
        }
        let audit = try await database.read { try LedgerAudit.run($0) }
        #expect(audit.fault == nil)
        print("network to PostgreSQL, \(fault): \(count) faults in \(ContinuousClock.now - start)")
        #expect(count > whole * 8 / 10, "\(count) of \(whole)")
        await database.close()
        try await place.remove()
    }
}

/// One run of the script, on accounts of its own.
private struct Day {
    /// What is asked for, and what it must come to.
    private struct Step {
        let path: String
        let body: String
        let key: String
        let status: Int
    }

    struct Answer: Sendable {
        let status: Int
        let code: String?
        let text: String
        let isReplayed: Bool

        init(_ answer: JSONAnswer) {
            status = answer.status
            code = answer["code"]
            text = answer.text
            isReplayed = answer.isReplayed
        }
    }

    private static let patience = Duration.milliseconds(500)
    private static let together = 3

    let fault: BadNetwork.Fault
    /// Reaches the server without detours.
    let healthy: Database
    private let network: BadNetwork
    private let location: String
    private let name = "day-\(UUID().uuidString.lowercased())"

    private var own: String { "ext:\(name)" }
    /// Everybody has a world of their own, so that days do not wait for each other.
    private var world: String { "ext:world-\(name)" }

    init(_ place: TestPlace, _ healthy: Database, _ fault: BadNetwork.Fault) throws {
        self.fault = fault
        self.healthy = healthy
        var parts = try #require(URLComponents(string: place.location))
        network = try BadNetwork(before: parts.port ?? 5_432, lateBy: Self.patience * 1.4)
        parts.port = network.port
        parts.host = "127.0.0.1"
        location = try #require(parts.string)
    }

    static func server(_ database: Database) throws -> WebServer {
        let till = Session(
            id: ID(rawValue: 1), memberID: ID(rawValue: 2), username: "till",
            roles: [.member, .finance])
        return try WebServer.make(
            BooksModule(database: database), people: ["till": till], database: database)
    }

    static func post(_ path: String, _ body: String, key: String?, _ web: WebServer) async throws
        -> Answer
    {
        var headers = [
            (name: "Content-Type", value: "application/json"),
            (name: "Authorization", value: "Bearer till"),
        ]
        if let key { headers.append(("Idempotency-Key", key)) }
        return Answer(
            JSONAnswer(
                try await web.answer(
                    LocalCall(
                        "POST", "/api/v1/admin/ledger" + path, headers: headers,
                        body: Array(body.utf8)))))
    }

    private func move(
        _ index: Int, _ debit: String, _ credit: String, _ amount: Int, _ status: Int
    ) -> Step {
        Step(
            path: "/journals",
            body: """
                {"kind":"pay","reference":"\(name)","transfers":\
                [{"debit":"\(debit)","credit":"\(credit)","amount":\(amount)}]}
                """, key: "\(name)-\(index)", status: status)
    }

    /// Journals, one by one and then at once; a hold; one that is refused.
    private var script: [Step] {
        let alone =
            (1...3).map { move($0, world, own, $0, 201) } + [
                move(4, own, world, 1_000_000, 409),
                Step(
                    path: "/holds",
                    body: """
                        {"debit":"\(own)","credit":"\(world)","amount":7,"reference":"\(name)"}
                        """, key: "\(name)-5", status: 201),
            ]
        return alone + (6..<(6 + Self.together)).map { move($0, world, own, $0, 201) }
    }

    /// What the day leaves behind: journals (the first funds and the hold are two), and the balance.
    private static let journals = 1 + 3 + 1 + together
    private static let balance: Int64 = 100 + (1 + 2 + 3) - 7 + (6 + 7 + 8)

    /// - Returns: how many messages there were, or whether one was broken.
    func run(breakAt number: Int?) async throws -> Int {
        var options = Database.Options()
        options.lanes = 1
        options.readers = 1
        options.answerTimeout = Self.patience
        let database = try Database.open(
            location, clock: Clock(), options: options, logger: .silent)
        let web = try Self.server(database)
        let place = "\(fault) at \(number ?? 0)"
        try await open(Self.server(healthy))

        network.breakAt(number, fault)
        let first = try await work(script, web, place)
        let messages = network.messages
        let hasBroken = network.hasBroken
        network.repair()
        try await checkNotDone(first, place)

        // The same process goes on, and the same keys settle everything.
        var answers = first
        for step in script where answers[step.key].map({ $0.status >= 500 }) ?? true {
            answers[step.key] = try await settled(step, web, place)
        }
        try await checkDone(answers, web, place)
        await database.close()
        network.remove()
        return number == nil ? messages : hasBroken ? 1 : 0
    }

    private func open(_ web: WebServer) async throws {
        for (address, more) in [(world, #","floor":null"#), (own, "")] {
            let body = #"{"address":"\#(address)","currency":"CNY"\#(more)}"#
            let opened = try await Self.post("/accounts", body, key: nil, web)
            try #require(opened.status == 201, "\(opened.text)")
        }
        // So that no step depends on what became of another.
        let funds = move(0, world, own, 100, 201)
        let funded = try await Self.post(funds.path, funds.body, key: funds.key, web)
        try #require(funded.status == 201, "\(funded.text)")
    }

    /// - Returns: what was answered, by key.
    private func work(_ steps: [Step], _ web: WebServer, _ place: String) async throws
        -> [String: Answer]
    {
        var answers: [String: Answer] = [:]
        let alone = steps.dropLast(Self.together)
        for step in alone { answers[step.key] = try await ask(step, web, place) }
        try await withThrowingTaskGroup(of: (String, Answer).self) { group in
            for step in steps.dropFirst(alone.count) {
                group.addTask { (step.key, try await ask(step, web, place)) }
            }
            for try await (key, answer) in group { answers[key] = answer }
        }
        return answers
    }

    /// The answer that settles it, which a slow disk may put off.
    private func settled(_ step: Step, _ web: WebServer, _ place: String) async throws -> Answer {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let answer = try await ask(step, web, place)
            if answer.status < 500 { return answer }
            try #require(ContinuousClock.now < deadline, "\(place): not settled in a minute")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// - Throws: if the answer is none of those that are promised.
    private func ask(_ step: Step, _ web: WebServer, _ place: String) async throws -> Answer {
        let answer = try await Self.post(step.path, step.body, key: step.key, web)
        switch answer.status {
        case step.status: break
        case 503: try #require(answer.code == "unavailable", "\(place): \(answer.text)")
        case 504: try #require(answer.code == "outcome-unknown", "\(place): \(answer.text)")
        default: throw Surprise(place: place, answer: answer.text)
        }
        return answer
    }

    private struct Surprise: Error {
        let place: String
        let answer: String
    }

    /// 503 is a promise: it has not happened, and will not.
    private func checkNotDone(_ answers: [String: Answer], _ place: String) async throws {
        let keys = Array(answers.keys)
        let used = try await healthy.read { snapshot in
            Set(
                try snapshot.rows(
                    """
                    SELECT command_key FROM idempotency WHERE command_key IN \(list: keys)
                    """
                ) { try $0[0] as String })
        }
        for (key, answer) in answers where answer.status == 503 {
            try #require(!used.contains(key), "\(place): 503 for \(key), which is done")
        }
        for (key, answer) in answers where answer.status < 500 {
            try #require(used.contains(key), "\(place): \(key) was acknowledged and is lost")
        }
    }

    private func checkDone(
        _ answers: [String: Answer], _ web: WebServer, _ place: String
    ) async throws {
        for step in script {
            let again = try await settled(step, web, place)
            try #require(again.isReplayed, "\(place): \(step.key) \(again.text)")
            if again.status == 201 {
                try #require(again.text == answers[step.key]?.text, "\(place): another answer")
            }
        }
        let (journals, balance) = try await healthy.read { snapshot in
            (
                try snapshot.number("SELECT COUNT(*) FROM journal WHERE reference = \(name)"),
                try snapshot.balance(of: AccountAddress(stringLiteral: own)).minorUnits
            )
        }
        try #require(journals == Self.journals, "\(place): \(journals) journals")
        try #require(balance == Self.balance, "\(place): \(balance)")
    }
}
