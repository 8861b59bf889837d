import Store

/// The schema of the Sandbox, append-only: a migration that has run anywhere is never changed.
package enum SandboxMigrations {
    package static let all: [Migration] = [
        Migration("sandbox-1", surroundings + alipay + notices),
        Migration("sandbox-2", sharedByGateways),
        Migration("sandbox-3", wechatpay),
        Migration("sandbox-4", alipayProducts),
        Migration("sandbox-5", seeds),
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

    /// Calls, faults and notices say which gateway they belong to. A notice names its trade by the
    /// merchant's number, because the gateways keep their trades in tables of their own.
    private static let sharedByGateways: [DDL] = [
        .column("sandbox_call", "gateway TEXT NOT NULL DEFAULT 'alipay'"),
        .table(
            "sandbox_gateway_fault",
            """
            gateway TEXT NOT NULL,
            scope TEXT NOT NULL,
            name TEXT NOT NULL,
            amount BIGINT NOT NULL,
            PRIMARY KEY (gateway, scope, name)
            """),
        .sql(
            """
            INSERT INTO sandbox_gateway_fault (gateway, scope, name, amount)
            SELECT 'alipay', scope, name, amount FROM sandbox_fault
            """),
        .sql("DROP TABLE sandbox_fault"),
        .table(
            "sandbox_notice_2",
            """
            id BIGINT PRIMARY KEY NOT NULL,
            gateway TEXT NOT NULL,
            out_trade_no TEXT NOT NULL,
            url TEXT NOT NULL,
            content TEXT NOT NULL,
            state TEXT NOT NULL,
            tries BIGINT NOT NULL,
            next_try_at BIGINT,
            created_at BIGINT NOT NULL
            """),
        .sql(
            """
            INSERT INTO sandbox_notice_2
            SELECT n.id, 'alipay', t.out_trade_no, n.url, n.form, n.state, n.tries, n.next_try_at,
              n.created_at
            FROM sandbox_notice n JOIN sandbox_trade t ON t.id = n.trade_id
            """),
        .table(
            "sandbox_delivery_2",
            """
            id BIGINT PRIMARY KEY NOT NULL,
            notice_id BIGINT NOT NULL REFERENCES sandbox_notice_2 (id),
            outcome TEXT NOT NULL,
            http_status BIGINT,
            answer TEXT NOT NULL,
            delivered_at BIGINT NOT NULL
            """),
        .sql(
            """
            INSERT INTO sandbox_delivery_2
            SELECT id, notice_id, outcome, http_status, answer, delivered_at FROM sandbox_delivery
            """),
        .sql("DROP TABLE sandbox_delivery"),
        .sql("DROP TABLE sandbox_notice"),
        .sql("ALTER TABLE sandbox_notice_2 RENAME TO sandbox_notice"),
        .sql("ALTER TABLE sandbox_delivery_2 RENAME TO sandbox_delivery"),
        .sql(
            """
            CREATE INDEX sandbox_notice_by_trade ON sandbox_notice (gateway, out_trade_no, id)
            """),
        .sql("CREATE INDEX sandbox_delivery_by_notice ON sandbox_delivery (notice_id, id)"),
    ]

    private static let wechatpay: [DDL] = [
        .table(
            "sandbox_wechat_order",
            """
            id BIGINT PRIMARY KEY NOT NULL,
            out_trade_no TEXT NOT NULL UNIQUE,
            token TEXT NOT NULL UNIQUE,
            product TEXT NOT NULL,
            description TEXT NOT NULL,
            attach TEXT,
            total BIGINT NOT NULL CHECK (total > 0),
            notify_url TEXT NOT NULL,
            open_id TEXT NOT NULL,
            terms TEXT NOT NULL,
            state TEXT NOT NULL,
            refunded BIGINT NOT NULL CHECK (refunded >= 0 AND refunded <= total),
            created_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL,
            prepared_at BIGINT NOT NULL,
            paid_at BIGINT,
            closed_at BIGINT
            """),
        .sql("CREATE INDEX sandbox_wechat_order_by_paid ON sandbox_wechat_order (paid_at)"),
        .table(
            "sandbox_wechat_refund",
            """
            id BIGINT PRIMARY KEY NOT NULL,
            order_id BIGINT NOT NULL REFERENCES sandbox_wechat_order (id),
            out_refund_no TEXT NOT NULL UNIQUE,
            amount BIGINT NOT NULL CHECK (amount > 0),
            reason TEXT,
            notify_url TEXT,
            created_at BIGINT NOT NULL,
            outcome TEXT NOT NULL,
            due_at BIGINT NOT NULL,
            state TEXT NOT NULL
            """),
        .sql("CREATE INDEX sandbox_wechat_refund_by_order ON sandbox_wechat_refund (order_id)"),
        .sql("CREATE INDEX sandbox_wechat_refund_by_due ON sandbox_wechat_refund (due_at)"),
        .table(
            "sandbox_wechat_code",
            """
            code TEXT PRIMARY KEY NOT NULL,
            open_id TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            used_at BIGINT
            """),
    ]

    /// Applications in either mode, codes to be scanned, certificates, bills.
    private static let alipayProducts: [DDL] = [
        .column("sandbox_trade", "app_id TEXT NOT NULL DEFAULT '2021000000000000'"),
        .sql("CREATE INDEX sandbox_trade_by_payment ON sandbox_trade (paid_at)"),
        .sql("CREATE INDEX sandbox_refund_by_time ON sandbox_refund (created_at)"),
        .table(
            "sandbox_code",
            """
            out_trade_no TEXT PRIMARY KEY NOT NULL,
            token TEXT NOT NULL UNIQUE,
            app_id TEXT NOT NULL,
            subject TEXT NOT NULL,
            total BIGINT NOT NULL CHECK (total > 0),
            notify_url TEXT,
            passback TEXT,
            expires_at BIGINT NOT NULL,
            scannable_until BIGINT NOT NULL
            """),
        .table(
            "sandbox_certificate",
            """
            owner TEXT NOT NULL,
            number BIGINT NOT NULL,
            certificate TEXT NOT NULL,
            pem TEXT NOT NULL,
            PRIMARY KEY (owner, number)
            """),
        .table(
            "sandbox_bill_link",
            """
            token TEXT PRIMARY KEY NOT NULL,
            bill_date TEXT NOT NULL,
            expires_at BIGINT NOT NULL
            """),
    ]

    /// How many things of each kind a seed has numbered.
    private static let seeds: [DDL] = [
        .table(
            "sandbox_number",
            """
            kind TEXT PRIMARY KEY NOT NULL,
            number BIGINT NOT NULL
            """)
    ]
}
