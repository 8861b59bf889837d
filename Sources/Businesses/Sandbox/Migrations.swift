import Store

/// The schema of the Sandbox, append-only: a migration that has run anywhere is never changed.
package enum SandboxMigrations {
    package static let all: [Migration] = [
        Migration("sandbox-1", surroundings + alipay + notices)
    ]

    /// The clock's offset, the telephone, keys and faults.
    private static let surroundings: [DDL] = [
        .table(
            "sandbox_clock",
            """
            id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
            offset_microseconds BIGINT NOT NULL
            """),
        .table(
            "sandbox_key",
            """
            name TEXT PRIMARY KEY NOT NULL,
            pem TEXT NOT NULL
            """),
        .table(
            "sandbox_sms",
            """
            id BIGINT PRIMARY KEY NOT NULL,
            phone TEXT NOT NULL,
            purpose TEXT NOT NULL,
            code TEXT NOT NULL,
            message TEXT NOT NULL,
            sent_at BIGINT NOT NULL
            """),
        .sql("CREATE INDEX sandbox_sms_by_phone ON sandbox_sms (phone, id)"),
        .table(
            "sandbox_fault",
            """
            scope TEXT NOT NULL,
            name TEXT NOT NULL,
            amount BIGINT NOT NULL,
            PRIMARY KEY (scope, name)
            """),
    ]

    private static let alipay: [DDL] = [
        .table(
            "sandbox_trade",
            """
            id BIGINT PRIMARY KEY NOT NULL,
            out_trade_no TEXT NOT NULL UNIQUE,
            token TEXT NOT NULL UNIQUE,
            product TEXT NOT NULL,
            subject TEXT NOT NULL,
            total BIGINT NOT NULL CHECK (total > 0),
            notify_url TEXT,
            return_url TEXT,
            quit_url TEXT,
            passback TEXT,
            state TEXT NOT NULL,
            refunded BIGINT NOT NULL CHECK (refunded >= 0 AND refunded <= total),
            created_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL,
            paid_at BIGINT,
            refunded_at BIGINT,
            closed_at BIGINT
            """),
        .table(
            "sandbox_refund",
            """
            trade_id BIGINT NOT NULL REFERENCES sandbox_trade (id),
            request_no TEXT NOT NULL,
            amount BIGINT NOT NULL CHECK (amount > 0),
            reason TEXT,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (trade_id, request_no)
            """),
        .table(
            "sandbox_call",
            """
            id BIGINT PRIMARY KEY NOT NULL,
            method TEXT NOT NULL,
            out_trade_no TEXT NOT NULL,
            code TEXT NOT NULL,
            sub_code TEXT,
            message TEXT NOT NULL,
            called_at BIGINT NOT NULL
            """),
        .sql("CREATE INDEX sandbox_call_by_trade ON sandbox_call (out_trade_no, id)"),
    ]

    /// A notice is one message to the merchant; a delivery is one attempt to hand it over.
    private static let notices: [DDL] = [
        .table(
            "sandbox_notice",
            """
            id BIGINT PRIMARY KEY NOT NULL,
            trade_id BIGINT NOT NULL REFERENCES sandbox_trade (id),
            url TEXT NOT NULL,
            form TEXT NOT NULL,
            state TEXT NOT NULL,
            tries BIGINT NOT NULL,
            next_try_at BIGINT,
            created_at BIGINT NOT NULL
            """),
        .sql("CREATE INDEX sandbox_notice_by_trade ON sandbox_notice (trade_id, id)"),
        .table(
            "sandbox_delivery",
            """
            id BIGINT PRIMARY KEY NOT NULL,
            notice_id BIGINT NOT NULL REFERENCES sandbox_notice (id),
            outcome TEXT NOT NULL,
            http_status BIGINT,
            answer TEXT NOT NULL,
            delivered_at BIGINT NOT NULL
            """),
        .sql("CREATE INDEX sandbox_delivery_by_notice ON sandbox_delivery (notice_id, id)"),
    ]
}
