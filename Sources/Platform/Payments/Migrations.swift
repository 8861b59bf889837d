import Store

let paymentsMigrations = [
    Migration(
        "payments-1",
        [
            .table(
                "payment_intent",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                purpose TEXT NOT NULL,
                subject BIGINT NOT NULL,
                member_id BIGINT NOT NULL,
                title TEXT NOT NULL,
                amount BIGINT NOT NULL CHECK (amount > 0),
                status TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                UNIQUE (purpose, subject)
                """),
            .sql("CREATE INDEX payment_intent_member ON payment_intent (member_id, purpose, id)"),
            .table(
                "payment_attempt",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                intent_id BIGINT NOT NULL REFERENCES payment_intent (id),
                gateway TEXT NOT NULL,
                channel TEXT NOT NULL,
                amount BIGINT NOT NULL CHECK (amount > 0),
                out_trade_no TEXT NOT NULL,
                status TEXT NOT NULL,
                disposition TEXT,
                trade_no TEXT,
                created_at BIGINT NOT NULL,
                time_expire BIGINT NOT NULL,
                UNIQUE (gateway, out_trade_no)
                """),
            .sql("CREATE INDEX payment_attempt_intent ON payment_attempt (intent_id, id)"),
            .table(
                "payment_refund",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                attempt_id BIGINT NOT NULL REFERENCES payment_attempt (id),
                amount BIGINT NOT NULL CHECK (amount > 0),
                reason TEXT NOT NULL,
                origin TEXT NOT NULL,
                status TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                settled_at BIGINT
                """),
            .sql("CREATE INDEX payment_refund_attempt ON payment_refund (attempt_id, id)"),
            // What gateways told, byte for byte, kept for good: the last word in a dispute.
            .table(
                "gateway_event",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                gateway TEXT NOT NULL,
                dedup_key TEXT NOT NULL,
                raw BYTEA NOT NULL,
                outcome TEXT NOT NULL,
                received_at BIGINT NOT NULL,
                UNIQUE (gateway, dedup_key)
                """),
            .appendOnly("gateway_event"),
        ]),
    Migration(
        "payments-2",
        [
            .column("payment_attempt", "received BIGINT"),
            .column("payment_refund", "detail TEXT"),
            .sql("CREATE INDEX payment_attempt_status ON payment_attempt (status, id)"),
            .sql("CREATE INDEX payment_refund_status ON payment_refund (status, id)"),
        ]),
    Migration(
        "payments-3",
        [
            .column("payment_attempt", "payer_address TEXT"),
            .column("payment_attempt", "payer_account TEXT"),
            .column("payment_attempt", "action TEXT"),
            .column("payment_attempt", "detail TEXT"),
            .column("payment_attempt", "refunded_total BIGINT"),
            .column("payment_refund", "foreign_number TEXT"),
            .sql(
                """
                CREATE UNIQUE INDEX payment_refund_foreign
                ON payment_refund (attempt_id, foreign_number)
                """),
            .sql("CREATE INDEX payment_refund_origin ON payment_refund (origin, id)"),
        ]),
]
