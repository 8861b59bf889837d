import Store

let identityMigrations = [
    Migration(
        "identity-1",
        [
            .table(
                "identity_secret",
                """
                name TEXT PRIMARY KEY NOT NULL,
                value BYTEA NOT NULL
                """),
            .table(
                "member",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                username TEXT NOT NULL,
                username_key TEXT NOT NULL,
                phone TEXT,
                roles TEXT NOT NULL,
                status TEXT NOT NULL,
                invite_code TEXT NOT NULL,
                invited_by BIGINT REFERENCES member (id),
                created_at BIGINT NOT NULL,
                last_login_at BIGINT,
                password_hash TEXT NOT NULL,
                login_failures BIGINT NOT NULL,
                login_locked_until BIGINT,
                payment_password_hash TEXT,
                payment_failures BIGINT NOT NULL,
                payment_locked_until BIGINT
                """),
            .sql("CREATE UNIQUE INDEX member_username ON member (username_key)"),
            .sql("CREATE UNIQUE INDEX member_phone ON member (phone)"),
            .sql("CREATE UNIQUE INDEX member_invite_code ON member (invite_code)"),
            .sql("CREATE INDEX member_invited_by ON member (invited_by)"),
            .table(
                "member_session",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                member_id BIGINT NOT NULL REFERENCES member (id),
                kind TEXT NOT NULL,
                cookie_hash BYTEA,
                rotations BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                revoked_at BIGINT
                """),
            .sql("CREATE UNIQUE INDEX member_session_cookie ON member_session (cookie_hash)"),
            .sql(
                """
                CREATE INDEX member_session_open ON member_session (member_id)
                WHERE revoked_at IS NULL
                """),
            .table(
                "verification_code",
                """
                phone TEXT NOT NULL,
                purpose TEXT NOT NULL,
                nonce BYTEA NOT NULL,
                sent_at BIGINT NOT NULL,
                wrong_tries BIGINT NOT NULL,
                is_used BOOLEAN NOT NULL,
                sent BIGINT NOT NULL,
                window_start BIGINT NOT NULL,
                PRIMARY KEY (phone, purpose)
                """),
        ]),
    Migration(
        "identity-2",
        [
            .table(
                "api_key",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                name TEXT NOT NULL,
                roles TEXT NOT NULL,
                prefix TEXT NOT NULL,
                secret_hash BYTEA UNIQUE NOT NULL,
                created_by BIGINT NOT NULL REFERENCES member (id),
                created_at BIGINT NOT NULL,
                revoked_at BIGINT
                """)
        ]),
    Migration(
        "identity-3", [.sql("CREATE INDEX member_session_end ON member_session (expires_at, id)")]),
    Migration(
        "identity-4",
        [
            .table(
                "member_wechat",
                """
                app_id TEXT NOT NULL,
                open_id TEXT NOT NULL,
                member_id BIGINT NOT NULL REFERENCES member (id),
                union_id TEXT,
                bound_at BIGINT NOT NULL,
                PRIMARY KEY (app_id, open_id)
                """),
            .sql("CREATE UNIQUE INDEX member_wechat_member ON member_wechat (member_id, app_id)"),
            .table(
                "member_event",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                member_id BIGINT NOT NULL REFERENCES member (id),
                kind TEXT NOT NULL,
                about TEXT NOT NULL,
                happened_at BIGINT NOT NULL
                """),
            .sql("CREATE INDEX member_event_member ON member_event (member_id, id)"),
        ]),
]
