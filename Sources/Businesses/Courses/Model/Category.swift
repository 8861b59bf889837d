import Basics

/// A shelf of the shop. There are two levels: a category, and categories inside it.
package struct Category: Entity, Hashable, Sendable {
    package static let prefix = "cat"
    static let longestName = 60

    let id: ID<Category>
    /// nil for a category of the first level. It never changes, so no cycle can come about.
    let parentID: ID<Category>?
    var name: String
}

extension Category {
    /// - Throws: `category-rules`; `category-too-deep` below a sub-category.
    init(name: String, below parent: Category?) throws(Problem) {
        guard parent?.parentID == nil else { throw .categoryTooDeep }
        self.init(id: .make(), parentID: parent?.id, name: try Self.checked(name))
    }

    func renamed(_ name: String) throws(Problem) -> Category {
        var copy = self
        copy.name = try Self.checked(name)
        return copy
    }

    private static func checked(_ name: String) throws(Problem) -> String {
        var faults = Faults()
        let name = faults.line(name, atMost: longestName, "/name")
        try faults.refuse("category-rules")
        return name
    }
}
