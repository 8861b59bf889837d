import ArgumentParser
import Basics
import Courses
import Foundation
import Identity
import Ledger
import Money
import Payments
import Promotions
import Store
import Web

/// A server to look around in: the sandbox, on a fresh database with a shop that looks alive.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the sandbox on a fresh database with demo data; prints the log-ins.")

    @OptionGroup var flags: ServerFlags

    @Option(help: "A file to keep the demo in; a temporary one unless told.")
    var database: String?

    func run() async throws {
        var settings = try await Settings.fromEnvironment()
        settings.apply(flags)
        settings.isSandbox = true
        settings.database = database ?? Self.temporaryFile()
        if database == nil { Self.remove(settings.database) }
        try await serve(settings, prepare: seedDemo) { url in
            say(
                """

                  Kontor is running:  \(url)

                  member     demo / demo-password          (payment password 246810)
                  operator   operator / operator-password
                  sandbox    \(url)/sandbox                (SMS, clock, cashier)
                  API        \(url)/docs

                  Stop with Ctrl-C.

                """)
        }
    }

    private static func temporaryFile() -> String {
        FileManager.default.temporaryDirectory.appending(path: "kontor-demo-\(getuid()).db").path
    }

    private static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }
}

/// Members, courses and coupons, unless they are there already.
@Sendable func seedDemo(_ server: Server) async throws {
    let identity = server.modules.identity
    guard try await identity.isAvailable(Username("demo")) else { return }
    let demo = try await identity.addOperator(
        username: Username("demo"), phone: PhoneNumber("13800000000"), password: "demo-password",
        roles: [])
    try await identity.seedPaymentPassword(of: demo.id, to: "246810")
    let boss = try await identity.addOperator(
        username: Username("operator"), password: "operator-password",
        roles: [.operator, .finance, .admin])
    try await server.database.write { tx in
        try CoursesDemo.seed(in: tx)
        try tx.post(giftJournal(to: demo.id, Amount(100_000), reference: "demo/\(demo.id)"))
        for draft in demoCoupons(at: tx.now) {
            let template = try tx.createCouponTemplate(draft, by: boss.id)
            _ = try tx.claimCoupon(of: template.id, for: demo.id)
        }
    }
}

private func demoCoupons(at now: Instant) -> [CouponDraft] {
    [
        demoCoupon("新人立减券 · Welcome", .amountOff, value: 2_000, at: now),
        demoCoupon("满减券 · ¥100 off ¥500", .thresholdOff, value: 10_000, minimum: 50_000, at: now),
        demoCoupon("九折券 · 10% off", .percentOff, payPercent: 90, at: now),
    ]
}

private func demoCoupon(
    _ name: String, _ kind: CouponTerms.Kind, value: Int64? = nil, payPercent: Int64? = nil,
    minimum: Int64? = nil, at now: Instant
) -> CouponDraft {
    CouponDraft(
        name: name, kind: kind, value: value.map { Amount($0) }, payPercent: payPercent,
        minimumSpend: minimum.map { Amount($0) }, scope: .all, quantity: 10_000, perMember: 3,
        claimFrom: .instant(now - .days(1)), claimUntil: .instant(now + .days(365)), validDays: 90)
}
