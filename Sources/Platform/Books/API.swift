import Basics
import Hummingbird
import Ledger
import Money
import Store
import Web

struct ReversalBody: Codable, Sendable {
    /// All that is left, unless told.
    var amount: Amount?
    /// What the receiver has spent is covered and stays to be collected. For operators.
    var force: Bool?
    var memo: Memo?

    var complete: ReversalBody {
        var copy = self
        copy.force = force ?? false
        return copy
    }
}

/// Journals: posting, reading, undoing.
extension BooksModule {
    typealias JournalsBody = Either<BatchBody, JournalBody>
    typealias JournalsView = Either<BatchView, JournalView>

    /// What any movement may meet.
    static let movementProblems: [ExpectedProblem] = [
        .status(400, "same-account"), .status(404, "account-not-found"),
        .status(409, "insufficient-funds", "account-frozen"),
        .status(
            422, "amount-not-positive", "ledger-mismatch", "account-guarded", "currency-mismatch",
            "overflow"),
    ]

    func journalRoutes(_ api: API) {
        let books = books
        api.post(
            "/admin/ledger/journals", summary: "Posts a journal, or a batch of them",
            auth: .role(.finance), body: JournalsBody.self, maximumBytes: 1 << 20,
            returns: JournalsView.self, status: .created,
            problems: Self.movementProblems + [
                .status(
                    422, "kind-reserved", "journal-empty", "journal-too-long", "batch-empty",
                    "batch-too-long", "linked-chain-open")
            ]
        ) { request, body -> Reply<JournalsView> in
            let actor = try request.session.actorName
            switch body {
            case .first(let body):
                try body.check()
                let batch = body.batch.map(\.complete)
                let elements = batch.map { $0.element(books, by: actor) }
                return try await request.perform(books.database, as: BatchBody(batch: batch)) {
                    let results = try books.post(elements, in: $0)
                    return .first(BatchView(results: results.map { ElementView($0) }))
                }
            case .second(let body):
                let element = body.element(books, by: actor)
                // What is wrong with it in itself uses up no key.
                _ = try element.journal.get()
                return try await request.perform(books.database, as: body.complete) {
                    let results = try books.post([element], in: $0)
                    return .second(JournalView(try results[0].get()))
                }
            }
        }
        readingRoutes(api)
        reversalRoute(api)
    }

    private func readingRoutes(_ api: API) {
        let database = books.database
        api.get(
            "/admin/ledger/journals", summary: "Journals, newest first", auth: .role(.finance),
            query: [
                QueryParameter("reference", String.self, "Only journals about this."),
                QueryParameter("kind", String.self, "With `reference`: only of this kind."),
            ],
            returns: ListView<JournalView>.self
        ) { request in
            let page = try request.page()
            let kind = request.query("kind")
            guard let reference = request.query("reference") else {
                guard kind == nil else { throw Problem.invalidQuery("reference", .required) }
                return try await database.read { try views(of: try $0.journals(page), in: $0) }
            }
            let own = try await database.ownJournals(for: reference)
            return try await database.read {
                try views(
                    of: try $0.journals(for: reference, kind: kind, own: own, page), in: $0)
            }
        }
        api.get(
            "/admin/ledger/journals/{id}", summary: "One journal", auth: .role(.finance),
            returns: JournalView.self, problems: [.status(404, "journal-not-found")]
        ) { request in
            let id = try request.id(JournalID.self)
            return try await database.read { snapshot in
                guard let journal = try snapshot.journal(id) else { throw Problem.journalNotFound }
                let reversed = try snapshot.reversedAmounts(of: [id])
                return JournalView(journal, reversed: reversed[id] ?? .zero)
            }
        }
    }

    private func reversalRoute(_ api: API) {
        let books = books
        api.post(
            "/admin/ledger/journals/{id}/reversal",
            summary: "Undoes a journal, or an amount of a single transfer", auth: .role(.finance),
            body: ReversalBody.self, returns: JournalView.self, status: .created,
            problems: Self.movementProblems + [
                .status(404, "journal-not-found"),
                .status(409, "already-reversed", "exceeds-reversible"),
                .status(422, "journal-not-reversible", "reversal-not-partial"),
            ]
        ) { request, body -> Reply<JournalView> in
            let id = try request.id(JournalID.self)
            let isForced = body.force ?? false
            if isForced { try request.context.require(.operator, .admin) }
            if let amount = body.amount, !amount.isPositive {
                throw Problem.amountNotPositive.at("/amount")
            }
            let actor = try request.session.actorName
            return try await request.perform(books.database, as: body.complete) { tx in
                JournalView(
                    try books.reverse(
                        id, amount: body.amount, isForced: isForced, memo: body.memo, by: actor,
                        in: tx))
            }
        }
    }
}

private func views(of page: Page<PostedJournal>, in snapshot: Snapshot) throws
    -> ListView<JournalView>
{
    let reversed = try snapshot.reversedAmounts(of: page.items.map(\.id))
    return ListView(page) { JournalView($0, reversed: reversed[$0.id] ?? .zero) }
}
