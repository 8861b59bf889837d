import Basics
import Ledger
import Money
import Store
import Web

extension Books {
    func placeHold(_ body: HoldBody, by actor: String, in tx: Transaction) throws -> Hold {
        let currency = (body.currency ?? .cny).currency
        try tx.require([body.debit, body.credit], currency: currency, opens: opens(tx))
        let id = try tx.placeHold(
            from: body.debit, into: body.debit.held, amount: body.amount,
            reference: body.reference.text,
            expiresAt: body.expiresInSeconds.map { tx.now + .seconds($0) }, currency: currency,
            target: body.credit, actor: actor, memo: body.memo?.text)
        return try hold(id, in: tx)
    }

    /// Moves all of a hold or a part of it to where it was meant to go; the rest comes back at once.
    func captureHold(_ id: ID<Hold>, amount: Amount?, by actor: String, in tx: Transaction) throws
        -> Hold
    {
        let hold = try hold(id, in: tx)
        guard let target = hold.target else { throw Problem.holdGuarded }
        try tx.captureHold(
            id, [(to: target, amount: amount ?? hold.amount)], reference: id.description,
            actor: actor)
        return try self.hold(id, in: tx)
    }

    func releaseHold(_ id: ID<Hold>, by actor: String, in tx: Transaction) throws -> Hold {
        guard try hold(id, in: tx).target != nil else { throw Problem.holdGuarded }
        try tx.releaseHold(id, reference: id.description, actor: actor)
        return try hold(id, in: tx)
    }

    func hold(_ id: ID<Hold>, in snapshot: Snapshot) throws -> Hold {
        guard let hold = try snapshot.hold(id) else { throw Problem.holdNotFound }
        return hold
    }
}
