/// Rows of one table that writers keep in memory: read once, changed in memory by any number of
/// bodies, and written once, before the commit that answers them all.
///
/// Bodies cannot tell. A statement that names the table finds everything written first, and one that
/// changes it makes the cache forget. What a body did is undone with the body, and what a batch did
/// with the batch. Its own statements go through `Transaction.bypassingCaches`. Used by one thread.
package protocol RowCache: AnyObject {
    static var table: String { get }
    init()
    /// How many changes have been noted since the last commit: a place to come back to.
    var noted: Int { get }
    /// Writes what only memory knows, or as much of it as is to be written now.
    func flush(into tx: Transaction) throws
    /// Takes back the changes after a place.
    func undo(to place: Int)
    /// What was changed is durable.
    func committed()
    /// Knows nothing any more.
    func forget()
}

/// The caches of one writing connection.
final class RowCaches {
    private final class Entry {
        let id: ObjectIdentifier
        let table: String
        let cache: any RowCache
        /// Where the cache was when the body that runs began.
        var place = 0

        init(_ cache: any RowCache) {
            id = ObjectIdentifier(type(of: cache))
            table = type(of: cache).table
            self.cache = cache
        }
    }

    private var caches: [Entry] = []
    private var touches: [SQLShape: Touch] = [:]
    /// Whether the statements that run are a cache's own.
    private var isBypassed = false

    func cache<Cache: RowCache>(_ type: Cache.Type) -> Cache {
        let id = ObjectIdentifier(type)
        for entry in caches where entry.id == id {
            return unsafeDowncast(entry.cache, to: Cache.self)
        }
        let cache = Cache()
        caches.append(Entry(cache))
        touches.removeAll()
        return cache
    }

    /// What a statement does to a cached table.
    private enum Touch { case nothing, reads, changes }

    /// To be asked before a statement is executed, so that it finds all that memory knows.
    func prepare(for sql: SQL, in tx: Transaction) throws {
        if caches.isEmpty || isBypassed { return }
        switch touch(of: sql.shape) {
        case .nothing: return
        case .reads: try flush(into: tx)
        case .changes:
            try flush(into: tx)
            for entry in caches { entry.cache.forget() }
        }
    }

    private func touch(of shape: SQLShape) -> Touch {
        if let known = touches[shape] { return known }
        var touch = Touch.nothing
        if caches.contains(where: { shape.mentions(table: $0.table) }) {
            touch = shape.isSelect ? .reads : .changes
        }
        if touches.count >= 1_000 { touches.removeAll() }
        touches[shape] = touch
        return touch
    }

    func flush(into tx: Transaction) throws {
        try bypassing { for entry in caches { try entry.cache.flush(into: tx) } }
    }

    func bypassing<Value>(_ body: () throws -> Value) rethrows -> Value {
        let before = isBypassed
        isBypassed = true
        defer { isBypassed = before }
        return try body()
    }

    /// Another body begins.
    func beginBody() {
        for entry in caches { entry.place = entry.cache.noted }
    }

    /// Takes back what that body did.
    func undoBody() { for entry in caches { entry.cache.undo(to: entry.place) } }

    /// Takes back what all did since the last commit.
    func undo() { for entry in caches { entry.cache.undo(to: 0) } }

    func committed() { for entry in caches { entry.cache.committed() } }
    func forget() { for entry in caches { entry.cache.forget() } }
}
