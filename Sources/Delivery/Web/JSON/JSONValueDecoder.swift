import Basics

/// Makes a value of a `Decodable` type from JSON, strictly: nothing is converted, nothing ignored,
/// and every complaint says where.
package enum JSONValueDecoder {
    /// - Throws: `invalid-request`, with the pointer and code of the field at fault.
    package static func decode<T: Decodable>(
        _ type: T.Type, from value: JSONValue
    ) throws(Problem) -> T {
        do {
            return try JSONNode(value).decode(type)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw FieldFault.invalidValue.at(.root)
        }
    }
}

/// One JSON value on its way to becoming one Swift value.
///
/// A class, because decoders and containers are handed on as existentials: what is larger than a
/// reference would be put into a box each time.
final class JSONNode: Decoder {
    /// Where it stands; written out as a pointer only in a complaint.
    enum Place {
        case root
        case member(String, of: JSONNode)
        case item(Int, of: JSONNode)
    }

    let value: JSONValue
    private let place: Place
    /// Which members its Swift type has asked for, if it reads it as an object.
    private var asked: [String] = []
    private var isKeyed = false
    private var asksForAll = false

    init(_ value: JSONValue, at place: Place = .root) {
        self.value = value
        self.place = place
    }

    var pointer: JSONPointer {
        switch place {
        case .root: .root
        case .member(let name, let object): .member(name, of: object.pointer)
        case .item(let index, let array): .item(index, of: array.pointer)
        }
    }

    var codingPath: [any CodingKey] { pointer.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        do {
            let result = try type.init(from: self)
            try refuseUnknownMembers()
            return result
        } catch is DecodingError {
            // Faults below this value have become problems already: it is this one that its own
            // type does not accept.
            throw FieldFault.invalidValue.at(pointer)
        } catch let problem as Problem where problem.errors.isEmpty {
            throw problem.at(pointer.text)
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw FieldFault.objectExpected.at(pointer) }
        isKeyed = true
        return KeyedDecodingContainer(JSONMembers(members: members, node: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let items) = value else { throw FieldFault.arrayExpected.at(pointer) }
        return JSONItems(items: items, node: self)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        JSONSingleValue(node: self)
    }

    /// A type has few members: looking through their names is cheaper than hashing them.
    fileprivate func ask(for name: String) {
        if !asksForAll && asked.last != name { asked.append(name) }
    }

    fileprivate func askForAll() { asksForAll = true }

    private func refuseUnknownMembers() throws {
        guard isKeyed, !asksForAll, case .object(let members) = value else { return }
        let unknown = members.keys.filter { !asked.contains($0) }.sorted()
        guard !unknown.isEmpty else { return }
        throw Problem.invalidRequest(
            unknown.map {
                Problem.FieldError(
                    pointer: JSONPointer.member($0, of: pointer).text,
                    code: FieldFault.unknownField.rawValue)
            })
    }
}

private struct JSONSingleValue: SingleValueDecodingContainer {
    let node: JSONNode

    var codingPath: [any CodingKey] { node.codingPath }

    func decodeNil() -> Bool { node.value.isNull }

    // What most values are read from; the others are looked up by their type.
    func decode(_ type: Bool.Type) throws -> Bool { try scalar(type) }
    func decode(_ type: String.Type) throws -> String { try scalar(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try scalar(type) }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        guard let type = type as? any JSONScalar.Type else { return try type.init(from: node) }
        guard let value = try scalar(type) as? T else {
            throw FieldFault.invalidValue.at(node.pointer)
        }
        return value
    }

    private func scalar<Scalar: JSONScalar>(_ type: Scalar.Type) throws -> Scalar {
        do throws(FieldFault) {
            return try Scalar(json: node.value)
        } catch {
            throw error.at(node.pointer)
        }
    }
}

private struct JSONMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: [String: JSONValue]
    let node: JSONNode

    var codingPath: [any CodingKey] { node.codingPath }

    /// Who asks for all keys reads a dictionary, to which every key is known.
    var allKeys: [Key] {
        node.askForAll()
        return members.keys.sorted().compactMap(Key.init(stringValue:))
    }

    func contains(_ key: Key) -> Bool { value(key.stringValue) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try member(key).value.isNull }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        if value(key.stringValue) == nil, let type = type as? any AbsenceDecodable.Type,
            let absent = type.absent as? T
        {
            return absent
        }
        return try member(key).decode(type)
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        let name = key.stringValue
        guard let value = value(name), !value.isNull else { return nil }
        return try JSONNode(value, at: .member(name, of: node)).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try member(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try member(JSONKey(stringValue: "super")) }

    func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }

    private func value(_ name: String) -> JSONValue? {
        node.ask(for: name)
        return members[name]
    }

    private func member(_ key: some CodingKey) throws -> JSONNode {
        let name = key.stringValue
        guard let value = value(name) else {
            throw FieldFault.required.at(.member(name, of: node.pointer))
        }
        return JSONNode(value, at: .member(name, of: node))
    }
}

private struct JSONItems: UnkeyedDecodingContainer {
    let items: [JSONValue]
    let node: JSONNode
    private(set) var currentIndex = 0

    init(items: [JSONValue], node: JSONNode) {
        self.items = items
        self.node = node
    }

    var codingPath: [any CodingKey] { node.codingPath }
    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex == items.count }

    mutating func decodeNil() throws -> Bool {
        guard try peek().value.isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let value = try peek().decode(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        let node = try peek()
        currentIndex += 1
        return try node.container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let node = try peek()
        currentIndex += 1
        return try node.unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        let node = try peek()
        currentIndex += 1
        return node
    }

    private func peek() throws -> JSONNode {
        guard currentIndex < items.count else {
            throw FieldFault.required.at(.item(currentIndex, of: node.pointer))
        }
        return JSONNode(items[currentIndex], at: .item(currentIndex, of: node))
    }
}
