import Store

/// Templates and the coupons claimed from them. What must never happen is refused here first: more
/// claims than coupons, the same serial twice, a reserved coupon without an order.
let promotionsMigrations = [
    Migration(
        "promotions-1",
        [
            .table(
                "coupon_template",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                name TEXT NOT NULL,
                kind TEXT NOT NULL,
                face_value BIGINT CHECK (face_value > 0),
                pay_percent BIGINT CHECK (pay_percent BETWEEN 1 AND 99),
                minimum_spend BIGINT NOT NULL CHECK (minimum_spend >= 0),
                max_discount BIGINT CHECK (max_discount > 0),
                threshold_base TEXT NOT NULL,
                scope_kind TEXT NOT NULL,
                scope_id TEXT,
                quantity BIGINT NOT NULL CHECK (quantity > 0),
                claimed BIGINT NOT NULL CHECK (claimed >= 0),
                per_member BIGINT NOT NULL CHECK (per_member > 0),
                claim_from BIGINT NOT NULL,
                claim_until BIGINT NOT NULL,
                valid_from BIGINT,
                valid_until BIGINT,
                valid_days BIGINT CHECK (valid_days > 0),
                flag TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                created_by BIGINT NOT NULL,
                CHECK (claimed <= quantity),
                CHECK (claim_from < claim_until),
                CHECK ((face_value IS NULL) <> (pay_percent IS NULL)),
                CHECK ((valid_days IS NULL) <> (valid_until IS NULL)),
                CHECK ((valid_from IS NULL) = (valid_until IS NULL)),
                CHECK (valid_from IS NULL OR valid_from < valid_until)
                """),
            .sql("CREATE INDEX coupon_template_claim_until ON coupon_template (claim_until)"),
            .table(
                "coupon",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                template_id BIGINT NOT NULL REFERENCES coupon_template (id),
                member_id BIGINT NOT NULL,
                serial BIGINT NOT NULL,
                valid_from BIGINT NOT NULL,
                valid_until BIGINT NOT NULL,
                claimed_at BIGINT NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('unused', 'reserved', 'used')),
                order_reference TEXT,
                used_at BIGINT,
                discount BIGINT CHECK (discount >= 0),
                UNIQUE (template_id, member_id, serial),
                CHECK ((status = 'unused') = (order_reference IS NULL)),
                CHECK ((status = 'used') = (used_at IS NOT NULL))
                """),
            .sql("CREATE INDEX coupon_member ON coupon (member_id, id)"),
            .sql("CREATE INDEX coupon_template_use ON coupon (template_id, status, discount)"),
        ])
]
