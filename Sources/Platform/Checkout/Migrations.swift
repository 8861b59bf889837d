import Store

let checkoutMigrations = [
    Migration(
        "checkout-1",
        [
            // A version is never changed but for its status; a PATCH makes the next one.
            .table(
                "quote",
                """
                id BIGINT NOT NULL,
                version BIGINT NOT NULL,
                member_id BIGINT NOT NULL,
                status TEXT NOT NULL,
                request TEXT NOT NULL,
                total BIGINT NOT NULL,
                wallet_amount BIGINT NOT NULL,
                line_prices TEXT NOT NULL,
                view TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                PRIMARY KEY (id, version)
                """),
            .table(
                "purchase_order",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                member_id BIGINT NOT NULL,
                business TEXT NOT NULL,
                status TEXT NOT NULL,
                list_total BIGINT NOT NULL,
                line_discount BIGINT NOT NULL,
                order_discount BIGINT NOT NULL,
                total BIGINT NOT NULL,
                wallet_amount BIGINT NOT NULL,
                gateway_amount BIGINT NOT NULL,
                refunded BIGINT NOT NULL,
                order_coupon_id BIGINT,
                hold_id BIGINT,
                created_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                paid_at BIGINT,
                CHECK (total = list_total - line_discount - order_discount),
                CHECK (total = wallet_amount + gateway_amount),
                CHECK (refunded >= 0 AND refunded <= total)
                """),
            .sql("CREATE INDEX purchase_order_member ON purchase_order (member_id, id)"),
            .sql(
                """
                CREATE INDEX purchase_order_member_status
                ON purchase_order (member_id, status, id)
                """),
            .sql("CREATE INDEX purchase_order_status ON purchase_order (status, id)"),
            .table(
                "order_line",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                order_id BIGINT NOT NULL REFERENCES purchase_order (id),
                number BIGINT NOT NULL,
                product_kind TEXT NOT NULL,
                product_id BIGINT NOT NULL,
                policy_id BIGINT NOT NULL,
                title TEXT NOT NULL,
                days BIGINT,
                list_price BIGINT NOT NULL,
                line_discount BIGINT NOT NULL,
                order_discount BIGINT NOT NULL,
                net BIGINT NOT NULL CHECK (net >= 0),
                wallet BIGINT NOT NULL,
                gateway BIGINT NOT NULL,
                coupon_id BIGINT,
                refunded_wallet BIGINT NOT NULL,
                refunded_gateway BIGINT NOT NULL,
                refunded_at BIGINT,
                UNIQUE (order_id, number),
                CHECK (net = list_price - line_discount - order_discount),
                CHECK (net = wallet + gateway),
                CHECK (refunded_wallet >= 0 AND refunded_wallet <= wallet),
                CHECK (refunded_gateway >= 0 AND refunded_gateway <= gateway)
                """),
            .table(
                "order_refund",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                order_id BIGINT NOT NULL REFERENCES purchase_order (id),
                wallet BIGINT NOT NULL,
                gateway BIGINT NOT NULL,
                reason TEXT NOT NULL,
                actor BIGINT NOT NULL,
                payment_refund_id BIGINT,
                created_at BIGINT NOT NULL
                """),
            .sql("CREATE INDEX order_refund_order ON order_refund (order_id, id)"),
            // Every transition of an order, with who made it: the timeline operators read.
            .table(
                "order_event",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                order_id BIGINT NOT NULL REFERENCES purchase_order (id),
                kind TEXT NOT NULL,
                actor TEXT NOT NULL,
                at BIGINT NOT NULL
                """),
            .sql("CREATE INDEX order_event_order ON order_event (order_id, id)"),
        ]),
    Migration(
        "checkout-2",
        [
            // A refund that a second person has to approve; changed only under its order's lock.
            .table(
                "refund_request",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                order_id BIGINT NOT NULL REFERENCES purchase_order (id),
                status TEXT NOT NULL,
                lines TEXT,
                amount BIGINT,
                total BIGINT NOT NULL CHECK (total >= 0),
                reason TEXT NOT NULL,
                requested_by BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                decided_by BIGINT,
                decided_at BIGINT,
                decision_reason TEXT,
                order_refund_id BIGINT REFERENCES order_refund (id),
                CHECK ((lines IS NULL) <> (amount IS NULL)),
                CHECK ((status = 'pending') = (decided_by IS NULL)),
                CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
                CHECK ((status = 'approved') = (order_refund_id IS NOT NULL)),
                CHECK ((status = 'rejected') = (decision_reason IS NOT NULL)),
                CHECK (status <> 'approved' OR decided_by <> requested_by)
                """),
            .sql(
                """
                CREATE UNIQUE INDEX refund_request_pending ON refund_request (order_id)
                WHERE status = 'pending'
                """),
            .sql("CREATE INDEX refund_request_status ON refund_request (status, id)"),
        ]),
]
