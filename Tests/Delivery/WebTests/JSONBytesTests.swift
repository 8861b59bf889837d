import Basics
import Foundation
import Money
import Testing

@testable import Web

/// The encoder of answers against Foundation's, which knows the same values but not the same order.
@Suite struct JSONBytesTests {
    private struct Leaf: Codable, Hashable {
        var text: String
        var number: Int64
        var flag: Bool
        var some: Int?
        var ratio: Double
    }

    private struct Nothing: Codable, Hashable {}

    private struct Tree: Codable, Hashable {
        enum Colour: String, Codable { case red, blue }
        var name: String
        var leaves: [Leaf]
        var words: [[String]]
        var byName: [String: Leaf]
        var colours: [Colour]
        var gap: Int?
        var amount: Amount
        var at: Instant
        var nothing: Nothing
        var small: UInt8
    }

    private struct Nested: Encodable {
        enum Key: String, CodingKey { case first, second, third }
        func encode(to encoder: any Encoder) throws {
            var outer = encoder.container(keyedBy: Key.self)
            var inner = outer.nestedContainer(keyedBy: Key.self, forKey: .first)
            try inner.encode(1, forKey: .first)
            var list = inner.nestedUnkeyedContainer(forKey: .second)
            try list.encode("a")
            var deep = list.nestedContainer(keyedBy: Key.self)
            try deep.encodeNil(forKey: .third)
            try list.encode(2)
            try outer.encode(true, forKey: .second)
            var again = encoder.container(keyedBy: Key.self)
            try again.encode([Int](), forKey: .third)
        }
    }

    private static func tree(_ random: inout some RandomNumberGenerator) -> Tree {
        let alphabet = Array("aZ0 \"\\/\n\t\r\u{1}\u{1F}é中😀\u{2028}<&")
        func text() -> String {
            String((0..<Int.random(in: 0...12)).map { _ in alphabet.randomElement() ?? "x" })
        }
        func leaf() -> Leaf {
            Leaf(
                text: text(), number: Int64.random(in: Int64.min...Int64.max), flag: .random(),
                some: Bool.random() ? nil : Int.random(in: -9...9),
                ratio: Double(Int.random(in: -1_000...1_000)) / 8)
        }
        func leaves() -> [Leaf] { (0..<Int.random(in: 0...3)).map { _ in leaf() } }
        return Tree(
            name: text(), leaves: leaves(),
            words: (0..<Int.random(in: 0...3)).map { _ in [text(), text()] },
            byName: Dictionary(leaves().map { ($0.text, $0) }) { first, _ in first },
            colours: Bool.random() ? [] : [.red, .blue], gap: Bool.random() ? nil : 7,
            amount: Amount(Int64.random(in: -99...99)), at: Instant(seconds: 1_790_000_000),
            nothing: Nothing(), small: .random(in: 0...255))
    }

    @Test func `what is written is read back by Foundation`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let tree = Self.tree(&random)
            let bytes = try JSONBytes.encode(tree)
            let back = try JSONDecoder().decode(Tree.self, from: Data(bytes))
            try #require(back == tree, "\(String(decoding: bytes, as: UTF8.self))")
            _ = try StrictJSON.parse(bytes)
        }
    }

    @Test func `the canonical form of a value is that of its JSON`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let tree = Self.tree(&random)
            let parsed = try StrictJSON.parse(try JSONBytes.encode(tree))
            try #require(try JSONBytes.canonical(tree) == parsed.canonicalBytes)
            let open = try JSONBytes.canonical(tree, without: ["number", "name", "words"])
            try #require(open == parsed.removing(["number", "name", "words"]).canonicalBytes)
        }
        let nested = String(decoding: try JSONBytes.canonical(Nested()), as: UTF8.self)
        #expect(nested == #"{"first":{"first":1,"second":["a",{},2]},"second":true,"third":[]}"#)
    }

    @Test func `members stand in the order of their declaration`() throws {
        let leaf = Leaf(text: "a/b", number: -1, flag: true, some: nil, ratio: 0.5)
        let text = String(decoding: try JSONBytes.encode([leaf]), as: UTF8.self)
        #expect(text == #"[{"text":"a/b","number":-1,"flag":true,"ratio":0.5}]"#)
    }

    @Test func `containers inside containers end where they should`() throws {
        let text = String(decoding: try JSONBytes.encode(Nested()), as: UTF8.self)
        #expect(
            text
                == #"{"first":{"first":1,"second":["a",{"third":null},2]},"second":true,"third":[]}"#
        )
    }

    @Test func `scalars stand alone, and what JSON cannot say is refused`() throws {
        let scalars = [
            try JSONBytes.encode("x"), try JSONBytes.encode(5), try JSONBytes.encode(Int?.none),
            try JSONBytes.encode(OrNull<Int64>(nil)),
        ].map { String(decoding: $0, as: UTF8.self) }
        #expect(scalars == ["\"x\"", "5", "null", "null"])
        #expect(throws: EncodingError.self) { try JSONBytes.encode(Double.nan) }
    }
}
