import Basics
import Money
import Testing

@testable import Web

private enum Thing: Entity {
    static let prefix = "thg"
}

private enum Colour: String, Codable, CaseIterable {
    case red
    case darkBlue = "dark-blue"
}

private struct Line: Decodable, Equatable {
    let id: ID<Thing>
    let count: Int
}

private struct Order: Decodable {
    let amount: Amount
    let name: String
    let isGift: Bool?
    let lines: [Line]
    let colour: Colour?
    let at: Instant?
    let day: CalendarDate?
    let tags: [String: Int64]?
    let note: Change<String>
}

@Suite struct JSONDecoderTests {
    private let id = ID<Thing>(rawValue: 77)

    private func order(_ text: String) throws(Problem) -> Order {
        try JSONValueDecoder.decode(Order.self, from: try StrictJSON.parse(Array(text.utf8)))
    }

    @Test func `a full body becomes its type`() throws {
        let order = try order(
            """
            {"amount":9223372036854775807,"name":"n","isGift":true,"colour":"dark-blue",
             "lines":[{"id":"\(id)","count":-3}],"at":"2025-01-01T00:00:00Z","day":"2025-01-01",
             "tags":{"a":1,"b":2},"note":"hello"}
            """)
        #expect(order.amount == Amount(.max))
        #expect(order.lines == [Line(id: id, count: -3)])
        #expect(order.colour == .darkBlue)
        #expect(order.isGift == true)
        #expect(order.at == Instant("2025-01-01T00:00:00Z"))
        #expect(order.day == CalendarDate("2025-01-01"))
        #expect(order.tags == ["a": 1, "b": 2])
        #expect(order.note == .set("hello"))
    }

    @Test func `absent and null are both nothing, except for a change`() throws {
        let absent = try order(#"{"amount":1,"name":"","lines":[]}"#)
        #expect(absent.isGift == nil && absent.tags == nil && absent.note == .keep)
        let null = try order(
            #"{"amount":1,"name":"","lines":[],"isGift":null,"colour":null,"note":null}"#)
        #expect(null.isGift == nil && null.colour == nil && null.note == .clear)
        #expect(Change.keep.applied(to: 1) == 1)
        #expect(Change.clear.applied(to: 1) == nil)
        #expect(Change.set(2).applied(to: 1) == 2)
    }

    @Test(arguments: [
        (#"[]"#, "", "object-expected"),
        (#"{"name":"n","lines":[]}"#, "/amount", "required"),
        (#"{"amount":null,"name":"n","lines":[]}"#, "/amount", "integer-expected"),
        (#"{"amount":1.0,"name":"n","lines":[]}"#, "/amount", "integer-expected"),
        (#"{"amount":1e3,"name":"n","lines":[]}"#, "/amount", "integer-expected"),
        (#"{"amount":1E3,"name":"n","lines":[]}"#, "/amount", "integer-expected"),
        (#"{"amount":-0,"name":"n","lines":[]}"#, "/amount", "integer-expected"),
        (#"{"amount":"1","name":"n","lines":[]}"#, "/amount", "integer-expected"),
        (#"{"amount":true,"name":"n","lines":[]}"#, "/amount", "integer-expected"),
        (#"{"amount":9223372036854775808,"name":"n","lines":[]}"#, "/amount", "invalid-value"),
        (#"{"amount":-9223372036854775809,"name":"n","lines":[]}"#, "/amount", "invalid-value"),
        (#"{"amount":1,"name":5,"lines":[]}"#, "/name", "string-expected"),
        (#"{"amount":1,"name":"n","lines":{}}"#, "/lines", "array-expected"),
        (#"{"amount":1,"name":"n","lines":[1]}"#, "/lines/0", "object-expected"),
        (#"{"amount":1,"name":"n","lines":[],"isGift":1}"#, "/isGift", "boolean-expected"),
        (#"{"amount":1,"name":"n","lines":[],"isGift":"true"}"#, "/isGift", "boolean-expected"),
        (#"{"amount":1,"name":"n","lines":[],"colour":"green"}"#, "/colour", "invalid-value"),
        (#"{"amount":1,"name":"n","lines":[],"colour":3}"#, "/colour", "string-expected"),
        (#"{"amount":1,"name":"n","lines":[],"at":"yesterday"}"#, "/at", "invalid-value"),
        (#"{"amount":1,"name":"n","lines":[],"day":"2025-02-29"}"#, "/day", "invalid-value"),
        (
            #"{"amount":1,"name":"n","lines":[],"tags":{"a/b":"x"}}"#, "/tags/a~1b",
            "integer-expected"
        ),
        (#"{"amount":1,"name":"n","lines":[],"note":7}"#, "/note", "string-expected"),
        (#"{"amount":1,"name":"n","lines":[{"count":1}]}"#, "/lines/0/id", "required"),
        (
            #"{"amount":1,"name":"n","lines":[{"id":"ord_1","count":1}]}"#, "/lines/0/id",
            "invalid-value"
        ),
        (#"{"amount":1,"name":"n","lines":[],"Note":"x"}"#, "/Note", "unknown-field"),
    ])
    func `a fault has its pointer and code`(text: String, pointer: String, code: String) {
        let problem = #expect(throws: Problem.self) { try order(text) }
        #expect(problem?.kind == .unreadable)
        #expect(problem?.code == "invalid-request")
        #expect(problem?.errors == [.init(pointer: pointer, code: code)])
    }

    @Test func `all unknown fields of an object are named, nested ones too`() {
        let two = #expect(throws: Problem.self) {
            try order(#"{"amount":1,"name":"n","lines":[],"zz":1,"aa":2}"#)
        }
        #expect(two?.errors.map(\.pointer) == ["/aa", "/zz"])
        let nested = #expect(throws: Problem.self) {
            try order(#"{"amount":1,"name":"n","lines":[{"id":"\#(id)","count":1,"conut":2}]}"#)
        }
        #expect(nested?.errors == [.init(pointer: "/lines/0/conut", code: "unknown-field")])
    }

    @Test func `a body may be a list or a dictionary`() throws {
        let list = try JSONValueDecoder.decode([Int?].self, from: [1, .null, 3])
        #expect(list == [1, nil, 3])
        let dictionary = try JSONValueDecoder.decode([String: [Bool]].self, from: ["x": [true]])
        #expect(dictionary == ["x": [true]])
        #expect(throws: Problem.self) { try JSONValueDecoder.decode(UInt8.self, from: 256) }
        #expect(try JSONValueDecoder.decode(Double.self, from: .number("1.5e0")) == 1.5)
        #expect(throws: Problem.self) {
            try JSONValueDecoder.decode(Double.self, from: .number("1e999"))
        }
    }
}
