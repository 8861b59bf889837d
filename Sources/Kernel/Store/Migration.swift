/// A numbered, append-only step of a module's schema.
package struct Migration: Sendable {
    /// `<module>-<number>`, unique over all modules.
    package let name: String
    package let steps: [DDL]

    package init(_ name: String, _ steps: [DDL]) {
        self.name = name
        self.steps = steps
    }
}

/// A piece of schema, written once and rendered for each engine.
///
/// Columns have the types `BIGINT`, `TEXT`, `BYTEA` and `BOOLEAN`, each on a line of its own.
package enum DDL: Sendable {
    case table(_ name: String, _ columns: String)
    /// A further column of a table, which may be NULL or has a default: `received BIGINT`.
    case column(_ table: String, _ column: String)
    /// Text that both engines read as it is: indexes, mostly.
    case sql(String)
    /// Text for SQLite alone.
    case sqlite(String)
    /// Refuses UPDATE and DELETE on a table: what is written there is history.
    case appendOnly(_ table: String)
}

extension DDL {
    func sqlite() -> [String] {
        switch self {
        case .table(let name, let columns):
            let lines = columns.split(separator: "\n").map { Self.sqliteColumn(String($0)) }
            return ["CREATE TABLE \(name) (\n\(lines.joined(separator: "\n"))\n) STRICT"]
        case .column(let table, let column):
            return ["ALTER TABLE \(table) ADD COLUMN\(Self.sqliteColumn(column))"]
        case .sql(let text), .sqlite(let text): return [text]
        case .appendOnly(let table):
            return ["UPDATE", "DELETE"].map { verb in
                """
                CREATE TRIGGER \(table)_no_\(verb.lowercased()) BEFORE \(verb) ON \(table)
                BEGIN SELECT RAISE(ABORT, '\(table) is append-only'); END
                """
            }
        }
    }

    /// `paid BOOLEAN NOT NULL,` -> `paid INTEGER CHECK (paid IN (0, 1)) NOT NULL,`
    private static func sqliteColumn(_ line: String) -> String {
        var words = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        for (index, word) in words.enumerated() {
            let comma = word.hasSuffix(",") ? "," : ""
            switch comma.isEmpty ? word : String(word.dropLast()) {
            case "BIGINT": words[index] = "INTEGER" + comma
            case "BYTEA": words[index] = "BLOB" + comma
            case "BOOLEAN": words[index] = "INTEGER CHECK (\(words[0]) IN (0, 1))" + comma
            default: break
            }
        }
        return "    " + words.joined(separator: " ")
    }

    /// Text sorts by bytes on both engines.
    private static func postgreSQLColumn(_ line: String) -> String {
        line.split(separator: " ").map { word in
            switch word {
            case "TEXT": "TEXT COLLATE \"C\""
            case "TEXT,": "TEXT COLLATE \"C\","
            default: String(word)
            }
        }.joined(separator: " ")
    }

    func postgreSQL() -> [String] {
        switch self {
        case .table(let name, let columns):
            let lines = columns.split(separator: "\n").map { Self.postgreSQLColumn(String($0)) }
            return ["CREATE TABLE \(name) (\n\(lines.joined(separator: "\n"))\n)"]
        case .column(let table, let column):
            return ["ALTER TABLE \(table) ADD COLUMN \(Self.postgreSQLColumn(column))"]
        case .sql(let text): return [text]
        case .sqlite: return []
        case .appendOnly(let table):
            return [
                """
                CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
                """,
                """
                CREATE TRIGGER \(table)_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON \(table)
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
                """,
            ]
        }
    }
}
