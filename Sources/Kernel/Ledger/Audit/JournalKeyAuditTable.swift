import Basics
import Store

extension Snapshot {
    /// Proves what a unique index would, where `JournalKeys` stands for it: that each of Kontor's own
    /// journals can be found by its key, and that no two have the same kind and reference.
    ///
    /// In memory are the keys that the table does not have, as in the writer.
    func checkJournalKeys() throws {
        // On PostgreSQL there is an index.
        guard isOnlyWriter else { return }
        let parts = try journalKeyParts()
        var expected = KeySum()
        var found = KeySum()
        var new: [JournalKeys.Entry] = []
        try eachOwnJournal(after: .none) { entry in
            if entry.journal > parts[entry.key.part].through {
                new.append(entry)
            } else {
                expected.add(entry)
            }
        }
        var same: [JournalKeys.Entry] = []
        try eachWrittenKey { entry in
            found.add(entry)
            guard parts[entry.key.part].written > 0 else {
                throw LedgerFault("journal-key", "part \(entry.key.part) is said to have no keys")
            }
            try check(entry, &same)
        }
        guard found == expected else {
            throw LedgerFault("journal-key", "the keys of journals are not those of the journals")
        }
        same = []
        for entry in new.sorted(by: { ($0.key, $0.journal) < ($1.key, $1.journal) }) {
            if same.first?.key != entry.key { same = try writtenEntries(under: entry.key) }
            try check(entry, &same)
        }
    }

    /// - Parameter same: entries with one key, of which this may be another.
    private func check(_ entry: JournalKeys.Entry, _ same: inout [JournalKeys.Entry]) throws {
        if same.first?.key != entry.key { same.removeAll(keepingCapacity: true) }
        for other in same where try haveSameName(entry.journal, other.journal) {
            throw LedgerFault(
                "journal-twice",
                "\(other.journal) and \(entry.journal) are of one kind for one reference")
        }
        same.append(entry)
    }

    private func writtenEntries(under key: JournalKey) throws -> [JournalKeys.Entry] {
        try rows("SELECT journal FROM journal_key WHERE hash = \(key.rawValue)") {
            JournalKeys.Entry(key: key, journal: try $0[0])
        }
    }

    private func haveSameName(_ one: JournalID, _ other: JournalID) throws -> Bool {
        try number(
            """
            SELECT COUNT(*) FROM journal a JOIN journal b ON b.kind = a.kind AND b.reference = a.reference
            WHERE a.id = \(one) AND b.id = \(other)
            """) > 0
    }
}

/// A set of keys, in a sum of digests.
private struct KeySum: Equatable {
    private var count = 0
    private var sum: UInt64 = 0

    mutating func add(_ entry: JournalKeys.Entry) {
        count += 1
        sum &+= Digest.of(entry.key.rawValue, entry.journal.rawValue)
    }
}
