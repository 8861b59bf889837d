/// A kind of coupon that members can claim.
struct Template: Equatable {
    var terms: CouponTerms
    var quantity: Int
    var perMember: Int
    var claimFrom: Int
    var claimUntil: Int
    /// Either a fixed window, or days from the claim.
    var valid: Range<Int>?
    var days: Int?
    var claimed = 0
    var state = State.active

    enum State: String { case active, paused, revoked }

    /// Nobody can claim what could never be used.
    var claimsEnd: Int { valid.map { min(claimUntil, $0.upperBound) } ?? claimUntil }
}

/// One use of a template's terms.
struct Coupon: Equatable {
    enum State: String { case unused, reserved, used }

    var template: Int
    var member: Int
    var valid: Range<Int>
    var state = State.unused
    var order: Int?
    var discount: Int?
}

extension Model {
    mutating func makeTemplate(_ draft: TemplateDraft) throws(Refusal) -> Reply {
        guard draft.isSound(at: now) else { throw .rule("coupon-rules") }
        templates.append(draft.template(at: now))
        let number = templates.count - 1
        return Reply(
            201,
            [
                ("id", .text("{template \(number)}")), ("claimed", .int(0)),
                ("quantity", .int(draft.quantity)), ("perMember", .int(draft.perMember)),
                ("claimUntil", .time(templates[number].claimUntil)),
            ])
    }

    mutating func change(_ template: Int, to state: Template.State) throws(Refusal) -> Reply {
        if state != .revoked, templates[template].state == .revoked {
            throw .conflict("coupon-revoked")
        }
        templates[template].state = state
        return Reply(200, [("status", .text(status(of: templates[template])))])
    }

    func status(of template: Template) -> String {
        if template.state != .active { return template.state.rawValue }
        if now < template.claimFrom { return "scheduled" }
        if template.claimsEnd <= now { return "ended" }
        return template.claimed < template.quantity ? "claiming" : "exhausted"
    }

    mutating func claim(_ number: Int, by member: Int) throws(Refusal) -> Reply {
        let template = templates[number]
        switch status(of: template) {
        case "revoked": throw .conflict("coupon-revoked")
        case "paused": throw .conflict("coupon-paused")
        case "scheduled": throw .conflict("coupon-not-yet-claimable")
        case "ended": throw .conflict("coupon-claims-ended")
        default: break
        }
        let mine = coupons.filter { $0.template == number && $0.member == member }.count
        guard mine < template.perMember else {
            throw .conflict("coupon-limit-reached", [("perMember", .int(template.perMember))])
        }
        guard template.claimed < template.quantity else { throw .conflict("coupon-exhausted") }
        templates[number].claimed += 1
        let window = template.valid ?? now..<(now + .days(template.days ?? 0))
        // Days count from the claim, and its template may have been looked at before it.
        if template.valid == nil { blurred.insert(window.upperBound) }
        coupons.append(Coupon(template: number, member: member, valid: window))
        return Reply(
            201,
            [
                ("id", .text("{coupon \(coupons.count - 1)}")),
                ("templateId", .text("{template \(number)}")),
                ("status", .text(status(of: coupons[coupons.count - 1]))),
                ("validFrom", .time(window.lowerBound)), ("validUntil", .time(window.upperBound)),
            ])
    }

    /// Expired and revoked follow from the time and the template; neither is ever written.
    func status(of coupon: Coupon) -> String {
        guard coupon.state == .unused else { return coupon.state.rawValue }
        if templates[coupon.template].state == .revoked { return "revoked" }
        return coupon.valid.upperBound <= now ? "expired" : "unused"
    }

    /// What keeps a coupon from being used now.
    func checkUsable(_ coupon: Coupon) throws(Refusal) {
        guard coupon.state == .unused, templates[coupon.template].state != .revoked else {
            throw .conflict("coupon-not-available")
        }
        guard now < coupon.valid.upperBound else { throw .rule("coupon-expired") }
        guard now >= coupon.valid.lowerBound else { throw .rule("coupon-not-yet-valid") }
    }

    mutating func giveBack(_ coupon: Int) {
        coupons[coupon].state = .unused
        coupons[coupon].order = nil
        coupons[coupon].discount = nil
    }
}
