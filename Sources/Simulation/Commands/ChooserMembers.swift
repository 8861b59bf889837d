/// What people do at the door.
extension Chooser {
    /// Of these telephones the first belong to members.
    static let phones = 9

    mutating func membership(in model: Model) -> Step.Action? {
        let out = model.people.indices.filter { !model.isLoggedIn("member \($0)") }
        if let person = random.pick(Array(out)), random.chance(40) {
            return enter(person, in: model)
        }
        switch random.below(20) {
        case 0...2: return ask(in: model)
        case 3...7: return answer(in: model)
        case 8...11: return logIn(guessed(in: model), in: model)
        case 12...13: return send(.membership(.whoAmI(session: session(in: model))))
        case 14...15:
            let session = session(in: model)
            let rotation = model.sessions[session].rotation
            let isOld = rotation > 0 && random.chance(25)
            return send(
                .membership(
                    .refresh(
                        session: session, rotation: isOld ? random.below(rotation) : rotation)))
        case 16: return send(.membership(.logOut(session: session(in: model))))
        case 17...18:
            let session = session(in: model)
            let right = model.people[model.sessions[session].person].password
            return send(
                .membership(
                    .changePassword(
                        session: session, from: random.chance(70) ? right : "wrong wrong",
                        to: password(of: model.sessions[session].person, in: model))))
        default:
            return send(
                .membership(.admit(random.below(model.members), random.chance(60))))
        }
    }

    /// How somebody comes back who is not logged in.
    mutating func enter(_ person: Int, in model: Model) -> Step.Action? {
        let someone = model.people[person]
        if someone.isBarred || someone.login.isOn(at: model.now), random.chance(40) {
            return send(.membership(.admit(person, true)))
        }
        if let session = someone.session, model.sessions[session].isGood(at: model.unmoved),
            random.chance(70)
        {
            return send(
                .membership(
                    .refresh(session: session, rotation: model.sessions[session].rotation)))
        }
        if let phone = someone.phone, random.chance(15) {
            return send(.membership(.askCode(phone: phone, .login)))
        }
        return logIn(person, in: model)
    }

    /// By a password, right or wrong.
    private mutating func logIn(_ person: Int, in model: Model) -> Step.Action? {
        let someone = model.people[person]
        let guesses = someone.login.failures > 0
        let login = random.weighted([
            (6, someone.name), (2, "M\(someone.name.dropFirst())"),
            (4, someone.phone.map { "{phone \($0)}" } ?? someone.name), (1, "nobody-{space}"),
        ])
        let isRight = random.chance(guesses ? 25 : 65)
        return send(
            .membership(
                .logIn(.password(login: login, isRight ? someone.password : "wrong wrong"))))
    }

    /// Whoever tries to guess a password tries again.
    private mutating func guessed(in model: Model) -> Int {
        let tried = model.people.indices.filter {
            model.people[$0].login.failures > 0 || model.people[$0].login.isOn(at: model.now)
        }
        let person = random.pick(Array(tried))
        return random.chance(70)
            ? person ?? random.below(model.members) : random.below(model.members)
    }

    /// Mostly one that somebody uses, or has used.
    private mutating func session(in model: Model) -> Int {
        let used = model.people.compactMap(\.session)
        return random.chance(75)
            ? random.pick(used) ?? 0 : random.below(model.sessions.count)
    }

    private mutating func ask(in model: Model) -> Step.Action? {
        let phone = random.chance(96) ? random.below(Self.phones) : nil
        let isSomeones = model.people.contains { $0.phone == phone }
        let purpose: SentCode.Purpose =
            isSomeones
            ? random.pick([.login, .resetPassword, .paymentPassword, .paymentPassword]) ?? .login
            : random.weighted([(12, .register), (1, .login), (1, .resetPassword)])
        return send(.membership(.askCode(phone: phone, purpose)))
    }

    /// Somebody has been sent a code and types it.
    private mutating func answer(in model: Model) -> Step.Action? {
        let open = model.codes.indices.filter {
            !model.codes[$0].isUsed && model.now < model.codes[$0].expiresAt
        }
        let pool = random.chance(90) ? Array(open) : Array(model.codes.indices)
        guard let number = random.pick(pool) else { return ask(in: model) }
        let code = model.codes[number]
        let isGuess = random.chance(code.wrongTries > 0 ? 60 : 20)
        let typed = isGuess ? TypedCode.wrong(number) : .sent(number)
        let purpose = random.chance(95) ? code.purpose : .login
        switch purpose {
        case .register: return send(.membership(.register(newcomer(code, typed, in: model))))
        case .login: return send(.membership(.logIn(.code(phone: code.phone, typed))))
        case .resetPassword:
            let person = model.people.firstIndex { $0.phone == code.phone }
            return send(
                .membership(
                    .resetPassword(
                        phone: code.phone, typed, to: password(of: person ?? 0, in: model))))
        case .paymentPassword:
            let owner = model.people.indices.first { model.people[$0].phone == code.phone }
            let session = owner.flatMap { model.people[$0].session }
            let new = random.chance(92) ? "\(random.among(100_000...999_999))" : "12345a"
            return send(
                .membership(
                    .setPaymentPassword(
                        session: random.chance(90) ? session ?? 0 : self.session(in: model),
                        typed, to: new)))
        }
    }

    private mutating func newcomer(_ code: SentCode, _ typed: TypedCode, in model: Model)
        -> Membership.Newcomer
    {
        var newcomer = Membership.Newcomer(
            phone: random.chance(97) ? code.phone : nil, name: "m\(model.members)-{space}",
            code: typed)
        if random.chance(8) {
            newcomer.name = random.pick(["M0-{space}", "m1-{space}", "x"]) ?? "x"
        }
        if random.chance(15) { newcomer.password = password(of: 0, in: model) }
        // Those who have registered were told what they can invite with.
        let known = model.people.indices.filter { $0 >= World.members }
        if random.chance(50) { newcomer.inviter = random.pick(Array(known)) }
        if random.chance(4) { newcomer.isInvitedByNobody = true }
        return newcomer
    }

    /// One to be changed to, mostly such as may be.
    private mutating func password(of person: Int, in model: Model) -> String {
        random.weighted([
            (16, "staple \(random.below(1_000)) battery"), (1, "short"), (1, "aaaabbbb"),
            (1, String(repeating: "long", count: 19)), (1, model.people[person].name),
        ])
    }
}
