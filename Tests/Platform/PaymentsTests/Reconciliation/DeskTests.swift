import Basics
import Foundation
import Ledger
import Money
import Scheduling
import Store
import TestKit
import Testing
import Web

@testable import Identity
@testable import Payments

/// Payments behind a web server, with people who are known by their names.
private struct Desk: WebTest, Sendable {
    let server: WebServer
    let world: World

    static func with(
        _ engine: TestEngine = .sqlite, _ body: (Desk) async throws -> Void
    ) async throws {
        try await World.on(engine, with: identityMigrations) { world in
            let identity = Identity(
                database: world.database, sms: .none, options: Identity.Options())
            let boss = try await identity.addOperator(
                username: try Username("boss"), password: "correct horse battery",
                roles: [.finance])
            let people: [String: Session] = [
                "boss": session(boss.id, "boss", [.member, .finance]),
                "clerk": session(ID(rawValue: 12), "clerk", [.member, .operator]),
                "member": session(ID(rawValue: 13), "member", [.member]),
            ]
            let module = PaymentsModule(
                payments: world.payments, alipay: nil, weChatPay: nil, shopName: "Shop")
            let server = try WebServer.make(module, people: people, database: world.database)
            try await body(Desk(server: server, world: world))
        }
    }

    private static func session(_ id: ID<Member>, _ name: String, _ roles: Set<Role>) -> Session {
        Session(id: ID(rawValue: id.rawValue), memberID: id, username: name, roles: roles)
    }

    /// A day with a payment that matches and one that nobody knows.
    func day() async throws -> CalendarDate {
        let day = world.today
        let payment = try await world.paidTopUp()
        try world.says([world.line(payment), world.line("KNOBODY", 700)], of: day)
        world.clock.set(BillCalendar.due(day))
        try await world.work()
        return day
    }
}

/// What people who reconcile see and do.
@Suite struct DeskTests {
    @Test(arguments: TestEngine.available)
    func `days and items are listed by what was found`(_ engine: TestEngine) async throws {
        try await Desk.with(engine) { desk in
            let day = try await desk.day()
            let runs = try await desk.call(
                "GET", "/admin/reconciliation/runs?gateway=bank", as: "clerk")
            #expect(runs.status == 200 && runs.number("total") == 1)
            let run = try #require(runs.items.first)
            #expect(run["day"] as? String == "\(day)" && run["status"] as? String == "completed")
            #expect(run["paid"] as? Int == 1_700 && run["fees"] as? Int == 10)
            #expect(run["open"] as? Int == 1 && run["lines"] as? Int == 2)
            let found = run["found"] as? [String: Int]
            #expect(found?["matched"] == 1 && found?["missingHere"] == 1)
            let id = run["id"] as? String ?? ""
            let one = try await desk.call("GET", "/admin/reconciliation/runs/\(id)", as: "clerk")
            #expect(one["day"] == "\(day)")

            for (query, count) in [
                ("", 2), ("?status=open", 1), ("?finding=matched", 1), ("?finding=fee", 0),
                ("?gateway=bank&day=\(day)", 2), ("?gateway=moon", 0), ("?day=2026-01-01", 0),
                ("?gateway=moon&day=\(day)", 0), ("?status=resolved&finding=missing-here", 0),
            ] {
                let items = try await desk.call("GET", "/admin/reconciliation\(query)", as: "clerk")
                #expect(items.items.count == count, "\(query)")
                #expect(items.number("total") == Int64(count), "\(query)")
            }
            let open = try await desk.call("GET", "/admin/reconciliation?status=open", as: "boss")
            let item = try #require(open.items.first)
            #expect(item["outTradeNo"] as? String == "KNOBODY" && item["difference"] as? Int == 700)
            #expect((item["line"] as? [String: Any])?["amount"] as? Int == 700)
            #expect(item["ours"] is NSNull && item["subject"] is NSNull)
            let matched = try await desk.call(
                "GET", "/admin/reconciliation?finding=matched", as: "boss")
            let subject = matched.items.first?["subject"] as? [String: Any]
            #expect(subject?["type"] as? String == "top-up")
        }
    }

    @Test(arguments: TestEngine.available)
    func `an item is resolved once, with a note, and its money is handed on`(
        _ engine: TestEngine
    ) async throws {
        try await Desk.with(engine) { desk in
            _ = try await desk.day()
            let open = try await desk.call("GET", "/admin/reconciliation?status=open", as: "boss")
            let id = open.items.first?["id"] as? String ?? ""
            let path = "/admin/reconciliation/items/\(id)/resolution"
            #expect(try await desk.world.balance(.suspense) == 700)

            let refused = try await desk.call(
                "POST", path, as: "clerk", key: "k0", "{\"note\":\"x\"}")
            #expect(refused.status == 403)
            let empty = try await desk.call("POST", path, as: "boss", key: "k1", "{\"note\":\"\"}")
            #expect(empty.status == 422 && empty["code"] == "note-required")
            let long = String(repeating: "长", count: 501)
            let tooLong = try await desk.call(
                "POST", path, as: "boss", key: "k2", "{\"note\":\"\(long)\"}")
            #expect(tooLong["code"] == "note-too-long" && tooLong.pointers == ["/note"])

            let note = "{\"note\":\"the other shop's\"}"
            for replayed in [false, true] {
                let done = try await desk.call("POST", path, as: "boss", key: "k3", note)
                #expect(done.status == 200 && done.isReplayed == replayed, "\(done.text)")
                #expect(done["status"] == "resolved" && done["finding"] == "missing-here")
                #expect(done.object("resolution")["note"] as? String == "the other shop's")
            }
            #expect(try await desk.world.balance(.suspense) == 0)
            #expect(try await desk.world.balance(.unidentified) == 700)
            let again = try await desk.call("POST", path, as: "boss", key: "k4", note)
            #expect(again.status == 409 && again["code"] == "reconciliation-item-not-open")
            let nobody = try await desk.call(
                "POST", "/admin/reconciliation/items/\(ID<ReconciliationItem>.make())/resolution",
                as: "boss", key: "k5", note)
            #expect(nobody.status == 404)
        }
    }

    @Test(arguments: TestEngine.available)
    func `what is missing at the gateway is resolved without a journal`(_ engine: TestEngine)
        async throws
    {
        try await Desk.with(engine) { desk in
            let world = desk.world
            _ = try await world.paidTopUp()
            try world.says([], of: world.today)
            try await world.reconcile(world.today)
            let item = try #require(try await world.items(.missingThere, .open).first)
            let before = try await world.rows()
            let done = try await desk.call(
                "POST", "/admin/reconciliation/items/\(item.id)/resolution", as: "boss", key: "k",
                "{\"note\":\"asked the gateway\"}")
            #expect(done.status == 200)
            #expect(try await world.rows() == before)
            #expect(try await world.books() == [-1_000, 0, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a day is compared when somebody asks`(_ engine: TestEngine) async throws {
        try await Desk.with(engine) { desk in
            let world = desk.world
            let day = world.today
            try world.says([world.line(try await world.paidTopUp())], of: day)
            let path = "/admin/reconciliation/runs"
            func run(_ gateway: String, _ key: String) async throws -> JSONAnswer {
                try await desk.call(
                    "POST", path, as: "boss", key: key,
                    "{\"gateway\":\"\(gateway)\",\"day\":\"\(day)\"}")
            }
            let early = try await run("bank", "k1")
            #expect(early["code"] == "bill-not-due" && early.pointers == ["/day"])
            world.clock.set(BusinessCalendar.end(of: day))
            #expect(try await run("moon", "k2")["code"] == "gateway-not-available")
            let unkeyed = try await desk.call("POST", path, as: "boss", "{}")
            #expect(unkeyed["code"] == "idempotency-key-required")
            let started = try await run("bank", "k3")
            #expect(started.status == 202 && started["status"] == "waiting")
            #expect(try await run("bank", "k3").isReplayed)
            try await world.work()
            #expect(try await world.run(day).tally.matched == 1)
            for path in [path, "/admin/reconciliation"] {
                #expect(try await desk.call("GET", path, as: "member").status == 403)
                #expect(try await desk.call("GET", path).status == 401)
            }
        }
    }

    @Test(arguments: ["en", "zh-Hans"])
    func `the pages show days, what was found, and who resolved it`(_ language: String)
        async throws
    {
        try await Desk.with { desk in
            let day = try await desk.day()
            let run = try await desk.world.run(day)
            let item = try #require(try await desk.world.items(.missingHere, .open).first)
            let list = "/operator/reconciliation"
            let page = "\(list)/\(run.id)"
            let days = try await desk.open(list, as: "boss", in: language)
            #expect(days.status == 200 && days.text.contains("\(day)"))
            #expect(days.text.contains("data-test=\"run-reconciliation\""))
            let shown = try await desk.open(page, as: "boss", in: language)
            #expect(shown.text.contains("KNOBODY") && shown.text.contains("¥7.00"))
            #expect(shown.text.contains("data-test=\"resolve-item\""))
            // Only finance decides.
            for path in [list, page] {
                let seen = try await desk.open(path, as: "clerk", in: language)
                #expect(seen.status == 200 && !seen.text.contains("{{>guard}}"))
                #expect(!seen.text.contains("data-test=\"resolve-item\""))
                #expect(!seen.text.contains("data-test=\"run-reconciliation\""))
            }
            let form = "\(list)/items/\(item.id)/resolution"
            let sent = try await desk.submit(form, from: page, as: "boss", ["note": "other shop"])
            #expect(sent.status == 303 && sent.header("Location") == page)
            let tab = try await desk.open("\(page)?finding=missing-here", as: "clerk", in: language)
            #expect(tab.text.contains("other shop") && tab.text.contains("boss"))
            let matched = try await desk.open("\(page)?finding=matched", as: "clerk", in: language)
            #expect(matched.text.contains("¥10.00") && !matched.text.contains("KNOBODY"))
        }
    }

    @Test func `a day is compared from its page`() async throws {
        try await Desk.with { desk in
            let world = desk.world
            let day = world.today
            try world.says([world.line(try await world.paidTopUp())], of: day)
            world.clock.set(BusinessCalendar.end(of: day))
            let list = "/operator/reconciliation"
            let sent = try await desk.submit(
                "\(list)/runs", from: list, as: "boss", ["gateway": "bank", "day": "\(day)"])
            let run = try await world.run(day)
            #expect(sent.status == 303 && sent.header("Location") == "\(list)/\(run.id)")
            let waiting = try await desk.open("\(list)/\(run.id)", as: "clerk")
            #expect(waiting.text.contains("data-status=\"waiting\""))
            try await world.work()
            #expect(try await world.run(day).status == .completed)
        }
    }
}
