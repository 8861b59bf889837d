import Store

package let schedulingMigrations = [
    Migration(
        "scheduling-1",
        [
            .table(
                "job",
                """
                id BIGINT PRIMARY KEY NOT NULL,
                kind TEXT NOT NULL,
                key TEXT NOT NULL,
                payload TEXT NOT NULL,
                due_at BIGINT NOT NULL,
                revision BIGINT NOT NULL,
                attempts BIGINT NOT NULL,
                lease BIGINT NOT NULL,
                lease_until BIGINT NOT NULL,
                last_error TEXT,
                done_at BIGINT
                """),
            .sql("CREATE UNIQUE INDEX job_open ON job (kind, key) WHERE done_at IS NULL"),
            .sql("CREATE INDEX job_due ON job (due_at) WHERE done_at IS NULL"),
            .sql("CREATE INDEX job_done ON job (done_at) WHERE done_at IS NOT NULL"),
        ])
]
