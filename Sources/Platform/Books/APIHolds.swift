import Basics
import Hummingbird
import Ledger
import Money
import Store
import Web

struct CaptureBody: Codable, Sendable {
    /// All of it, unless told; the rest comes back at once.
    var amount: Amount?
}

/// Holds: money set aside now and moved later.
extension BooksModule {
    private static let endProblems: [ExpectedProblem] = [
        .status(404, "hold-not-found"), .status(422, "hold-guarded"),
        .status(409, "hold-already-captured", "hold-already-released", "hold-expired"),
    ]

    func holdRoutes(_ api: API) {
        let books = books
        api.post(
            "/admin/ledger/holds", summary: "Sets money aside", auth: .role(.finance),
            body: HoldBody.self, returns: HoldView.self, status: .created,
            problems: Self.movementProblems + [
                .status(422, "expiry-not-in-future", "expiry-too-far")
            ]
        ) { request, body -> Reply<HoldView> in
            try body.check(books)
            let actor = try request.session.actorName
            return try await request.perform(books.database, as: body.complete) { tx in
                HoldView(try books.placeHold(body, by: actor, in: tx), now: tx.now)
            }
        }
        api.get(
            "/admin/ledger/holds/{id}", summary: "One hold", auth: .role(.finance),
            returns: HoldView.self, problems: [.status(404, "hold-not-found")]
        ) { request in
            let id = try request.id(ID<Hold>.self)
            return try await books.database.read {
                HoldView(try books.hold(id, in: $0), now: $0.now)
            }
        }
        endRoutes(api)
    }

    private func endRoutes(_ api: API) {
        let books = books
        api.post(
            "/admin/ledger/holds/{id}/capture",
            summary: "Moves what was held, or a part of it and gives back the rest",
            auth: .role(.finance), body: CaptureBody.self, returns: HoldView.self,
            problems: Self.endProblems + [
                .status(409, "account-frozen"),
                .status(422, "amount-not-positive", "exceeds-hold", "overflow"),
            ]
        ) { request, body -> Reply<HoldView> in
            let id = try request.id(ID<Hold>.self)
            if let amount = body.amount, !amount.isPositive {
                throw Problem.amountNotPositive.at("/amount")
            }
            let actor = try request.session.actorName
            return try await request.perform(books.database) { tx in
                HoldView(
                    try books.captureHold(id, amount: body.amount, by: actor, in: tx), now: tx.now)
            }
        }
        api.post(
            "/admin/ledger/holds/{id}/release", summary: "Gives back what was held",
            auth: .role(.finance), returns: HoldView.self,
            problems: Self.endProblems + [.status(422, "overflow")]
        ) { request -> Reply<HoldView> in
            let id = try request.id(ID<Hold>.self)
            let actor = try request.session.actorName
            return try await request.perform(books.database) { tx in
                HoldView(try books.releaseHold(id, by: actor, in: tx), now: tx.now)
            }
        }
    }
}
