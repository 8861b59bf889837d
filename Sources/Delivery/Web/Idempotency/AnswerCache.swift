import Store

/// The answers that a batch has given and not yet written: they become rows together, before its commit.
///
/// So each body asks the database whether its key is free and writes nothing for that, and a refusal
/// that wrote nothing else leaves its neighbours alone.
final class AnswerCache: RowCache {
    static let table = "idempotency"

    /// What can be taken back.
    private enum Change {
        case added
        /// Rows were written; so many had been before.
        case wrote(from: Int)
    }

    private struct Key: Hashable {
        let actor: Int64
        let key: String

        init(_ command: CommandKey) { (actor, key) = (command.actor, command.key) }
    }

    /// Of this transaction, written or not.
    private var rows: [StoredRow] = []
    private var places: [Key: Int] = [:]
    private var written = 0
    private var changes: [Change] = []

    var noted: Int { changes.count }

    subscript(command: CommandKey) -> StoredRow? { places[Key(command)].map { rows[$0] } }

    func add(_ row: StoredRow) {
        places[Key(row.command)] = rows.count
        rows.append(row)
        changes.append(.added)
    }

    func flush(into tx: Transaction) throws {
        guard written < rows.count else { return }
        for row in rows[written...] { try tx.insert(row) }
        changes.append(.wrote(from: written))
        written = rows.count
    }

    func undo(to place: Int) {
        for change in changes[place...].reversed() {
            switch change {
            case .added: places[Key(rows.removeLast().command)] = nil
            case .wrote(let from): written = from
            }
        }
        changes.removeLast(changes.count - place)
        // What was forgotten because it had been written is not written any more.
        for index in written..<rows.count { places[Key(rows[index].command)] = index }
    }

    func committed() {
        rows.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        changes.removeAll(keepingCapacity: true)
        written = 0
    }

    /// All of it has been written when a statement of others changes the table: what stands there counts.
    func forget() { places.removeAll(keepingCapacity: true) }
}
