import Store

/// The tables of Web itself.
enum WebMigrations {
    static let all = [
        Migration(
            "web-1",
            [
                .table(
                    "idempotency",
                    """
                    actor BIGINT NOT NULL,
                    command_key TEXT NOT NULL,
                    fingerprint BYTEA NOT NULL,
                    status BIGINT NOT NULL,
                    body BYTEA NOT NULL,
                    created_at BIGINT NOT NULL,
                    PRIMARY KEY (actor, command_key)
                    """)
            ])
    ]
}
