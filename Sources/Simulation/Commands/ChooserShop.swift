/// What members and operators of the shop do.
extension Chooser {
    mutating func coupon(in model: Model) -> Step.Action? {
        let templates = model.templates.indices
        switch random.below(10) {
        case 0...1 where templates.count < 12: return send(.makeTemplate(draft(in: model)))
        case 2:
            let template = random.pick(Array(templates.suffix(5)))
            let state: Template.State = random.weighted([
                (8, .active), (4, .paused), (1, .revoked),
            ])
            return send(template.map { .changeTemplate($0, state) })
        default:
            let open = templates.filter { model.status(of: model.templates[$0]) == "claiming" }
            let template = random.pick(random.chance(75) ? open : Array(templates))
            let member = random.below(model.members)
            return send(template.map { .claim(member: member, template: $0) })
        }
    }

    private mutating func draft(in model: Model) -> TemplateDraft {
        let kind = random.pick(TemplateDraft.Kind.allCases) ?? .amountOff
        let scope: CouponTerms.Scope = random.weighted([
            (4, .all), (1, .business("courses")), (1, .business("lending")),
            (3, model.courses.isEmpty ? .all : .course(random.below(model.courses.count))),
            (2, .category(random.below(2))),
        ])
        let value = random.among(1...60) * 100 - random.below(2)
        let from = model.now - .minutes(random.pick([0, 10, -20]) ?? 0)
        var draft = TemplateDraft(
            kind: kind, scope: scope, quantity: random.among(1...6), perMember: random.among(1...2),
            claimFrom: from, claimUntil: from + .minutes(random.among(30...4_000)))
        switch kind {
        case .amountOff:
            draft.value = value
            draft.minimum = random.chance(40) ? random.among(0...9_000) : nil
        case .thresholdOff:
            draft.value = value
            draft.minimum = value + random.below(8_000)
        case .percentOff:
            draft.pay = random.among(1...99)
            draft.most = random.chance(40) ? value : nil
        }
        draft.countsListPrice = random.chance(40)
        if random.chance(50) {
            draft.days = random.among(1...9)
        } else {
            draft.validFrom = from + .minutes(random.pick([0, 0, 0, 30]) ?? 0)
            draft.lastDay = model.now / .days(1) + random.among(0...5)
        }
        if random.chance(12) { spoil(&draft) }
        return draft
    }

    /// Makes rules that cannot be.
    private mutating func spoil(_ draft: inout TemplateDraft) {
        switch random.below(7) {
        case 0: draft.quantity = 0
        case 1: draft.perMember = 0
        case 2: draft.claimUntil = draft.claimFrom
        case 3: draft.pay = draft.kind == .percentOff ? 100 : 50
        case 4: draft.value = draft.kind == .percentOff ? 1 : 0
        case 5: draft.days = draft.days == nil ? 3 : 0
        default: draft.minimum = -1
        }
    }

    mutating func catalogue(in model: Model) -> Step.Action? {
        let courses = Array(model.courses.indices)
        if courses.count < 2 || courses.count < 5 && random.chance(15) {
            let terms = [30, 365].map { Command.Term(days: $0, price: price()) }
            let category = random.chance(60) ? random.below(2) : nil
            return send(.addCourse(prices: terms, category: category))
        }
        guard let course = random.pick(courses) else { return nil }
        switch random.below(10) {
        case 0...2:
            let days = random.chance(80) ? [30, 365] : [random.chance(50) ? 30 : 365]
            let isWrong = random.chance(5)
            return send(
                .reprice(
                    course: course,
                    prices: days.map { .init(days: $0, price: isWrong ? -1 : price()) }))
        case 3: return send(.sell(course: course, random.chance(75)))
        case 4...5:
            return send(.removeFromCart(member: random.below(model.members), course: course))
        default:
            let policies = model.policies.indices.filter { model.policies[$0].course == course }
            let policy =
                random.chance(92)
                ? random.pick(Array(policies)) : random.below(model.policies.count)
            return send(
                .putInCart(
                    member: random.below(model.members), course: course, policy: policy ?? 0))
        }
    }

    private mutating func price() -> Int {
        random.chance(6)
            ? 0
            : random.chance(6)
                ? random.among(500_000...900_000)
                : random.among(1...20_000)
    }

    /// From a wish to an order.
    mutating func purchase(in model: Model) -> Step.Action? {
        guard !model.courses.isEmpty else { return nil }
        switch random.below(20) {
        case 0...6:
            let member = random.below(model.members)
            return send(.quote(member: member, wish(of: member, in: model)))
        case 7...8:
            guard let quote = random.pick(Array(model.quotes.indices.suffix(6))) else { return nil }
            let owner = model.quotes[quote].member
            return send(
                .requote(
                    member: anybody(but: owner, in: model), quote: quote,
                    wish(of: owner, in: model)))
        case 9...17: return send(order(in: model))
        case 18:
            guard let order = pendingOrder(in: model) else { return nil }
            return send(
                .payAgain(
                    member: anybody(but: model.orders[order].member, in: model), order: order,
                    gateway: random.chance(5) ? "cash" : "alipay",
                    channel: random.chance(5) ? "smoke" : "wap"))
        default:
            guard let order = pendingOrder(in: model) else { return nil }
            return send(
                .cancel(member: anybody(but: model.orders[order].member, in: model), order: order))
        }
    }

    private mutating func wish(of member: Int, in model: Model) -> Wish {
        let mine = model.coupons.indices.filter { model.coupons[$0].member == member }
        func isForLines(_ coupon: Int) -> Bool {
            model.templates[model.coupons[coupon].template].terms.scope.isForLines
        }
        let anyCoupon = random.chance(8)
        let pool = anyCoupon ? Array(model.coupons.indices) : Array(mine)
        let good = pool.filter {
            random.chance(15) || model.status(of: model.coupons[$0]) == "unused"
        }
        let forLines = good.filter { anyCoupon || isForLines($0) }
        let forOrder = good.filter { anyCoupon || !isForLines($0) }
        var lines: [Wish.Line] = []
        for _ in 0..<(random.chance(3) ? 0 : random.among(1...3)) {
            let sold = model.courses.indices.filter { model.courses[$0].isOnSale }
            let course =
                random.chance(92)
                ? random.pick(sold) ?? 0 : random.below(model.courses.count)
            if lines.contains(where: { $0.course == course }) && !random.chance(8) { continue }
            let offered = model.policies.indices.filter { model.policies[$0].course == course }
            let isInCart = model.carts[member].contains { $0.course == course }
            let current = offered.filter { model.policies[$0].isOffered }
            let policy =
                isInCart && random.chance(60) || random.chance(8)
                ? nil : random.pick(random.chance(90) ? current : Array(offered))
            let coupon = random.chance(40) ? random.pick(forLines) : nil
            lines.append(Wish.Line(course: course, policy: policy, coupon: coupon))
        }
        return Wish(
            lines: lines, coupon: random.chance(50) ? random.pick(forOrder) : nil,
            wallet: wallet(of: member, in: model))
    }

    private mutating func wallet(of member: Int, in model: Model) -> Int? {
        let has = model.books.balance(Books.available(member))
        switch random.below(10) {
        case 0...2: return nil
        case 3: return random.chance(30) ? -random.among(1...100) : random.chance(40) ? has + 1 : 0
        case 4: return random.chance(30) ? random.among(500_000...600_000) : random.below(500)
        case 5...6: return random.below(min(max(has, 10), 30_000))
        default: return random.below(3_000)
        }
    }

    /// Mostly one that waits for its payment.
    private mutating func pendingOrder(in model: Model) -> Int? {
        let pending = model.orders.indices.filter { model.orders[$0].state == .pendingPayment }
        return random.pick(random.chance(85) ? pending : Array(model.orders.indices.suffix(8)))
    }

    private mutating func order(in model: Model) -> Command? {
        let open = model.quotes.indices.suffix(8).filter {
            !model.quotes[$0].isConsumed && model.now < model.quotes[$0].expiresAt
        }
        let pool = random.chance(93) ? Array(open) : Array(model.quotes.indices.suffix(5))
        guard let number = random.pick(pool) else { return nil }
        let quote = model.quotes[number]
        var wanted = Acceptance(quote: number, total: quote.price.total)
        wanted.version = random.weighted([
            (12, quote.version), (6, nil), (1, quote.version + random.among(-1...1)),
        ])
        if let version = wanted.version { wanted.version = max(1, version) }
        if random.chance(4) { wanted.total += random.pick([-1, 1]) ?? 0 }
        if random.chance(90) { wanted.gateway = random.chance(96) ? "alipay" : "cash" }
        if random.chance(70) { wanted.channel = random.chance(96) ? "page" : "smoke" }
        if quote.price.wallet > Model.passwordAbove, !random.chance(10) {
            let right = model.people[quote.member].payment.secret ?? PaymentPassword.first
            wanted.password = random.chance(45) ? right : "135790"
        }
        return .order(member: anybody(but: quote.member, in: model), wanted)
    }
}
