import Basics
import Money
import Testing

@testable import Web

enum SampleEntity: Entity {
    static let prefix = "smp"
}

private enum Colour: String, Codable, CaseIterable {
    case red
    case darkBlue = "dark-blue"
}

private struct Phone: SchemaDescribing, Equatable {
    let digits: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        digits = try container.decode(String.self)
        guard digits.count == 11 else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no phone")
        }
    }

    static var schema: JSONSchema { .string(pattern: "^1[0-9]{10}$", example: "13800138000") }
}

private struct Comment: Decodable {
    let text: String
    let replies: [Comment]
    let best: [String: Comment]?
}

private struct Sample: Decodable {
    struct Line: Decodable {
        let price: Amount
        let phone: Phone
    }

    let id: ID<SampleEntity>
    let count: Int64
    let isOpen: Bool
    let colour: Colour
    let maybe: Colour?
    let at: Instant
    let day: CalendarDate?
    let first: Line
    let last: Line?
    let lines: [Line]
    let names: [String: String]
    let comments: [Comment]
    let note: Change<String>
}

private struct Narrow: SchemaNarrowing {
    let amount: Amount
    let colour: String
    let maybe: String?

    static var narrower: [String: JSONSchema] {
        ["amount": .atLeast(1), "colour": .choice(["red"]), "maybe": .choice(["red"])]
    }
}

@Suite struct OpenAPISchemaTests {
    private let builder = SchemaBuilder()

    @Test func `a field can accept less than its type`() {
        _ = builder.schema(of: Narrow.self)
        #expect(property("Narrow", "amount")?["minimum"] == 1)
        #expect(property("Narrow", "amount")?["type"] == "integer")
        #expect(property("Narrow", "colour")?["enum"] == ["red"])
        #expect(property("Narrow", "maybe")?["enum"] == ["red", .null])
        #expect(property("Narrow", "maybe")?["type"] == ["string", "null"])
    }

    private func property(_ component: String, _ name: String) -> JSONValue? {
        builder.components[component]?.keywords["properties"]?[name]
    }

    @Test func `a struct becomes a component with its properties`() throws {
        let schema = builder.schema(of: Sample.self)
        #expect(schema == .component("Sample"))
        #expect(property("Sample", "count") == JSONSchema.integer.json)
        #expect(property("Sample", "count")?["maximum"] == 9_223_372_036_854_775_807)
        #expect(property("Sample", "isOpen") == ["type": "boolean"])
        #expect(property("Sample", "id")?["pattern"] == "^smp_[0-7][0-9a-hjkmnp-tv-z]{12}$")
        #expect(property("Sample", "at")?["format"] == "date-time")
        #expect(property("Sample", "day")?["type"] == ["string", "null"])
        #expect(property("Sample", "colour") == ["type": "string", "enum": ["red", "dark-blue"]])
        #expect(
            property("Sample", "maybe")
                == ["type": ["string", "null"], "enum": ["red", "dark-blue", .null]])
        #expect(property("Sample", "names")?["additionalProperties"] == ["type": "string"])
        #expect(property("Sample", "note") == ["type": ["string", "null"]])
    }

    @Test func `optional properties are not required`() {
        _ = builder.schema(of: Sample.self)
        #expect(
            builder.components["Sample"]?.keywords["required"] == [
                "at", "colour", "comments", "count", "first", "id", "isOpen", "lines", "names",
            ])
    }

    @Test func `nested structs are components of their own`() {
        _ = builder.schema(of: Sample.self)
        let line: JSONValue = ["$ref": "#/components/schemas/SampleLine"]
        #expect(property("Sample", "first") == line)
        #expect(property("Sample", "last") == ["anyOf": [line, ["type": "null"]]])
        #expect(property("Sample", "lines") == ["type": "array", "items": line])
        #expect(property("SampleLine", "price")?["type"] == "integer")
        #expect(property("SampleLine", "phone")?["pattern"] == "^1[0-9]{10}$")
    }

    @Test func `a recursive type refers to itself`() {
        _ = builder.schema(of: Comment.self)
        let comment: JSONValue = ["$ref": "#/components/schemas/Comment"]
        #expect(property("Comment", "replies")?["items"] == comment)
        #expect(builder.components.count == 1)
    }

    @Test func `a list is named after what it lists`() {
        let schema = builder.schema(of: ListView<Int64>.self)
        #expect(schema == .component("ListOfInt64"))
        #expect(property("ListOfInt64", "items") == JSONSchema.array(of: .integer).json)
        #expect(property("ListOfInt64", "nextCursor") == ["type": ["string", "null"]])
    }

    @Test(arguments: [
        ("Courses.CourseView", "CourseView"), ("Courses.OrderView.Line", "OrderViewLine"),
        ("Web.ListView<Courses.CourseView>", "ListOfCourseView"), ("Plain", "Plain"),
        ("Web.Change<Swift.String>", "ChangeOfString"),
        ("Tests.(unknown context at $7f3a).Body", "Body"),
    ])
    func `component names are short`(reflected: String, name: String) {
        #expect(SchemaBuilder.componentName(reflected) == name)
    }
}
