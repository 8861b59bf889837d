import Basics
import Money
import Store
import TestKit
import Testing
import Web

@testable import Promotions

/// Claims on a real store of either engine.
@Suite struct ClaimCouponTests {
    /// A database in which an operator has made a template.
    private func withTemplate(
        _ engine: TestEngine, _ draft: CouponDraft, at now: Instant = june5,
        _ body: (Database, ID<CouponTemplate>, TestClock) async throws -> Void
    ) async throws {
        let clock = TestClock(now)
        try await withDatabase(engine, migrations: promotionsMigrations, clock: clock.clock) { db in
            let id = try await db.write { tx in
                try tx.createCouponTemplate(draft, by: anOperator).id
            }
            try await body(db, id, clock)
            #expect(try await db.read { try $0.templatesWithWrongCounts() } == [])
        }
    }

    /// Claims by many members at once; how often each answer came.
    private func claim(
        _ template: ID<CouponTemplate>, by members: [ID<Member>], in db: Database
    ) async throws -> [String: Int] {
        try await withThrowingTaskGroup(of: String.self) { group in
            for member in members {
                group.addTask {
                    try await refusal {
                        _ = try await db.write { try $0.claimCoupon(of: template, for: member) }
                    } ?? "claimed"
                }
            }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    @Test(arguments: TestEngine.available)
    func `C14: of 500 members who claim at once exactly 100 get one (commerce defect 32)`(
        engine: TestEngine
    ) async throws {
        try await withTemplate(engine, .sample(quantity: 100)) { db, template, _ in
            let members = (1...500).map { ID<Member>(rawValue: Int64($0)) }
            let answers = try await claim(template, by: members, in: db)
            #expect(answers == ["claimed": 100, "conflict coupon-exhausted": 400])
            let claimed = try await db.read { try $0.couponTemplate(template)?.claimed }
            #expect(claimed == 100)
        }
    }

    @Test(arguments: TestEngine.available)
    func `C15: one member who claims 20 times at once gets one (commerce defect 32)`(
        engine: TestEngine
    ) async throws {
        try await withTemplate(engine, .sample()) { db, template, _ in
            let answers = try await claim(
                template, by: Array(repeating: alice, count: 20), in: db)
            #expect(answers == ["claimed": 1, "conflict coupon-limit-reached": 19])
            let claimed = try await db.read { try $0.couponTemplate(template)?.claimed }
            #expect(claimed == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a limit of three gives three`(engine: TestEngine) async throws {
        try await withTemplate(engine, .sample(perMember: 3)) { db, template, _ in
            let answers = try await claim(
                template, by: Array(repeating: alice, count: 5), in: db)
            #expect(answers == ["claimed": 3, "conflict coupon-limit-reached": 2])
            let serials = try await db.read {
                try $0.coupons(of: alice, nil, PageRequest()).items.map(\.serial)
            }
            #expect(serials == [3, 2, 1])
        }
    }

    @Test(arguments: TestEngine.available)
    func `claims have a window, a pause and an end`(engine: TestEngine) async throws {
        try await withTemplate(engine, .sample(), at: .at("2018-05-31T15:59:59Z")) {
            db, template, clock in
            func claim() async throws -> String? {
                try await refusal {
                    _ = try await db.write { try $0.claimCoupon(of: template, for: alice) }
                }
            }
            func offered() async throws -> Int {
                try await db.read { try $0.claimableTemplates(PageRequest()).items.count }
            }
            #expect(try await claim() == "conflict coupon-not-yet-claimable")
            #expect(try await offered() == 0)
            clock.set(.at("2018-06-30T15:59:59Z"))
            #expect(try await offered() == 1)
            _ = try await db.write { try $0.pauseCouponTemplate(template) }
            #expect(try await claim() == "conflict coupon-paused")
            #expect(try await offered() == 0)
            _ = try await db.write { try $0.resumeCouponTemplate(template) }
            #expect(try await claim() == nil)
            clock.set(.at("2018-06-30T16:00:00Z"))
            #expect(try await claim() == "conflict coupon-claims-ended")
            #expect(try await offered() == 0)
        }
    }

    @Test(arguments: TestEngine.available)
    func `what could never be used is not given out`(engine: TestEngine) async throws {
        let draft = CouponDraft.dated(from: "2018-06-02", until: "2018-06-04")
        try await withTemplate(engine, draft) { db, template, _ in
            let answers = try await claim(template, by: [alice], in: db)
            #expect(answers == ["conflict coupon-claims-ended": 1])
        }
    }

    @Test(arguments: TestEngine.available)
    func `an unknown template is not found`(engine: TestEngine) async throws {
        try await withTemplate(engine, .sample()) { db, _, _ in
            let answers = try await claim(.make(), by: [alice], in: db)
            #expect(answers == ["notFound not-found": 1])
        }
    }

    @Test(arguments: TestEngine.available)
    func `revoking voids what is unused, at once and for good`(engine: TestEngine) async throws {
        try await withTemplate(engine, .sample()) { db, template, _ in
            let coupon = try await db.write {
                try $0.claimCoupon(of: template, for: alice)
            }
            _ = try await db.write { try $0.revokeCouponTemplate(template) }
            let statuses = try await db.read { snapshot in
                try Coupon.Status.allCases.filter {
                    try !snapshot.coupons(of: alice, $0, PageRequest()).items.isEmpty
                }
            }
            #expect(statuses == [.revoked])
            let reserved = try await refusal {
                try await db.write { tx in
                    let locked = try tx.lockCoupons([coupon.id])
                    try tx.reserve(locked[0], for: "ord_1")
                }
            }
            #expect(reserved == "conflict coupon-not-available")
            let resumed = try await refusal {
                _ = try await db.write { try $0.resumeCouponTemplate(template) }
            }
            #expect(resumed == "conflict coupon-revoked")
        }
    }

    @Test(arguments: TestEngine.available)
    func `a scope that names nothing is refused where somebody knows`(engine: TestEngine)
        async throws
    {
        let scopes = CouponScopes([
            .course: { scope, _ in scope.reference?.id == 7 ? "Swift" : nil }
        ])
        try await withDatabase(engine, migrations: promotionsMigrations) { db in
            for (number, answer) in [(Int64(7), nil), (8, "rule coupon-scope-unknown")] {
                let scope = CouponScope(.course, id: "crs_\(Base32.encode(number))")
                let result = try await refusal {
                    try await db.write { tx in
                        _ = try tx.createCouponTemplate(
                            .sample(scope: scope), by: anOperator, scopes: scopes)
                    }
                }
                #expect(result == answer)
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `a template comes back from its row as it went in`(engine: TestEngine) async throws {
        let drafts: [CouponDraft] = [
            .sample(),
            .sample(kind: .thresholdOff, minimumSpend: 10_000, scope: .business("courses")),
            .sample(kind: .percentOff, value: nil, payPercent: 79, maxDiscount: 5_000),
            .sample(kind: .percentOff, value: nil, payPercent: 88),
            .dated(from: "2018-06-02", until: "2018-06-22"),
        ]
        try await withDatabase(engine, migrations: promotionsMigrations) { db in
            for draft in drafts {
                let made = try await db.write { try $0.createCouponTemplate(draft, by: anOperator) }
                let found = try await db.read { try $0.couponTemplate(made.id) }
                #expect(found == made)
            }
            let page = try await db.read { try $0.couponTemplates(PageRequest(limit: 3)) }
            #expect(page.items.count == 3)
            let rest = try await db.read {
                try $0.couponTemplates(PageRequest(limit: 3, after: page.next))
            }
            #expect(rest.items.count == 2)
            #expect(rest.next == nil)
        }
    }
}
