import Basics
import Store

/// The keys of Kontor's own journals where this process alone writes: the newest in memory, the others in
/// a table. It is what a unique index would be, with far fewer pages to change.
///
/// References are in no order, so each would change a page of an index of its own, which is written to
/// the log, carried over and synced: with ten million journals that was two thirds of the writer's time.
/// Here a new key changes nothing. The journal's row says it already, and after a start those that the
/// table does not have yet are read from there. Keys are divided into 4,096 parts; part by part, in turn,
/// what has gathered is moved to the table in its order, many rows to a page.
///
/// A cache of another kind than those of rows: what is not in the table is in no need of being written
/// before the commit. So the table alone never answers, and nobody else asks it.
///
/// PostgreSQL, where others write too, has the index.
final class JournalKeys: RowCache {
    static let table = "journal_key"

    struct Entry {
        let key: JournalKey
        let journal: JournalID
    }

    /// One of the parts that all keys are divided into.
    struct Part {
        /// In the order in which they were posted.
        var new: [Entry] = []
        /// The table has the keys of journals up to this one.
        var through = JournalID.none
        /// How many keys the table has.
        var written: Int64 = 0
    }

    /// What can be taken back.
    private enum Change {
        case added(part: Int)
        case moved(part: Int, before: Part)
        /// Everything was read anew, or forgotten.
        case reset
    }

    /// Empty until they are read.
    private var parts: [Part] = []
    /// No journal has a greater id.
    private var last = JournalID.none
    /// How many keys the table has.
    private var written: Int64 = 0
    /// How many keys have come and had no part moved for them.
    private var waiting: Int64 = 0
    /// Whose turn it is.
    private var next = 0
    private var changes: [Change] = []

    /// How many keys come in one round of turns, at least: 4 MB.
    var fewest: Int64 = 1 << 18
    /// Beyond, a sixteenth of all: then every page that is changed gets several.
    private static let share: Int64 = 16

    var noted: Int { changes.count }

    /// The journals that may have one of these keys.
    func journals(under keys: ClosedRange<JournalKey>, _ tx: Transaction) throws -> [JournalID] {
        try load(tx)
        let part = parts[keys.lowerBound.part]
        var found: [JournalID] = []
        for entry in part.new where keys.contains(entry.key) { found.append(entry.journal) }
        if part.written > 0 { found += try tx.writtenJournals(under: keys) }
        return found
    }

    /// Takes in the key of a journal that is being posted.
    func add(_ key: JournalKey, _ journal: JournalID, _ tx: Transaction) throws {
        try load(tx)
        guard journal > last else {
            // A machine's clock was set back. What is read after a start is what came after a journal,
            // by id: this one would be missed.
            return try move(key.part, with: Entry(key: key, journal: journal), tx)
        }
        parts[key.part].new.append(Entry(key: key, journal: journal))
        changes.append(.added(part: key.part))
        last = journal
        waiting += 1
    }

    /// Another journal has come, which needs no key: it is one more to look through after a start.
    func pass() {
        if !parts.isEmpty { waiting += 1 }
    }

    private func load(_ tx: Transaction) throws {
        guard parts.isEmpty else { return }
        let loaded = try tx.loadJournalKeyParts()
        changes.append(.reset)
        parts = loaded.parts
        last = parts.reduce(loaded.last) { max($0, $1.through) }
        written = parts.reduce(0) { $0 + $1.written }
        waiting = 0
        next = parts.indices.min { parts[$0].through < parts[$1].through } ?? 0
        // A database from before has them all to be read, and not once more.
        let isFromBefore = parts[next].through == .none
        if isFromBefore, try tx.journalCount() > 2 * fewest {
            for part in parts.indices { try move(part, tx) }
        }
    }

    func flush(into tx: Transaction) throws {
        guard !parts.isEmpty else { return }
        let round = max(fewest, written / Self.share)
        let turns = waiting * Int64(JournalKey.parts) / round
        waiting -= turns * round / Int64(JournalKey.parts)
        for _ in 0..<turns {
            try move(next, tx)
            next = (next + 1) % JournalKey.parts
        }
    }

    /// Moves a part's keys to the table.
    private func move(_ part: Int, with another: Entry? = nil, _ tx: Transaction) throws {
        let before = parts[part]
        let entries = before.new + (another.map { [$0] } ?? [])
        for entry in entries.sorted(by: { $0.key < $1.key }) { try tx.insert(entry) }
        let moved = Part(through: last, written: before.written + Int64(entries.count))
        try tx.save(moved, at: part)
        changes.append(.moved(part: part, before: before))
        parts[part] = moved
        written += Int64(entries.count)
    }

    func undo(to place: Int) {
        for change in changes[place...].reversed() {
            switch change {
            case .reset: parts = []
            case .added(let part):
                if !parts.isEmpty { parts[part].new.removeLast() }
            case .moved(let part, let before):
                // Its turn has passed all the same, and comes again.
                if parts.isEmpty { continue }
                written -= parts[part].written - before.written
                parts[part] = before
            }
        }
        changes.removeLast(changes.count - place)
    }

    func committed() { changes.removeAll(keepingCapacity: true) }

    func forget() {
        parts = []
        changes.append(.reset)
    }
}
