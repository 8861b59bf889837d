import Basics
import Store

/// Adds a category, or a sub-category.
struct AddCategory: Sendable {
    let name: String
    let parent: ID<Category>?

    /// - Throws: `category-rules`, `category-unknown`, `category-too-deep`.
    func run(in tx: Transaction) throws -> Category {
        let parent = try parent.map { id in
            guard let parent = try tx.category(id) else {
                throw Problem.categoryUnknown.at("/parentId")
            }
            return parent
        }
        let category = try Category(name: name, below: parent)
        try tx.insert(category)
        return category
    }
}

/// Renames a category.
struct RenameCategory: Sendable {
    let category: ID<Category>
    let name: String

    /// - Throws: `not-found`, `category-rules`.
    func run(in tx: Transaction) throws -> Category {
        guard var category = try tx.lockCategory(category) else { throw Problem.notFound }
        category.value = try category.value.renamed(name)
        try tx.save(category)
        return category.value
    }
}
