/// Derives JSON Schemas from types, by letting them decode themselves from a decoder that writes down
/// what it is asked for; so there is no second description that could differ from the first.
///
/// Structs become named components, which is also how recursive types come to an end.
package final class SchemaBuilder {
    package private(set) var components: [String: JSONSchema] = [:]
    private var names: [ObjectIdentifier: String] = [:]
    private var inlined: [ObjectIdentifier: JSONSchema] = [:]
    private var samples: [ObjectIdentifier: Any] = [:]

    package init() {}

    package func schema<T: Decodable>(of type: T.Type) -> JSONSchema {
        if let composite = type as? any SchemaComposite.Type { return composite.schema(self) }
        if let choice = type as? any SchemaChoice.Type { return choice.schema(self) }
        if let leaf = type as? any SchemaDescribing.Type { return leaf.schema }
        if let choices = Self.choices(of: type) { return .choice(choices) }
        let id = ObjectIdentifier(type)
        if let name = names[id] { return .component(name) }
        if let schema = inlined[id] { return schema }
        return probe(type)
    }

    /// A value to hand to an initializer that is being probed.
    func sample<T: Decodable>(of type: T.Type) throws -> T {
        let sample: Any?
        if let composite = type as? any SchemaComposite.Type {
            sample = composite.empty
        } else if let leaf = type as? any SchemaDescribing.Type {
            sample = try leaf.schemaExample()
        } else if let first = Self.choices(of: type)?.first {
            sample = try JSONValueDecoder.decode(type, from: .string(first))
        } else {
            _ = schema(of: type)
            sample = samples[ObjectIdentifier(type)]
        }
        guard let value = sample as? T else { throw ProbeError.noSample }
        return value
    }

    private func probe<T: Decodable>(_ type: T.Type) -> JSONSchema {
        let id = ObjectIdentifier(type)
        let name = freeName(for: type)
        names[id] = name
        let record = ProbeRecord()
        do {
            samples[id] = try type.init(from: ProbeDecoder(builder: self, record: record))
        } catch {
            preconditionFailure(
                "\(type) decodes itself in a way of its own: let it conform to SchemaDescribing")
        }
        switch record.shape {
        case .object:
            let required = record.properties.keys.filter { !record.optional.contains($0) }
            Self.narrow(&record.properties, of: type)
            components[name] = .object(record.properties, required: required)
            return .component(name)
        case .inline(let schema):
            names[id] = nil
            inlined[id] = schema
            return schema
        case .nothing:
            names[id] = nil
            return JSONSchema([:])
        }
    }

    // MARK: Names

    private func freeName(for type: any Decodable.Type) -> String {
        let plain = Self.componentName(String(reflecting: type))
        let taken = Set(names.values)
        guard taken.contains(plain) else { return plain }
        // Two modules have a type of this name: the second is told apart by its module.
        let module = String(reflecting: type).prefix { $0 != "." }
        var name = "\(module)\(plain)"
        var count = 2
        while taken.contains(name) {
            name = "\(module)\(plain)\(count)"
            count += 1
        }
        return name
    }

    /// `Courses.OrderView.Line` is `OrderViewLine`; `Web.ListView<Courses.CourseView>` is
    /// `ListOfCourseView`.
    static func componentName(_ reflected: String) -> String {
        guard let open = reflected.firstIndex(of: "<"), reflected.hasSuffix(">") else {
            let parts = reflected.split(separator: ".").filter { !$0.contains(where: Self.isOdd) }
            return (parts.count > 1 ? parts.dropFirst() : parts[...]).joined()
        }
        let generic = componentName(String(reflected[..<open]))
        let inside = reflected[reflected.index(after: open)...].dropLast()
        let arguments = inside.split(separator: ",").map {
            componentName(String($0.drop { $0 == " " }))
        }
        let head = generic == "ListView" ? "List" : generic
        return head + "Of" + arguments.joined(separator: "And")
    }

    /// Private and local types are reflected with `(unknown context at $…)` in their names.
    private static func isOdd(_ character: Character) -> Bool {
        character == "(" || character == ")" || character == " "
    }

    // MARK: Enums

    /// The values of an enum with strings.
    private static func choices(of type: any Decodable.Type) -> [String]? {
        func values<C: CaseIterable>(_ type: C.Type) -> [String] {
            C.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        }
        guard let cases = (type as? any CaseIterable.Type).map({ values($0) }), !cases.isEmpty
        else { return nil }
        return cases
    }
}
