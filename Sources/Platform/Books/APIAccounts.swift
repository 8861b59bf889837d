import Basics
import Hummingbird
import Ledger
import Money
import Store
import Web

struct AccountBody: Decodable, Sendable {
    var address: AccountAddress
    /// `CNY` unless told.
    var currency: CurrencyCode?
    /// The least it may hold: 0 unless told; null if it may be overdrawn without end.
    var floor: Change<Amount>
}

/// Accounts: opening, reading, stopping.
extension BooksModule {
    func accountRoutes(_ api: API) {
        openingRoutes(api)
        readingRoutes(api)
        let books = books
        change(api, "freeze", "Stops an account: nothing goes in or out") {
            try books.setFrozen(true, $0, in: $1)
        }
        change(api, "unfreeze", "Lets a stopped account go on") {
            try books.setFrozen(false, $0, in: $1)
        }
    }

    private func openingRoutes(_ api: API) {
        let books = books
        api.post(
            "/admin/ledger/accounts", summary: "Opens an account", auth: .role(.finance),
            body: AccountBody.self, returns: AccountView.self, status: .created,
            problems: [
                .status(409, "account-exists"),
                .status(422, "address-not-free", "floor-above-zero"),
            ]
        ) { request, body -> AccountView in
            try await books.database.write { tx in
                let account = try books.open(
                    body.address, currency: (body.currency ?? .cny).currency,
                    floor: body.floor == .keep ? .zero : body.floor.applied(to: nil), in: tx)
                return try AccountView(account, in: tx)
            }
        }
        api.get(
            "/admin/ledger/accounts", summary: "All accounts, newest first", auth: .role(.finance),
            returns: ListView<AccountView>.self
        ) { request in
            let page = try request.page()
            return try await books.database.read { snapshot in
                try ListView(try snapshot.accounts(page)) { try AccountView($0, in: snapshot) }
            }
        }
        api.get(
            "/admin/ledger/trial-balance", summary: "What all accounts hold, added up",
            auth: .role(.finance), returns: TrialBalanceView.self,
            problems: [.status(422, "overflow")]
        ) { _ in
            try await books.database.survey {
                TrialBalanceView(try $0.trialBalance(), at: $0.now)
            }
        }
    }

    private func readingRoutes(_ api: API) {
        let books = books
        let missing: ExpectedProblem = .status(404, "account-not-found")
        api.get(
            "/admin/ledger/accounts/{address}", summary: "One account, now or at a time",
            auth: .role(.finance),
            query: [
                QueryParameter("asOf", Instant.self, "The time; entries of that instant count."),
                QueryParameter(
                    "axis", TimeAxis.self,
                    "With `asOf`: what the books said then (`recorded`, the default), or what is "
                        + "known now about then (`effective`)."),
            ],
            returns: AccountView.self, problems: [missing, .status(422, "overflow")]
        ) { request in
            let address = try request.address
            let asOf = try request.query("asOf", as: Instant.self)
            let axis = try request.query("axis", as: TimeAxis.self) ?? .recorded
            return try await books.database.read { snapshot in
                let now = try AccountView(
                    try books.summary(of: address, in: snapshot), in: snapshot)
                return try asOf.map { try now.asOf($0, by: axis, in: snapshot) } ?? now
            }
        }
        api.get(
            "/admin/ledger/accounts/{address}/history",
            summary: "An account's entries, newest first; a page may be short though there is more",
            auth: .role(.finance),
            query: [
                QueryParameter("kind", String.self, "Only entries of this kind."),
                QueryParameter("from", Instant.self, "From this instant on."),
                QueryParameter("until", Instant.self, "Before this instant."),
            ],
            returns: ListView<EntryView>.self, problems: [missing]
        ) { request in
            let address = try request.address
            let page = try request.page()
            let filter = EntryFilter(
                kind: request.query("kind"), from: try request.query("from", as: Instant.self),
                until: try request.query("until", as: Instant.self))
            return try await books.database.read { snapshot in
                _ = try books.summary(of: address, in: snapshot)
                return ListView(try snapshot.entries(of: address, page, where: filter)) {
                    EntryView($0)
                }
            }
        }
    }

    private func change(
        _ api: API, _ verb: String, _ summary: String,
        _ change: @escaping @Sendable (AccountAddress, Transaction) throws -> AccountSummary
    ) {
        let database = books.database
        api.post(
            "/admin/ledger/accounts/{address}/\(verb)", summary: summary, auth: .role(.finance),
            returns: AccountView.self,
            problems: [.status(404, "account-not-found"), .status(422, "account-guarded")]
        ) { request -> AccountView in
            let address = try request.address
            return try await database.write { tx in
                try AccountView(try change(address, tx), in: tx)
            }
        }
    }
}

extension APIRequest {
    /// What cannot be an address names no account.
    fileprivate var address: AccountAddress {
        get throws {
            guard let address = AccountAddress(reading: try path("address")) else {
                throw Problem.notFound
            }
            return address
        }
    }
}
