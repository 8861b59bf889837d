import Basics
import Money
import Testing

@testable import Web

@Suite struct FormTests {
    @Test func `fields are decoded`() throws {
        let form = try Form(urlEncoded: Array("name=%E5%BC%A0+%E4%B8%89&line=1&line=2&empty=".utf8))
        #expect(try form.text("name") == "张 三")
        #expect(form.all("line") == ["1", "2"])
        #expect(try form.text("empty") == nil)
        #expect(try form.text("absent") == nil)
        #expect(form.flag("line"))
        #expect(!form.flag("absent"))
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "a=%00", "a=%FF", "=1", "%ff=1"])
    func `what is broken is refused as a whole`(text: String) {
        #expect(throws: Problem.unreadable) { try Form(urlEncoded: Array(text.utf8)) }
    }

    @Test func `a thousand fields are enough`() throws {
        let most = Array(repeating: "a=1", count: Form.most).joined(separator: "&")
        #expect(try Form(urlEncoded: Array(most.utf8)).fields.count == Form.most)
        #expect(throws: Problem.unreadable) { try Form(urlEncoded: Array((most + "&a=1").utf8)) }
    }

    @Test func `a field means one thing`() throws {
        let form = try Form(urlEncoded: Array("amount=1&amount=2".utf8))
        #expect(throws: Problem.unreadable(field: "amount")) { try form.amount("amount") }
    }

    @Test func `fields are read as what is asked for`() throws {
        let id = ID<Member>(rawValue: 77)
        let form = try Form(
            urlEncoded: Array(
                "amount=12.30&count=-4&id=\(id)&day=2026-02-28&role=finance&pin=+1+".utf8))
        #expect(try form.amount("amount") == Amount(1_230))
        #expect(try form.integer("count") == -4)
        #expect(try form.id(ID<Member>.self, "id") == id)
        #expect(try form.date("day") == CalendarDate(year: 2026, month: 2, day: 28))
        #expect(try form.choice(Role.self, "role") == .finance)
        #expect(try form.secret("pin") == " 1 ")
    }

    @Test func `a field at fault is named`() throws {
        let form = try Form(urlEncoded: Array("amount=lots&id=crs_1&role=king".utf8))
        func pointer(_ body: () throws -> Void) -> String? {
            do {
                try body()
                return nil
            } catch {
                return (error as? Problem)?.errors.first?.pointer
            }
        }
        #expect(pointer { _ = try form.amount("amount") } == "/amount")
        #expect(pointer { _ = try form.id(ID<Member>.self, "id") } == "/id")
        #expect(pointer { _ = try form.choice(Role.self, "role") } == "/role")
        #expect(pointer { _ = try form.required("name") } == "/name")
    }
}
