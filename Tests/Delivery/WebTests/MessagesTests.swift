import Basics
import Money
import Testing

@testable import Web

@Suite struct MessagesTests {
    let files = WebFiles(modules: [WebModule()])

    @Test func `every text is there in both languages`() {
        #expect(files.faults == [])
        #expect(files.missingTexts() == [])
    }

    @Test func `a missing text is noticed`() {
        // {"only.english":"x"} and {}
        let lame = EmbeddedFiles([
            ("messages.en.json", "eyJvbmx5LmVuZ2xpc2giOiJ4In0="), ("messages.zh-Hans.json", "e30="),
        ])
        let messages = Messages(files: [("lame", lame)])
        #expect(messages.missingKeys() == ["zh-Hans: only.english"])
        #expect(messages.text("only.english", .zhHans) == "only.english")
    }

    @Test func `a key belongs to one module`() {
        let twice = EmbeddedFiles([("messages.en.json", "eyJsYXlvdXQuc2tpcCI6IngifQ==")])
        let messages = Messages(files: [("web", WebModule().templates), ("other", twice)])
        #expect(messages.faults == ["other/messages.en.json: layout.skip is defined twice"])
    }

    @Test func `blanks are filled`() {
        let problem = Problem(
            .conflict, "insufficient-funds", parameters: ["shortfall": .money(123_456)])
        #expect(files.messages.words(for: problem, .en).detail == "¥1,234.56 is missing.")
        #expect(files.messages.words(for: problem, .zhHans).detail == "还差 ¥1,234.56。")
    }

    /// Every refusal of Web's own has words.
    @Test(arguments: [
        Problem.idempotencyKeyRequired, .idempotencyKeyReused, .idempotencyKeyInvalid,
        .methodNotAllowed, .bodyTooLarge, .unsupportedMedia, .unreadable, .formExpired,
        .outcomeUnknown, .internalError, .unavailable(), .tooMany(retryAfter: 1), .notFound,
        .unauthenticated, .forbidden, .overflow, .invalidRequest([]), .invalidCursor,
        .invalidQuery("x"), Problem(.unreadable, "malformed-json"),
        Problem(.unreadable, "duplicate-key"),
    ])
    func `refusals have words`(problem: Problem) {
        #expect(files.messages.has("problem.\(problem.code)"))
        for error in problem.errors { #expect(files.messages.has("problem.\(error.code)")) }
    }

    @Test func `faults of fields have words`() {
        for fault in FieldFault.allCases {
            #expect(files.messages.has("problem.\(fault.rawValue)"), "\(fault)")
        }
    }
}

@Suite struct MoneyTextTests {
    @Test(arguments: [
        (Int64(0), "¥0.00"), (5, "¥0.05"), (123_456, "¥1,234.56"), (-99, "−¥0.99"),
        (100_000_000, "¥1,000,000.00"), (99_999, "¥999.99"),
        (.max, "¥92,233,720,368,547,758.07"), (.min, "−¥92,233,720,368,547,758.08"),
    ])
    func `money is grouped`(units: Int64, text: String) {
        #expect(MoneyText.text(Amount(units)) == text)
    }

    @Test func `another yen is told apart`() {
        #expect(MoneyText.unambiguous(Amount(123_456)) == "CNY 1,234.56")
    }

    @Test(arguments: [
        ("1234", Int64(123_400)), ("1,234.5", 123_450), ("¥12.30", 1_230), (" 0.01 ", 1),
        ("￥7", 700), ("92233720368547758.07", .max),
    ])
    func `what people type is read`(text: String, units: Int64) {
        #expect(MoneyText.parse(text) == Amount(units))
    }

    @Test(arguments: [
        "", "-1", "+1", "1.", "1.234", ".5", "1e3", "12,34", "1,23,456", "¥", "１", "1 000", "0x1",
        "92233720368547758.08", "1234,567",
    ])
    func `what is no sum is not read`(text: String) {
        #expect(MoneyText.parse(text) == nil)
    }
}
