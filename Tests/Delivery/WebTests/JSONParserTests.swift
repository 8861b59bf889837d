import Basics
import Testing

@testable import Web

@Suite struct JSONParserTests {
    private func parse(_ text: String) throws(Problem) -> JSONValue {
        try StrictJSON.parse(Array(text.utf8))
    }

    @Test(
        arguments: [
            ("null", JSONValue.null), (" true\n", true), ("false", false), ("0", 0), ("-12", -12),
            ("1.0", .number("1.0")), ("1e3", .number("1e3")), ("-0", .number("-0")),
            ("123456789012345678901", .number("123456789012345678901")),
            (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{C}\n\r\tz"), (#""\u4f60\u597d""#, "你好"),
            (#""\ud83d\ude00""#, "😀"), ("\"😀\"", "😀"), ("[]", []), ("{}", [:]),
            ("[1, [2 ,3]]", [1, [2, 3]]),
            (#"{"a":{"b":[null]}, "":1}"#, ["a": ["b": [.null]], "": 1]),
        ] as [(String, JSONValue)])
    func `what is JSON is read`(text: String, value: JSONValue) throws {
        #expect(try parse(text) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "tru", "True", "'a'", "+1", "01", "-", "1.", ".5", "1e", "1e+",
        "0x10", "NaN", "Infinity", "-Infinity", "1 2", "[1,]", "[,1]", "[1", "{\"a\":1,}", "{a:1}",
        "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{1:2}", "{} x", "{}{}", "// x\n1", "[1]]", "\"", "\"a",
        "\"\n\"", "\"\t\"", "\"\u{0}\"", #""\u0000""#, #""\x41""#, #""\u12""#, #""\u12G4""#,
        #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, #""\ud800x""#, #""\"#, "\u{FEFF}1",
        "\u{A0}1",
    ])
    func `what is not JSON is malformed`(text: String) {
        let problem = #expect(throws: Problem.self) { try parse(text) }
        #expect(problem?.code == "malformed-json")
        #expect(problem?.kind == .unreadable)
    }

    @Test(
        arguments: [
            [0x22, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xC3, 0x22], [0xEF, 0xBB, 0xBF, 0x31],
            [0x00], [0x31, 0x00], [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D],
        ] as [[UInt8]])
    func `broken UTF-8 and NUL are malformed`(bytes: [UInt8]) {
        #expect(throws: Problem.self) { try StrictJSON.parse(bytes) }
    }

    @Test(arguments: [
        (#"{"a":1,"a":2}"#, "/a"), (#"{"a":1,"\u0061":1}"#, "/a"),
        (#"{"x":[0,{"a/b":1,"a/b":1}]}"#, "/x/1/a~1b"), (#"{"m~n":1,"m~n":1}"#, "/m~0n"),
    ])
    func `a duplicate key is refused where it is`(text: String, pointer: String) {
        let problem = #expect(throws: Problem.self) { try parse(text) }
        #expect(problem?.code == "duplicate-key")
        #expect(problem?.errors == [.init(pointer: pointer, code: "duplicate-key")])
    }

    @Test func `nesting ends at thirty-two levels`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try parse(nested(32))
        #expect(throws: Problem.self) { try parse(nested(33)) }
        #expect(throws: Problem.self) { try parse(String(repeating: "[", count: 100_000)) }
        #expect(throws: Problem.self) {
            let open = String(repeating: #"{"a":"#, count: 33)
            return try parse(open + "1" + String(repeating: "}", count: 33))
        }
    }

    @Test func `the offset says where it went wrong`() {
        let problem = #expect(throws: Problem.self) { try parse("[1, x]") }
        #expect(problem?.parameters["offset"] == .number(4))
    }

    @Test func `the canonical form is one for all ways to write a command`() throws {
        let one = try parse(#"{"b": [1, {"y":null,"x":"é/\u0001"}], "a": -5, "z": null}"#)
        let two = try parse(#"{"a":-5,"b":[1,{"x":"\u00e9\/\u0001"}]}"#)
        #expect(one.canonicalBytes == two.canonicalBytes)
        let text = String(decoding: one.canonicalBytes, as: UTF8.self)
        #expect(text == #"{"a":-5,"b":[1,{"x":"é/\u0001"}]}"#)
    }

    @Test func `secrets are removed at any depth`() throws {
        let value = try parse(#"{"amount":1,"code":"2","lines":[{"code":"3","id":4}]}"#)
        #expect(value.removing(["code"]) == ["amount": 1, "lines": [["id": 4]]])
    }

    @Test(arguments: [#"{"a":[1,2,{}],"b":"x\n\"\\"}"#, "[]", "[[],{}]"])
    func `what is written is read back`(text: String) throws {
        let value = try parse(text)
        #expect(String(decoding: value.bytes, as: UTF8.self) == text)
        #expect(try parse(value.prettyText) == value)
    }
}
