import Store

let reconciliationMigrations = [
    Migration(
        "payments-reconciliation-1",
        [
            // When we learned that an attempt was paid; unknown for what was paid before.
            .column("payment_attempt", "paid_at BIGINT"),
            .sql(
                """
                CREATE INDEX payment_attempt_paid ON payment_attempt (gateway, paid_at)
                WHERE paid_at IS NOT NULL
                """),
            .sql(
                """
                CREATE INDEX payment_refund_settled ON payment_refund (settled_at)
                WHERE settled_at IS NOT NULL
                """),
            .table(
                "reconciliation_run",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                gateway TEXT NOT NULL,
                day BIGINT NOT NULL,
                status TEXT NOT NULL,
                detail TEXT,
                lines BIGINT NOT NULL,
                looked BIGINT NOT NULL,
                unread BIGINT NOT NULL,
                paid BIGINT NOT NULL,
                refunded BIGINT NOT NULL,
                fees BIGINT NOT NULL,
                matched BIGINT NOT NULL,
                missing_here BIGINT NOT NULL,
                missing_there BIGINT NOT NULL,
                different BIGINT NOT NULL,
                fee BIGINT NOT NULL,
                duplicate BIGINT NOT NULL,
                settled BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                completed_at BIGINT,
                UNIQUE (gateway, day)
                """),
            // A gateway's word, as the messages in gateway_event are.
            .table(
                "bill_line",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                run_id BIGINT NOT NULL REFERENCES reconciliation_run (id),
                number BIGINT NOT NULL,
                gateway TEXT NOT NULL,
                kind TEXT NOT NULL,
                state TEXT NOT NULL,
                out_trade_no TEXT NOT NULL,
                out_refund_no TEXT NOT NULL,
                occurrence BIGINT NOT NULL,
                trade_no TEXT NOT NULL,
                amount BIGINT NOT NULL CHECK (amount >= 0),
                fee BIGINT NOT NULL,
                at BIGINT NOT NULL,
                UNIQUE (run_id, number),
                UNIQUE (gateway, kind, out_trade_no, out_refund_no, run_id, occurrence)
                """),
            .appendOnly("bill_line"),
            .table(
                "reconciliation_item",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                run_id BIGINT NOT NULL REFERENCES reconciliation_run (id),
                gateway TEXT NOT NULL,
                day BIGINT NOT NULL,
                kind TEXT NOT NULL,
                finding TEXT NOT NULL,
                status TEXT NOT NULL,
                line_id BIGINT UNIQUE REFERENCES bill_line (id),
                attempt_id BIGINT REFERENCES payment_attempt (id),
                refund_id BIGINT REFERENCES payment_refund (id),
                out_trade_no TEXT NOT NULL,
                out_refund_no TEXT NOT NULL,
                ours BIGINT,
                expected_fee BIGINT,
                suspended BIGINT NOT NULL,
                booked_fee BIGINT NOT NULL,
                outcome TEXT,
                note TEXT,
                resolved_by BIGINT,
                resolved_at BIGINT,
                created_at BIGINT NOT NULL
                """),
            .sql("CREATE INDEX reconciliation_item_run ON reconciliation_item (run_id, id)"),
            .sql(
                """
                CREATE INDEX reconciliation_item_open ON reconciliation_item (gateway, day, id)
                WHERE status = 'open'
                """),
            .sql(
                """
                CREATE INDEX reconciliation_item_attempt ON reconciliation_item (attempt_id)
                WHERE attempt_id IS NOT NULL
                """),
            .sql(
                """
                CREATE INDEX reconciliation_item_refund ON reconciliation_item (refund_id)
                WHERE refund_id IS NOT NULL
                """),
            // The first of the daily plans; each makes the next one.
            .sql(
                """
                INSERT INTO job
                    (id, kind, key, payload, due_at, revision, attempts, lease, lease_until)
                VALUES (1, 'reconciliation-plan', 'daily', '', 0, 1, 0, 0, 0)
                """),
        ])
]
