import Basics
import Money
import Store
import TestKit
import Testing
import Web

@testable import Promotions

/// What orders do with coupons, on a real store of either engine.
@Suite struct SpendCouponTests {
    private func withCoupon(
        _ engine: TestEngine, _ body: (Database, Coupon, TestClock) async throws -> Void
    ) async throws {
        let clock = TestClock(june5)
        try await withDatabase(engine, migrations: promotionsMigrations, clock: clock.clock) { db in
            let coupon = try await db.write { tx in
                let template = try tx.createCouponTemplate(.sample(), by: anOperator)
                return try tx.claimCoupon(of: template.id, for: alice)
            }
            try await body(db, coupon, clock)
        }
    }

    private func status(_ coupon: Coupon, in db: Database) async throws -> Coupon.Status? {
        try await db.read { try $0.coupon(coupon.id, of: alice)?.status(at: $0.now) }
    }

    private func reserve(_ coupon: Coupon, for order: String, in db: Database) async throws {
        try await db.write { tx in
            for locked in try tx.lockCoupons([coupon.id]) { try tx.reserve(locked, for: order) }
        }
    }

    @Test(arguments: TestEngine.available)
    func `C16: of twenty orders at once one gets the coupon (commerce defect 4)`(
        engine: TestEngine
    ) async throws {
        try await withCoupon(engine) { db, coupon, _ in
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 1...20 {
                    group.addTask {
                        try await refusal {
                            try await reserve(coupon, for: "ord_\(number)", in: db)
                        } ?? "reserved"
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            }
            #expect(answers == ["reserved": 1, "conflict coupon-not-available": 19])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a coupon is reserved, used and given back`(engine: TestEngine) async throws {
        try await withCoupon(engine) { db, coupon, clock in
            try await reserve(coupon, for: "ord_1", in: db)
            #expect(try await status(coupon, in: db) == .reserved)
            clock.advance(by: .days(8))
            try await db.write { tx in
                for locked in try tx.lockCoupons([coupon.id]) {
                    try tx.use(locked, for: "ord_1", discount: Amount(4_000))
                }
            }
            #expect(try await status(coupon, in: db) == .used)
            #expect(
                try await db.read { try $0.usage(of: coupon.template) }
                    == CouponUsage(used: 1, discount: Amount(4_000)))
            try await db.write { tx in
                for locked in try tx.lockCoupons([coupon.id]) {
                    try tx.giveBack(locked, from: "ord_1")
                }
            }
            #expect(try await status(coupon, in: db) == .expired)
        }
    }

    @Test(arguments: TestEngine.available)
    func `C19: seven days from the claim it is on the list, then not (commerce defect 27)`(
        engine: TestEngine
    ) async throws {
        try await withCoupon(engine) { db, coupon, clock in
            func obstacles() async throws -> [CouponObstacle?] {
                try await db.read { snapshot in
                    try snapshot.couponsToChoose(of: alice).map { $0.obstacle(at: snapshot.now) }
                }
            }
            clock.set(.at("2018-06-12T01:59:59Z"))
            let last = try await obstacles()
            clock.set(.at("2018-06-12T02:00:00Z"))
            let ended = try await obstacles()
            clock.advance(by: .days(31))
            let forgotten = try await obstacles()
            #expect(last == [nil])
            #expect(ended == [.expired])
            #expect(forgotten == [])
        }
    }

    @Test(arguments: TestEngine.available)
    func `C26: another member's coupon is not found`(engine: TestEngine) async throws {
        try await withCoupon(engine) { db, coupon, _ in
            let (mine, others, choices) = try await db.read { snapshot in
                (
                    try snapshot.coupon(coupon.id, of: alice),
                    try snapshot.coupon(coupon.id, of: bob), try snapshot.couponsToChoose(of: bob)
                )
            }
            #expect(mine == coupon)
            #expect(others == nil)
            #expect(choices == [])
        }
    }

    @Test(arguments: TestEngine.available)
    func `coupons are locked in the order of their ids, each once`(engine: TestEngine)
        async throws
    {
        try await withDatabase(engine, migrations: promotionsMigrations) { db in
            let ids = try await db.write { tx in
                let draft = CouponDraft.sample(
                    perMember: 3, claimFrom: "2018-06-01", claimUntil: "2099-06-30")
                let template = try tx.createCouponTemplate(draft, by: anOperator)
                return try (1...3).map { _ in try tx.claimCoupon(of: template.id, for: alice).id }
            }
            let named = [ids[2], ids[0], ids[1], ids[0], .make()]
            let locked = try await db.write { tx in try tx.lockCoupons(named).map(\.id) }
            #expect(locked == ids.sorted())
        }
    }
}
