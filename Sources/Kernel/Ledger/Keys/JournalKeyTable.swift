import Basics
import Store

private enum WrittenKey {
    static let between = PreparedSQL(
        "SELECT journal FROM journal_key WHERE hash BETWEEN ? AND ?")
    static let insert = PreparedSQL("INSERT INTO journal_key (hash, journal) VALUES (?, ?)")
}

extension Transaction {
    /// Takes the key of a journal that is about to be written, if it is one of Kontor's own, where no
    /// index is in the way.
    ///
    /// - Throws: `LedgerError.duplicate`, and so does the body.
    func claimKey(of journal: Journal, _ id: JournalID) throws {
        let keys = cache(JournalKeys.self)
        if journal.isForeign { return keys.pass() }
        let key = JournalKey(kind: journal.kind, reference: journal.reference)
        try bypassingCaches {
            for known in try keys.journals(under: key...key, self)
            where try isJournal(known, journal.kind, journal.reference) {
                throw failing(LedgerError.duplicate(of: journal))
            }
            try keys.add(key, id, self)
        }
    }

    /// Kontor's own journal of a kind for a reference, if it was posted.
    package func journalID(kind: String, reference: String) throws -> JournalID? {
        guard isOnlyWriter else {
            return try first(
                """
                SELECT id FROM journal
                WHERE reference = \(reference) AND kind = \(kind) AND NOT is_foreign
                """
            ) { try $0[0] }
        }
        let key = JournalKey(kind: kind, reference: reference)
        return try journals(under: key...key).first { try isJournal($0, kind, reference) }
    }

    private func isJournal(_ id: JournalID, _ kind: String, _ reference: String) throws -> Bool {
        try number(
            """
            SELECT COUNT(*) FROM journal
            WHERE id = \(id) AND kind = \(kind) AND reference = \(reference)
            """) > 0
    }

    /// Kontor's own journals that may be for a reference, whatever their kind.
    func ownJournals(for reference: String) throws -> [JournalID] {
        try journals(under: JournalKey.all(for: reference))
    }

    private func journals(under keys: ClosedRange<JournalKey>) throws -> [JournalID] {
        try bypassingCaches { try cache(JournalKeys.self).journals(under: keys, self) }
    }

    /// Those of them that the table knows.
    func writtenJournals(under keys: ClosedRange<JournalKey>) throws -> [JournalID] {
        try rows(
            WrittenKey.between.with {
                $0.add(keys.lowerBound.rawValue)
                $0.add(keys.upperBound.rawValue)
            }
        ) { try $0[0] }
    }

    func insert(_ entry: JournalKeys.Entry) throws {
        try add(WrittenKey.insert) {
            $0.add(entry.key.rawValue)
            $0.add(entry.journal)
        }
    }

    func save(_ part: JournalKeys.Part, at index: Int) throws {
        try run(
            """
            INSERT INTO journal_key_part (part, through, written)
            VALUES (\(Int64(index)), \(part.through), \(part.written))
            ON CONFLICT (part) DO UPDATE SET through = excluded.through, written = excluded.written
            """)
    }
}

extension JournalID {
    /// Before all ids.
    static var none: JournalID { JournalID(rawValue: 0) }
}

extension Snapshot {
    private static let slice = 10_000

    /// All parts, with the keys in them that the table does not have, and the greatest id of a journal.
    func loadJournalKeyParts() throws -> (parts: [JournalKeys.Part], last: JournalID) {
        var parts = try journalKeyParts()
        try eachOwnJournal(after: parts.map(\.through).min() ?? .none) { entry in
            if entry.journal > parts[entry.key.part].through {
                parts[entry.key.part].new.append(entry)
            }
        }
        let newest = try number("SELECT COALESCE(MAX(id), 0) FROM journal")
        return (parts, JournalID(rawValue: newest))
    }

    func journalCount() throws -> Int64 { try number("SELECT COUNT(*) FROM journal") }

    /// The parts as the table has them.
    func journalKeyParts() throws -> [JournalKeys.Part] {
        var parts = [JournalKeys.Part](repeating: JournalKeys.Part(), count: JournalKey.parts)
        let written = try rows("SELECT part, through, written FROM journal_key_part") {
            (
                index: Int(try $0[0] as Int64),
                part: JournalKeys.Part(through: try $0[1], written: try $0[2])
            )
        }
        for (index, part) in written { parts[index] = part }
        return parts
    }

    /// Kontor's own journals after one, by their ids.
    func eachOwnJournal(
        after first: JournalID, _ body: (JournalKeys.Entry) throws -> Void
    ) throws {
        try each(
            after: first.rawValue,
            {
                """
                SELECT id, kind, reference FROM journal WHERE id > \($0) AND NOT is_foreign
                ORDER BY id
                """
            }
        ) {
            try body(
                JournalKeys.Entry(
                    key: JournalKey(kind: try $0[1], reference: try $0[2]), journal: try $0[0]))
        }
    }

    /// What the table has, by keys.
    func eachWrittenKey(_ body: (JournalKeys.Entry) throws -> Void) throws {
        var last = JournalKeys.Entry(key: JournalKey(rawValue: .min), journal: .none)
        while true {
            let slice = try rows(
                """
                SELECT hash, journal FROM journal_key
                WHERE (hash, journal) > (\(last.key.rawValue), \(last.journal))
                ORDER BY hash, journal LIMIT \(Self.slice)
                """
            ) { JournalKeys.Entry(key: JournalKey(rawValue: try $0[0]), journal: try $0[1]) }
            for entry in slice { try body(entry) }
            guard slice.count == Self.slice, let end = slice.last else { return }
            last = end
        }
    }
}

/// How Kontor's own journals for a reference are found.
package enum OwnJournals: Sendable {
    /// By an index of the database.
    case indexed
    /// They are among these.
    case among([JournalID])
}

extension Database {
    /// Makes ready to post, when a server starts: later journals get later times, also if the machine's
    /// clock was set back, and the newest keys are in memory.
    package func openBooks() async throws {
        if let last = try await read({ try $0.lastJournalTime() }) { raiseTime(above: last) }
        _ = try await ownJournals(for: "")
    }

    /// How Kontor's own journals for a reference are found by who only reads: where their newest keys are
    /// in the writer's memory, the writer is asked.
    package func ownJournals(for reference: String) async throws -> OwnJournals {
        guard isOnlyWriter else { return .indexed }
        return .among(try await write { try $0.ownJournals(for: reference) })
    }
}
