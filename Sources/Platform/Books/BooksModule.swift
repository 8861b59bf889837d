import Ledger
import Store
import Web

/// The ledger for programs and bookkeepers outside: accounts of their own, journals, holds. It has no
/// tables: what it does is in the books.
package struct BooksModule: Module {
    package let name = "ledger"
    package let templates = EmbeddedFiles(Embedded.files)
    let books: Books

    /// - Parameter guarded: accounts that the modules' own rows account for.
    package init(database: Database, guarded: Set<AccountAddress> = []) {
        books = Books(database: database, guarded: guarded)
    }

    package func api(_ api: API) {
        journalRoutes(api)
        holdRoutes(api)
        accountRoutes(api)
    }
}

/// What is said and done here is said of journals that come from outside (`Journal.isForeign`).
struct Books: Sendable {
    let database: Database
    let guarded: Set<AccountAddress>
}
