import Basics
import Money
import Store
import Web

/// The rows of `coupon`. Terms come from the template, which never changes them, so they are read
/// beside the coupon and a coupon's lock never holds the template that others claim from.
extension Coupon {
    static let columns: SQL = """
        id, template_id, member_id, serial, valid_from, valid_until, claimed_at, status,
        order_reference, used_at, discount
        """

    init(row: Row, templates: [ID<CouponTemplate>: CouponTemplate]) throws {
        let id: ID<CouponTemplate> = try row[1]
        guard let template = templates[id] else {
            throw StoreError.unreadableColumn(index: 1, wanted: "a coupon template")
        }
        self.init(
            id: try row[0], template: id, member: try row[2], serial: try row[3],
            window: TimeWindow(from: try row[4], until: try row[5]), claimedAt: try row[6],
            terms: template.terms, isRevoked: template.flag == .revoked, stored: try row[7],
            order: try row[8], usedAt: try row[9],
            discount: (try row[10] as Int64?).map(Amount.init))
    }
}

extension Snapshot {
    /// A member's own coupon; nil if it is another's, or none.
    package func coupon(_ id: ID<Coupon>, of member: ID<Member>) throws -> Coupon? {
        try coupons(where: "id = \(id) AND member_id = \(member)").first
    }

    /// What a member could choose from at checkout: held, and not out of its window for long. Used
    /// ones are left out, reserved and expired ones are shown with the reason.
    package func couponsToChoose(of member: ID<Member>) throws -> [Coupon] {
        try coupons(
            where: """
                member_id = \(member) AND status <> 'used'
                AND valid_until > \(now - .days(Coupon.daysShownExpired))
                """,
            limit: Coupon.mostChoices)
    }

    /// A member's coupons, newest first, in one state or in any.
    package func coupons(of member: ID<Member>, _ status: Coupon.Status?, _ page: PageRequest)
        throws -> Page<Coupon>
    {
        let condition: SQL = "member_id = \(member) AND id < \(page.after ?? .max)"
        let found = try coupons(
            where: condition + inStatus(status), limit: page.limit + 1)
        return Page(rows: found, request: page) { $0.id.rawValue }
    }

    /// Revoked is a property of the template, so it is asked for there.
    private func inStatus(_ status: Coupon.Status?) -> SQL {
        let revoked: SQL = """
            EXISTS (SELECT 1 FROM coupon_template
                WHERE coupon_template.id = coupon.template_id AND flag = 'revoked')
            """
        return switch status {
        case nil: ""
        case .reserved: " AND status = 'reserved'"
        case .used: " AND status = 'used'"
        case .unused: " AND status = 'unused' AND valid_until > \(now) AND NOT \(revoked)"
        case .expired: " AND status = 'unused' AND valid_until <= \(now) AND NOT \(revoked)"
        case .revoked: " AND status = 'unused' AND \(revoked)"
        }
    }

    private func coupons(where condition: SQL, limit: Int = 1) throws -> [Coupon] {
        let rows = try rows(
            "SELECT \(Coupon.columns) FROM coupon WHERE \(condition) ORDER BY id DESC LIMIT \(limit)"
        ) { $0 }
        let templates = try couponTemplates(Set(rows.map { try $0[1] }))
        return try rows.map { try Coupon(row: $0, templates: templates) }
    }

    /// How many coupons of each template a member has claimed.
    package func claims(of templates: [ID<CouponTemplate>], by member: ID<Member>) throws
        -> [ID<CouponTemplate>: Int64]
    {
        let counts = try rows(
            """
            SELECT template_id, COUNT(*) FROM coupon
            WHERE member_id = \(member) AND template_id IN \(list: templates)
            GROUP BY template_id
            """
        ) { (try $0[0] as ID<CouponTemplate>, try $0[1] as Int64) }
        return Dictionary(uniqueKeysWithValues: counts)
    }

    /// How often a template's coupons were used, and for how much.
    func usage(of template: ID<CouponTemplate>) throws -> CouponUsage {
        let usage = try first(
            """
            SELECT COUNT(*), \(SQL.sum("discount")) FROM coupon
            WHERE template_id = \(template) AND status = 'used'
            """
        ) { CouponUsage(used: try $0[0], discount: Amount(try $0[1])) }
        return usage ?? CouponUsage(used: 0, discount: .zero)
    }

    /// Templates whose counter differs from their coupons: there must be none.
    func templatesWithWrongCounts() throws -> [ID<CouponTemplate>] {
        try rows(
            """
            SELECT id FROM coupon_template
            WHERE claimed <> (SELECT COUNT(*) FROM coupon WHERE template_id = coupon_template.id)
            ORDER BY id LIMIT 10
            """
        ) { try $0[0] }
    }
}

extension Coupon {
    static let daysShownExpired: Int64 = 30
    static let mostChoices = 200
}

/// What became of a template's coupons.
struct CouponUsage: Hashable, Sendable {
    let used: Int64
    let discount: Amount
}

extension Transaction {
    /// Locks coupons in the order of their ids, whatever order they are named in; ids that are none
    /// are missing from the answer.
    package func lockCoupons(_ ids: [ID<Coupon>]) throws -> [Locked<Coupon>] {
        guard !ids.isEmpty else { return [] }
        let ids = Set(ids).sorted()
        // Locked before anything is read: a template may be revoked while this waits.
        _ = try lockAll("SELECT id FROM coupon WHERE id IN \(list: ids) ORDER BY id") { _ in }
        let named = try rows("SELECT template_id FROM coupon WHERE id IN \(list: ids)") {
            try $0[0] as ID<CouponTemplate>
        }
        let templates = try couponTemplates(Set(named))
        return try lockAll(
            "SELECT \(Coupon.columns) FROM coupon WHERE id IN \(list: ids) ORDER BY id"
        ) { try Coupon(row: $0, templates: templates) }
    }

    func insert(_ coupon: Coupon) throws {
        try run(
            """
            INSERT INTO coupon (\(Coupon.columns)) VALUES (
                \(coupon.id), \(coupon.template), \(coupon.member), \(coupon.serial),
                \(coupon.window.from), \(coupon.window.until), \(coupon.claimedAt),
                \(coupon.stored), \(coupon.order), \(coupon.usedAt),
                \(coupon.discount?.minorUnits))
            """)
    }

    func save(_ coupon: Locked<Coupon>) throws {
        try run(
            """
            UPDATE coupon SET status = \(coupon.stored), order_reference = \(coupon.order),
                used_at = \(coupon.usedAt), discount = \(coupon.discount?.minorUnits)
            WHERE id = \(coupon.id)
            """)
    }
}
