import Basics
import Store

extension Category {
    fileprivate static let columns: SQL = "id, parent_id, name"

    fileprivate init(row: Row) throws {
        try self.init(id: row[0], parentID: row[1], name: row[2])
    }
}

extension Snapshot {
    /// All of them, each level in the order it was made: there are few.
    func categories() throws -> [Category] {
        try rows("SELECT \(Category.columns) FROM course_category ORDER BY id") {
            try Category(row: $0)
        }
    }

    func category(_ id: ID<Category>) throws -> Category? {
        try first("SELECT \(Category.columns) FROM course_category WHERE id = \(id)") {
            try Category(row: $0)
        }
    }
}

extension Transaction {
    func lockCategory(_ id: ID<Category>) throws -> Locked<Category>? {
        try lock("SELECT \(Category.columns) FROM course_category WHERE id = \(id)") {
            try Category(row: $0)
        }
    }

    func insert(_ category: Category) throws {
        try run(
            """
            INSERT INTO course_category (\(Category.columns))
            VALUES (\(category.id), \(category.parentID), \(category.name))
            """)
    }

    func save(_ category: Locked<Category>) throws {
        try run(
            "UPDATE course_category SET name = \(category.name) WHERE id = \(category.id)")
    }
}
