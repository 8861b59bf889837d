/// Who is who, and who is let in.
extension Model {
    mutating func perform(_ wanted: Membership) throws(Refusal) -> Reply {
        switch wanted {
        case .askCode(let phone, let purpose): return try sendCode(to: phone, for: purpose)
        case .register(let newcomer): return try register(newcomer)
        case .logIn(let proof): return try logIn(proof)
        case .refresh(let session, let rotation): return try refresh(session, rotation)
        case .logOut(let session):
            sessions[session].isOver = true
            return Reply(204)
        case .whoAmI(let session): return Reply(200, profile(of: sessions[session].person))
        case .changePassword(let session, let from, let to):
            return try changePassword(of: sessions[session].person, from: from, to: to)
        case .resetPassword(let phone, let code, let to):
            return try resetPassword(phone, code, to: to)
        case .setPaymentPassword(let session, let code, let to):
            return try setPaymentPassword(of: sessions[session].person, code, to: to)
        case .admit(let person, let isWelcome): return admit(person, isWelcome)
        }
    }

    private mutating func register(_ newcomer: Membership.Newcomer) throws(Refusal) -> Reply {
        let phone = try known(newcomer.phone)
        guard newcomer.name.count >= 3 else { throw .rule("username-invalid") }
        try checkPassword(newcomer.password, isNot: [newcomer.name, "{phone \(phone)}"])
        guard !people.contains(where: { $0.phone == phone }) else {
            throw .conflict("phone-taken")
        }
        guard person(named: newcomer.name) == nil else { throw .conflict("username-taken") }
        try use(newcomer.code, of: phone, for: .register)
        guard !newcomer.isInvitedByNobody else { throw .rule("invite-code-unknown") }
        var person = Person(name: newcomer.name, phone: phone)
        person.password = newcomer.password
        person.payment.secret = nil
        person.invitedBy = newcomer.inviter
        people.append(person)
        carts.append([])
        return Reply(201, profile(of: people.count - 1))
    }

    /// What is wrong with a password that somebody wants to have.
    private func checkPassword(_ password: String, isNot names: [String]) throws(Refusal) {
        let isName = names.contains { $0.lowercased() == password.lowercased() }
        guard !isName else { throw .rule("password-too-simple") }
        guard password.count >= 8 else { throw .rule("password-too-short") }
        guard password.count <= 72 else { throw .rule("password-too-long") }
        guard Set(password).count >= 4 else { throw .rule("password-too-simple") }
    }

    private func person(named name: String) -> Int? {
        people.firstIndex { $0.name.lowercased() == name.lowercased() }
    }
}

extension Model {
    private mutating func logIn(_ proof: Membership.Proof) throws(Refusal) -> Reply {
        let wrong = Refusal(401, "credentials-wrong")
        switch proof {
        case .password(let login, let password):
            let found = people.indices.first {
                people[$0].phone.map { "{phone \($0)}" } == login
                    || people[$0].name.lowercased() == login.lowercased()
            }
            guard let found else { throw wrong }
            try compare(password, of: found, wrong)
            return try open(found)
        case .code(let phone, let code):
            let phone = try known(phone)
            try use(code, of: phone, for: .login)
            guard let found = people.firstIndex(where: { $0.phone == phone }) else { throw wrong }
            return try open(found)
        }
    }

    /// Counts a wrong one.
    private mutating func compare(_ password: String, of person: Int, _ wrong: Refusal)
        throws(Refusal)
    {
        guard !people[person].login.isOn(at: now) else { throw Refusal(423, "login-locked") }
        guard password == people[person].password else {
            _ = people[person].login.fail(at: now)
            blurred.insert(people[person].login.until)
            throw wrong.kept
        }
    }

    private mutating func open(_ person: Int) throws(Refusal) -> Reply {
        guard !people[person].isBarred else { throw Refusal(403, "account-locked") }
        people[person].login = LockOut()
        people[person].lastLogIn = now
        sessions.append(LogInSession(person: person, at: unmoved))
        people[person].session = sessions.count - 1
        return Reply(201, tokens(of: sessions.count - 1))
    }

    private func tokens(of number: Int) -> [(String, Reply.Value)] {
        let session = sessions[number]
        return [
            ("accessToken", .text("{access \(number) \(session.rotation)}")),
            ("refreshToken", .text("{refresh \(number) \(session.rotation)}")),
        ] + profile(of: session.person).map { ("user.\($0.0)", $0.1) }
    }

    /// A token that was used before is somebody else's by now: then the session ends.
    private mutating func refresh(_ number: Int, _ rotation: Int) throws(Refusal) -> Reply {
        let invalid = Refusal(401, "refresh-token-invalid")
        guard sessions[number].isGood(at: unmoved) else { throw invalid }
        guard rotation == sessions[number].rotation else {
            sessions[number].isOver = true
            throw invalid.kept
        }
        sessions[number].renew(at: unmoved)
        return Reply(200, tokens(of: number))
    }

    private mutating func changePassword(of person: Int, from: String, to: String)
        throws(Refusal) -> Reply
    {
        try compare(from, of: person, .rule("password-wrong"))
        try checkPassword(to, of: person)
        return setPassword(to, of: person)
    }

    private func checkPassword(_ password: String, of person: Int) throws(Refusal) {
        let phone = people[person].phone.map { "{phone \($0)}" }
        try checkPassword(password, isNot: [people[person].name, phone].compactMap { $0 })
    }

    private mutating func setPassword(_ password: String, of person: Int) -> Reply {
        people[person].password = password
        people[person].login = LockOut()
        endSessions(of: person)
        return Reply(204)
    }

    private mutating func resetPassword(_ phone: Int?, _ code: TypedCode, to: String)
        throws(Refusal) -> Reply
    {
        let phone = try known(phone)
        guard let person = people.firstIndex(where: { $0.phone == phone }) else {
            // The code is used up all the same.
            try use(code, of: phone, for: .resetPassword)
            throw Refusal.rule("phone-unknown").kept
        }
        try checkPassword(to, of: person)
        try use(code, of: phone, for: .resetPassword)
        return setPassword(to, of: person)
    }

    private mutating func setPaymentPassword(of person: Int, _ code: TypedCode, to: String)
        throws(Refusal) -> Reply
    {
        guard to.count == 6, to.allSatisfy({ ("0"..."9").contains($0) }) else {
            throw .rule("payment-password-invalid")
        }
        guard let phone = people[person].phone else { throw .conflict("phone-missing") }
        try use(code, of: phone, for: .paymentPassword)
        people[person].payment = PaymentPassword(secret: to)
        return Reply(204)
    }

    /// Lets a member in again, wrong passwords forgotten, or locks them out.
    private mutating func admit(_ person: Int, _ isWelcome: Bool) -> Reply {
        people[person].isBarred = !isWelcome
        if isWelcome {
            people[person].login = LockOut()
            people[person].payment.lock = LockOut()
        } else {
            endSessions(of: person)
        }
        return Reply(200, profile(of: person))
    }
}

extension Model {
    /// With which everybody is logged in again.
    var commandsToBringBackAll: [Command] {
        people.indices.filter { !isLoggedIn("member \($0)") }.flatMap { number in
            [
                .membership(.admit(number, true)),
                .membership(
                    .logIn(.password(login: people[number].name, people[number].password))),
            ]
        }
    }
}
