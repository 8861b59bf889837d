import Basics

/// A page of a list, as every list answers.
package struct ListView<Item: Codable & Sendable>: Codable, Sendable {
    package let items: [Item]
    /// Given back as `?cursor=` for the next page; null on the last.
    package let nextCursor: String?
    /// How many there are in all, on lists for operators.
    package let total: Int64?

    package init(items: [Item], nextCursor: String? = nil, total: Int64? = nil) {
        self.items = items
        self.nextCursor = nextCursor
        self.total = total
    }

    package init(_ page: Page<Item>, total: Int64? = nil) {
        self.init(page, total: total) { $0 }
    }

    package init<Row>(
        _ page: Page<Row>, total: Int64? = nil, _ view: (Row) throws -> Item
    ) rethrows {
        items = try page.items.map(view)
        nextCursor = page.next.map { Base32.encode($0) }
        self.total = total
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        // Written even if it is null: clients loop until it is.
        try container.encode(nextCursor, forKey: .nextCursor)
        try container.encodeIfPresent(total, forKey: .total)
    }
}

/// A view that is a page of a list.
protocol PagedView {}

extension ListView: PagedView {}
