import Basics
import CryptoExtras
import Testing

@testable import Identity

/// The rules that need no database.
@Suite struct ModelTests {
    @Test(arguments: [
        ("13912345678", true), ("19900000000", true), ("12912345678", false), ("1391234567", false),
        ("139123456789", false), ("+8613912345678", false), ("1391234567a", false), ("", false),
        ("１３９１２３４５６７８", false),
    ])
    func `phone numbers are those of the mainland`(_ text: String, _ isGood: Bool) {
        #expect(((try? PhoneNumber(text)) != nil) == isGood)
    }

    @Test(arguments: [
        ("abc", true), ("li-lei", true), ("Han_Meimei", true), ("ab", false),
        (String(repeating: "a", count: 33), false), ("13912345678", false), ("a b", false),
        ("李雷雷", false), ("a@b.c", false), ("1234567890", true),
    ])
    func `usernames cannot be mistaken for phone numbers`(_ text: String, _ isGood: Bool) {
        #expect(((try? Username(text)) != nil) == isGood)
    }

    @Test(arguments: [
        ("short-1", "password-too-short"), ("long-enough-1", nil),
        ("aaaaaaaa", "password-too-simple"),
        ("LI-LEI-LI", "password-too-simple"),
        (String(repeating: "ab1!", count: 19), "password-too-long"),
        ("密码密码很长", nil),
    ])
    func `passwords are long and not the name`(_ password: String, _ code: String?) {
        do {
            try PasswordRules.check(password, isNot: ["li-lei-li"])
            #expect(code == nil)
        } catch {
            #expect(error.code == code)
        }
    }

    @Test func `the fifth wrong secret locks for a quarter of an hour`() throws {
        let start = Instant(seconds: 1_000)
        var lock = LockOut()
        for count in 1...5 {
            try lock.check(at: start, .loginLocked)
            lock.countFailure(at: start)
            #expect(lock.triesLeft(at: start) == 5 - count)
        }
        let refused = #expect(throws: Problem.self) {
            try lock.check(at: start + .seconds(1), .loginLocked)
        }
        #expect(refused?.parameters["retryAfter"] == .number(899))
        try lock.check(at: start + .minutes(15), .loginLocked)
        #expect(lock.triesLeft(at: start + .minutes(15)) == 5)
    }

    @Test func `refresh tokens are sealed`() throws {
        let key = SymmetricKey(size: .bits256)
        let token = RefreshToken(session: .init(rawValue: 1 << 60), rotation: 7)
        let text = token.text(key: key)
        #expect(RefreshToken(text, key: key) == token)
        #expect(RefreshToken(text, key: SymmetricKey(size: .bits256)) == nil)
        for index in text.indices {
            var changed = text
            let other: Character = text[index] == "A" ? "B" : "A"
            changed.replaceSubrange(index...index, with: String(other))
            #expect(RefreshToken(changed, key: key) != token || changed == text)
        }
        #expect(RefreshToken("", key: key) == nil)
    }

    @Test func `codes are six digits and spread evenly`() throws {
        let key = SymmetricKey(size: .bits256)
        let phone = try PhoneNumber("13912345678")
        var first: [Character: Int] = [:]
        for index in 0..<2_000 {
            let code = CodeProof.digits(
                phone, .login, [UInt8(index & 255), UInt8(index >> 8)], key)
            #expect(code.utf8.count == 6 && code.allSatisfy(\.isNumber))
            first[code.first ?? "?", default: 0] += 1
        }
        #expect(first.count == 10)
        #expect(first.values.allSatisfy { (100...300).contains($0) })
    }

    @Test func `a password matches its hash only`() async throws {
        let hasher = PasswordHasher(cost: .cheap)
        let hash = try await hasher.hash("pässword")
        #expect(try await hasher.verify("pa\u{308}ssword", hash))
        #expect(try await !hasher.verify("password", hash))
        #expect(try await !hasher.verify("", hash))
        #expect(try await !hasher.verify("pässword", nil))
        #expect(try await hasher.hash("pässword") != hash)
    }
}
