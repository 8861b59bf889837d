/// What part of a list is asked for: at most `limit` rows after a cursor.
package struct PageRequest: Hashable, Sendable {
    package static let defaultLimit = 20
    package static let limits = 1...100

    package let limit: Int
    /// The id of the last row of the page before; lists run from new to old unless they say otherwise.
    package let after: Int64?

    package init(limit: Int = defaultLimit, after: Int64? = nil) {
        self.limit = limit
        self.after = after
    }
}

/// A part of a list, and where the next part begins.
package struct Page<Item> {
    package let items: [Item]
    /// nil on the last page.
    package let next: Int64?

    package init(items: [Item], next: Int64?) {
        self.items = items
        self.next = next
    }

    /// Cuts a page from rows of which one more than the limit was asked for.
    package init(rows: [Item], request: PageRequest, key: (Item) -> Int64) {
        let surplus = rows.count - request.limit
        var items = rows
        if surplus > 0 { items.removeLast(surplus) }
        self.init(items: items, next: surplus > 0 ? items.last.map(key) : nil)
    }

    package func map<Other>(_ transform: (Item) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), next: next)
    }
}

extension Page: Sendable where Item: Sendable {}
