import Basics
import Money
import Store
import Web

/// The rows of `coupon_template`.
extension CouponTemplate {
    static let columns: SQL = """
        id, name, kind, face_value, pay_percent, minimum_spend, max_discount, threshold_base,
        scope_kind, scope_id, quantity, claimed, per_member, claim_from, claim_until, valid_from,
        valid_until, valid_days, flag, created_at, created_by
        """

    init(row: Row) throws {
        let from: Instant? = try row[15]
        let until: Instant? = try row[16]
        let validity: Validity =
            if let from, let until {
                .fixed(TimeWindow(from: from, until: until))
            } else {
                .days(try row[17])
            }
        self.init(
            id: try row[0], terms: try CouponTerms(row: row), quantity: try row[10],
            perMember: try row[12],
            claimWindow: TimeWindow(from: try row[13], until: try row[14]), validity: validity,
            createdAt: try row[19], createdBy: try row[20], claimed: try row[11],
            flag: try row[18])
    }
}

extension CouponTerms {
    /// From the columns of a template.
    fileprivate init(row: Row) throws {
        let kind: Kind = try row[2]
        let benefit: Benefit =
            switch kind {
            case .amountOff: .amountOff(Amount(try row[3]))
            case .thresholdOff: .thresholdOff(Amount(try row[3]))
            case .percentOff:
                .percentOff(pay: try row[4], atMost: (try row[6] as Int64?).map(Amount.init))
            }
        self.init(
            name: try row[1], benefit: benefit, minimumSpend: Amount(try row[5]),
            thresholdBase: try row[7], scope: CouponScope(try row[8], id: try row[9]))
    }
}

extension Snapshot {
    package func couponTemplate(_ id: ID<CouponTemplate>) throws -> CouponTemplate? {
        try first("SELECT \(CouponTemplate.columns) FROM coupon_template WHERE id = \(id)") {
            try CouponTemplate(row: $0)
        }
    }

    func couponTemplates(_ ids: Set<ID<CouponTemplate>>) throws
        -> [ID<CouponTemplate>: CouponTemplate]
    {
        let templates = try rows(
            """
            SELECT \(CouponTemplate.columns) FROM coupon_template
            WHERE id IN \(list: ids.sorted())
            """
        ) { try CouponTemplate(row: $0) }
        return Dictionary(uniqueKeysWithValues: templates.map { ($0.id, $0) })
    }

    /// What can be claimed now, newest first.
    package func claimableTemplates(_ page: PageRequest) throws -> Page<CouponTemplate> {
        let found = try rows(
            """
            SELECT \(CouponTemplate.columns) FROM coupon_template
            WHERE id < \(page.after ?? .max) AND flag = 'active' AND claimed < quantity
                AND claim_from <= \(now) AND claim_until > \(now)
                AND (valid_until IS NULL OR valid_until > \(now))
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """
        ) { try CouponTemplate(row: $0) }
        return Page(rows: found, request: page) { $0.id.rawValue }
    }

    /// All of them, for operators.
    package func couponTemplates(_ page: PageRequest) throws -> Page<CouponTemplate> {
        let found = try rows(
            """
            SELECT \(CouponTemplate.columns) FROM coupon_template
            WHERE id < \(page.after ?? .max) ORDER BY id DESC LIMIT \(page.limit + 1)
            """
        ) { try CouponTemplate(row: $0) }
        return Page(rows: found, request: page) { $0.id.rawValue }
    }

    func couponTemplateCount() throws -> Int64 {
        try number("SELECT COUNT(*) FROM coupon_template")
    }
}

extension Transaction {
    func lockCouponTemplate(_ id: ID<CouponTemplate>) throws -> Locked<CouponTemplate>? {
        try lock("SELECT \(CouponTemplate.columns) FROM coupon_template WHERE id = \(id)") {
            try CouponTemplate(row: $0)
        }
    }

    func insert(_ template: CouponTemplate) throws {
        let terms = template.terms
        let (value, percent, most) = terms.benefit.columns
        let (window, days) = template.validity.columns
        try run(
            """
            INSERT INTO coupon_template (\(CouponTemplate.columns)) VALUES (
                \(template.id), \(terms.name), \(terms.benefit.kind), \(value), \(percent),
                \(terms.minimumSpend.minorUnits), \(most), \(terms.thresholdBase),
                \(terms.scope.kind), \(terms.scope.id), \(template.quantity), \(template.claimed),
                \(template.perMember), \(template.claimWindow.from), \(template.claimWindow.until),
                \(window?.from), \(window?.until), \(days), \(template.flag),
                \(template.createdAt), \(template.createdBy))
            """)
    }

    /// Its terms never change; only what was claimed and what an operator said.
    func save(_ template: Locked<CouponTemplate>) throws {
        try run(
            """
            UPDATE coupon_template SET claimed = \(template.claimed), flag = \(template.flag)
            WHERE id = \(template.id)
            """)
    }
}

extension CouponTerms.Benefit {
    fileprivate var columns: (value: Int64?, percent: Int64?, most: Int64?) {
        switch self {
        case .amountOff(let value), .thresholdOff(let value): (value.minorUnits, nil, nil)
        case .percentOff(let pay, let most): (nil, pay, most?.minorUnits)
        }
    }
}

extension CouponTemplate.Validity {
    fileprivate var columns: (window: TimeWindow?, days: Int64?) {
        switch self {
        case .fixed(let window): (window, nil)
        case .days(let count): (nil, count)
        }
    }
}
