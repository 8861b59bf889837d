/// Something to be looked at, and what the model says it will show.
struct Question {
    var request: Request
    var reply: Reply

    init(_ path: String, as actor: String, _ fields: [(String, Reply.Value)]) {
        request = Request("GET", path, as: actor)
        reply = Reply(200, fields)
    }
}

extension Model {
    /// What is answered to a question: nothing to somebody who is no longer logged in.
    func reply(to question: Question) -> Reply {
        do throws(Refusal) {
            try checkLogIn(of: question.request.actor)
            return question.reply
        } catch {
            return error.reply
        }
    }

    /// What a command may have touched; nothing else than what it says, if it was refused.
    func questions(after command: Command) -> [Question] {
        var questions: [Question] = []
        if let member = command.member { questions.append(wallet(of: member)) }
        switch command {
        case .order(let member, let wanted):
            if quotes[wanted.quote].member == member { questions.append(quote(wanted.quote)) }
        case .payAgain(_, let number, _, _), .cancel(_, let number), .refund(let number, _, _, _):
            questions.append(order(number))
            if case .refund = command { questions.append(wallet(of: orders[number].member)) }
        case .claim(_, let template), .changeTemplate(let template, _):
            questions.append(self.template(template))
        case .decideReceipt(let attempt, _):
            questions.append(wallet(of: intent(attempts[attempt].subject)?.member ?? 0))
        case .capture(let hold, _), .release(let hold): questions.append(self.hold(hold))
        case .post, .postBatch, .reverse: questions += Self.outside[1...2].map(account)
        case .membership(let wanted): questions += self.questions(after: wanted)
        default: break
        }
        return questions
    }

    private func questions(after wanted: Membership) -> [Question] {
        switch wanted {
        case .refresh(let session, _), .logOut(let session), .changePassword(let session, _, _),
            .setPaymentPassword(let session, _, _):
            [me(session)]
        case .admit(let person, _):
            sessions.indices.filter { sessions[$0].person == person }.map(me)
        case .logIn, .resetPassword: sessions.indices.suffix(4).map(me)
        case .askCode, .register, .whoAmI: []
        }
    }

    /// Whom a session belongs to, or that it is over.
    func me(_ session: Int) -> Question {
        Question("/me", as: "session \(session)", profile(of: sessions[session].person))
    }

    private func account(_ address: String) -> Question {
        Question(
            "/admin/ledger/accounts/\(address)", as: "boss",
            [
                ("balance", .int(books.balance(address))),
                ("held", .int(books.balance(Books.held(address)))),
                ("frozen", .flag(books.frozen.contains(address))),
            ])
    }

    /// Everything that members and operators can see.
    var allQuestions: [Question] {
        (0..<members).flatMap(questions(about:)) + templates.indices.map(template)
            + sessions.indices.suffix(12).map(me) + Self.outside[1...2].map(account)
            + quotes.indices.suffix(8).map(quote) + holds.indices.map(hold)
            + [payments, gatewayRefunds].compactMap { $0 }
    }

    func wallet(of member: Int) -> Question {
        let purse = Books.available(member)
        return Question(
            "/wallet", as: "member \(member)",
            [
                ("available", .int(books.balance(purse))),
                ("held", .int(books.balance(Books.held(purse)))),
            ])
    }

    func order(_ number: Int) -> Question {
        Question(
            "/orders/{order \(number)}", as: "member \(orders[number].member)",
            orderFields(number) + refundsFields(number))
    }

    private func refundsFields(_ number: Int) -> [(String, Reply.Value)] {
        let made = orderRefunds.indices.filter { orderRefunds[$0].order == number }
        return [("refunds", .count(made.count))]
            + made.flatMap { refund in
                refundFields(refund).map { ("refunds.[id={orderRefund \(refund)}].\($0.0)", $0.1) }
            }
    }

    private func quote(_ number: Int) -> Question {
        Question(
            "/quotes/{quote \(number)}", as: "member \(quotes[number].member)",
            quoteFields(number)
                + [("status", .text(quotes[number].isConsumed ? "consumed" : "open"))])
    }

    private func template(_ number: Int) -> Question {
        let used = coupons.filter { $0.template == number && $0.state == .used }
        return Question(
            "/admin/coupons/{template \(number)}", as: "boss",
            [
                ("template.claimed", .int(templates[number].claimed)),
                ("template.status", .text(status(of: templates[number]))),
                ("used", .int(used.count)),
                ("discount", .int(used.reduce(0) { $0 + ($1.discount ?? 0) })),
            ])
    }

    private func hold(_ number: Int) -> Question {
        Question("/admin/ledger/holds/{hold \(number)}", as: "boss", holdFields(number))
    }

    private func questions(about member: Int) -> [Question] {
        let actor = "member \(member)"
        return [
            wallet(of: member), Question("/cart", as: actor, cartFields(of: member)),
            couponList(of: member), enrollments(of: member), topUpList(of: member),
            invitations(of: member),
        ] + orders.indices.filter { orders[$0].member == member }.map(order)
    }

    private func invitations(of member: Int) -> Question {
        let invited = people.filter { $0.invitedBy == member }.reversed()
        return Question(
            "/me/invitations?limit=100", as: "member \(member)",
            [("items", .count(invited.count))]
                + invited.enumerated().map { ("items.\($0).username", .text($1.name)) })
    }

    private func couponList(of member: Int) -> Question {
        let mine = coupons.indices.filter { coupons[$0].member == member }.suffix(100)
        return Question(
            "/me/coupons?limit=100", as: "member \(member)",
            [("items", .count(mine.count))]
                + mine.flatMap { number -> [(String, Reply.Value)] in
                    let place = "items.[id={coupon \(number)}]"
                    let coupon = coupons[number]
                    return [
                        ("\(place).status", .text(status(of: coupon))),
                        (
                            "\(place).orderId",
                            coupon.order.map { .text("{order \($0)}") } ?? .nothing
                        ),
                        ("\(place).discount", coupon.discount.map { .int($0) } ?? .nothing),
                    ]
                })
    }

    private func enrollments(of member: Int) -> Question {
        let mine = Set(grants.filter { $0.member == member }.map(\.course)).sorted()
        return Question(
            "/me/enrollments?limit=100", as: "member \(member)",
            [("items", .count(mine.count))]
                + mine.flatMap { course -> [(String, Reply.Value)] in
                    let place = "items.[courseId={course \(course)}]"
                    let end = accessEnd(of: member, in: course)
                    let state = end.map { now < $0 ? "active" : "expired" } ?? "refunded"
                    return [
                        ("\(place).accessUntil", end.map { .time($0) } ?? .nothing),
                        ("\(place).status", .text(state)),
                    ]
                })
    }

    private func topUpList(of member: Int) -> Question {
        let mine = topUps.indices.filter { topUps[$0].member == member }.suffix(100)
        return Question(
            "/wallet/top-ups?limit=100", as: "member \(member)",
            [("items", .count(mine.count))]
                + mine.flatMap { number in
                    topUpFields(number).map { ("items.[id={topUp \(number)}].\($0.0)", $0.1) }
                })
    }

    private var payments: Question? {
        guard !attempts.isEmpty else { return nil }
        return Question(
            "/admin/payments?limit=100", as: "boss",
            attempts.indices.suffix(100).flatMap { number -> [(String, Reply.Value)] in
                let place = "items.[id={attempt \(number)}]"
                let attempt = attempts[number]
                return [
                    ("\(place).status", .text(attempt.state.rawValue)),
                    ("\(place).disposition", attempt.fate.map { .text($0.rawValue) } ?? .nothing),
                    ("\(place).received", attempt.received.map { .int($0) } ?? .nothing),
                ]
            })
    }

    /// Those that the gateway has heard of: it knows their numbers.
    private var gatewayRefunds: Question? {
        let sent = refunds.indices.filter { refunds[$0].state != .requested }.suffix(80)
        guard !sent.isEmpty else { return nil }
        return Question(
            "/admin/refunds?limit=100", as: "boss",
            sent.flatMap { number -> [(String, Reply.Value)] in
                let place = "items.[id={refund \(number)}]"
                return [
                    ("\(place).status", .text(refunds[number].state.rawValue)),
                    ("\(place).origin", .text(refunds[number].origin.rawValue)),
                    ("\(place).amount", .int(refunds[number].amount)),
                ]
            })
    }
}
