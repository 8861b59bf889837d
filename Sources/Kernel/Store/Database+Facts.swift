import Basics

extension Database {
    /// The version of the library or the server behind this database.
    package func engineVersion() async throws -> String {
        let sql: SQL =
            engineName == "sqlite"
            ? "SELECT sqlite_version()" : "SELECT current_setting('server_version')"
        return try await read { try $0.first(sql) { try $0[0] } ?? "" }
    }

    /// What stands behind "durable" here, in the engine's own words.
    package func durability() async throws -> String {
        guard engineName != "sqlite" else { return "WAL, synchronous=FULL" }
        let (fsync, commit) = try await read { snapshot in
            try snapshot.first(
                """
                SELECT current_setting('fsync'), current_setting('synchronous_commit')
                """
            ) { (try $0[0] as String, try $0[1] as String) } ?? ("", "")
        }
        return "fsync=\(fsync), synchronous_commit=\(commit)"
    }

    /// How far a clock of this machine is ahead of the database server's, or behind if it is negative, by no
    /// more than is certain: the answer is of some moment while it was waited for. nil where the database
    /// is a file.
    package func clockOffset(of clock: Clock = Clock()) async throws -> Duration? {
        guard engineName != "sqlite" else { return nil }
        let asked = clock.now
        let server = Instant(
            microseconds: try await read {
                try $0.number(
                    "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)")
            })
        let answered = clock.now
        if server < asked { return asked - server }
        return server > answered ? answered - server : .zero
    }

    /// How much of the disk the tables and indexes take, in bytes; the log is left out.
    package func bytesOnDisk() async throws -> Int64 {
        let sql: SQL =
            engineName == "sqlite"
            ? "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            : "SELECT pg_database_size(current_database())"
        return try await read { try $0.number(sql) }
    }
}
