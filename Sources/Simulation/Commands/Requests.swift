extension Command {
    /// How it is asked for over HTTP.
    var request: Request {
        switch self {
        case .topUp(_, let amount, let gateway, let channel):
            return post(
                "/wallet/top-ups",
                [
                    ("amount", .int(amount)), ("gateway", .text(gateway)),
                    ("channel", .text(channel)),
                ])
        case .makeTemplate(let draft):
            return Request("POST", "/admin/coupons", draft.json, as: actor)
        case .changeTemplate(let template, let state):
            let verb = state == .active ? "resume" : state == .paused ? "pause" : "revoke"
            return post("/admin/coupons/{template \(template)}/\(verb)")
        case .claim(_, let template): return post("/coupons/{template \(template)}/claims")
        case .addCourse, .reprice, .sell, .putInCart, .removeFromCart: return catalogueRequest
        case .quote(_, let wish): return post("/quotes", wish.members)
        case .requote(_, let quote, let wish):
            return Request(
                "PATCH", "/quotes/{quote \(quote)}", .object(wish.membersToChange), as: actor)
        case .order, .payAgain, .cancel, .refund: return orderRequest
        case .decideReceipt(let attempt, let credit):
            return post("/admin/payments/{attempt \(attempt)}/\(credit ? "credit" : "return")")
        case .decideRefund(let refund, let credit):
            return post("/admin/refunds/{refund \(refund)}/\(credit ? "credit" : "retry")")
        case .post, .postBatch, .reverse, .hold, .capture, .release, .freeze: return ledgerRequest
        case .membership(let wanted): return wanted.request
        }
    }

    private var actor: String { member.map { "member \($0)" } ?? "boss" }

    private func post(_ path: String, _ members: [(String, JSON?)]? = nil) -> Request {
        Request("POST", path, members.map(JSON.object), as: actor)
    }

    private var catalogueRequest: Request {
        switch self {
        case .addCourse(let prices, let category):
            post(
                "/admin/courses",
                [
                    ("title", .text("course")), ("status", .text("on-sale")),
                    ("categoryId", category.map { .text("{category \($0)}") }),
                    ("policies", .list(prices.map(\.json))),
                ])
        case .reprice(let course, let prices):
            Request(
                "PATCH", "/admin/courses/{course \(course)}",
                .object([("policies", .list(prices.map(\.json)))]), as: actor)
        case .sell(let course, let isOnSale):
            Request(
                "PATCH", "/admin/courses/{course \(course)}",
                .object([("status", .text(isOnSale ? "on-sale" : "offline"))]), as: actor)
        case .putInCart(_, let course, let policy):
            Request(
                "PUT", "/cart/items/{course \(course)}",
                .object([("policyId", .text("{policy \(policy)}"))]), as: actor)
        case .removeFromCart(_, let course):
            Request("DELETE", "/cart/items/{course \(course)}", as: actor)
        default: Request("GET", "/", as: nil)
        }
    }

    private var orderRequest: Request {
        switch self {
        case .order(_, let wanted):
            var request = post(
                "/orders",
                [
                    ("quoteId", .text("{quote \(wanted.quote)}")),
                    ("quoteVersion", wanted.version.map(JSON.int)),
                    ("expectedTotal", .int(wanted.total)),
                    ("gateway", wanted.gateway.map(JSON.text)),
                    ("channel", wanted.channel.map(JSON.text)),
                    ("paymentPassword", wanted.password.map(JSON.text)),
                ])
            request.secret = wanted.password.map { ",\"paymentPassword\":\"\($0)\"" } ?? ""
            return request
        case .payAgain(_, let order, let gateway, let channel):
            return post(
                "/orders/{order \(order)}/payments",
                [("gateway", .text(gateway)), ("channel", .text(channel))])
        case .cancel(_, let order): return post("/orders/{order \(order)}/cancel")
        case .refund(let order, let lines, let amount, let reason):
            return post(
                "/admin/orders/{order \(order)}/refunds",
                [
                    ("lines", lines.map { .list($0.map { .text("{line \($0)}") }) }),
                    ("amount", amount.map(JSON.int)), ("reason", .text(reason)),
                ])
        default: return Request("GET", "/", as: nil)
        }
    }

    private var ledgerRequest: Request {
        switch self {
        case .post(let transfers): post("/admin/ledger/journals", journal(transfers))
        // By a program with a key.
        case .postBatch(let batch):
            Request(
                "POST", "/admin/ledger/journals",
                .object([("batch", .list(batch.map(\.json)))]), as: "clerk")
        case .reverse(let journal, let amount, let isForced):
            post(
                "/admin/ledger/journals/{journal \(journal)}/reversal",
                [("amount", amount.map(JSON.int)), ("force", isForced ? .flag(true) : nil)])
        case .hold(let transfer, let seconds):
            post(
                "/admin/ledger/holds",
                transfer.members + [
                    ("reference", .text("simulated")), ("expiresInSeconds", seconds.map(JSON.int)),
                ])
        case .capture(let hold, let amount):
            post(
                "/admin/ledger/holds/{hold \(hold)}/capture", [("amount", amount.map(JSON.int))])
        case .release(let hold): post("/admin/ledger/holds/{hold \(hold)}/release")
        case .freeze(let account, let isFrozen):
            post("/admin/ledger/accounts/\(account)/\(isFrozen ? "freeze" : "unfreeze")")
        default: Request("GET", "/", as: nil)
        }
    }
}

private func journal(_ transfers: [Books.Transfer]) -> [(String, JSON?)] {
    [
        ("kind", .text("entry")), ("reference", .text("simulated")),
        ("transfers", .list(transfers.map { .object($0.members) })),
    ]
}

extension BatchElement {
    fileprivate var json: JSON {
        .object(journal(transfers) + [("linked", isLinked ? JSON.flag(true) : nil)])
    }
}

extension Command.Term {
    fileprivate var json: JSON { .object([("days", .int(days)), ("price", .int(price))]) }
}

extension Books.Transfer {
    fileprivate var members: [(String, JSON?)] {
        [("debit", .text(from)), ("credit", .text(to)), ("amount", .int(amount))]
    }
}

extension Wish {
    fileprivate var members: [(String, JSON?)] {
        [
            ("lines", .list(lines.map(\.json))),
            ("orderCouponId", coupon.map { .text("{coupon \($0)}") }),
            ("walletAmount", wallet.map(JSON.int)),
        ]
    }

    /// The same with what is left out said to be left out.
    fileprivate var membersToChange: [(String, JSON?)] {
        members.map { ($0.0, $0.1 ?? .null) }
    }
}

extension Wish.Line {
    fileprivate var json: JSON {
        .object([
            ("courseId", .text("{course \(course)}")),
            ("policyId", policy.map { .text("{policy \($0)}") }),
            ("couponId", coupon.map { .text("{coupon \($0)}") }),
        ])
    }
}
