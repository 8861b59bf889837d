import Basics

/// Makes a value of a `Decodable` type from JSON, strictly: nothing is converted, nothing ignored,
/// and every complaint says where.
package enum JSONValueDecoder {
    /// - Throws: `invalid-request`, with the pointer and code of the field at fault.
    package static func decode<T: Decodable>(
        _ type: T.Type, from value: JSONValue
    ) throws(Problem) -> T {
        do {
            return try JSONNode(value: value, pointer: .root).decode(type)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw FieldFault.invalidValue.at(.root)
        }
    }
}

/// One JSON value on its way to becoming one Swift value.
struct JSONNode: Decoder {
    let value: JSONValue
    let pointer: JSONPointer
    private let usage = MemberUsage()

    init(value: JSONValue, pointer: JSONPointer) {
        self.value = value
        self.pointer = pointer
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
        usage.isKeyed = true
        return KeyedDecodingContainer(
            JSONMembers(members: members, pointer: pointer, usage: usage))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let items) = value else { throw FieldFault.arrayExpected.at(pointer) }
        return JSONItems(items: items, pointer: pointer)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        JSONSingleValue(node: self)
    }

    private func refuseUnknownMembers() throws {
        guard usage.isKeyed, case .object(let members) = value else { return }
        let unknown = members.keys.filter { !usage.names.contains($0) }.sorted()
        guard !unknown.isEmpty else { return }
        throw Problem.invalidRequest(
            unknown.map {
                Problem.FieldError(
                    pointer: JSONPointer.member($0, of: pointer).text,
                    code: FieldFault.unknownField.rawValue)
            })
    }
}

/// Which members of an object its Swift type has asked for.
final class MemberUsage {
    var isKeyed = false
    var names: Set<String> = []
}

private struct JSONSingleValue: SingleValueDecodingContainer {
    let node: JSONNode

    var codingPath: [any CodingKey] { node.codingPath }

    func decodeNil() -> Bool { node.value == .null }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        guard let scalar = type as? any JSONScalar.Type else { return try type.init(from: node) }
        do {
            guard let value = try scalar.init(json: node.value) as? T else {
                throw FieldFault.invalidValue
            }
            return value
        } catch let fault as FieldFault {
            throw fault.at(node.pointer)
        }
    }
}

private struct JSONMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: [String: JSONValue]
    let pointer: JSONPointer
    let usage: MemberUsage

    var codingPath: [any CodingKey] { pointer.codingPath }

    /// Who asks for all keys reads a dictionary, to which every key is known.
    var allKeys: [Key] {
        usage.names.formUnion(members.keys)
        return members.keys.sorted().compactMap(Key.init(stringValue:))
    }

    func contains(_ key: Key) -> Bool {
        usage.names.insert(key.stringValue)
        return members[key.stringValue] != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool { try node(key).value == .null }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        if !contains(key), let type = type as? any AbsenceDecodable.Type,
            let absent = type.absent as? T
        {
            return absent
        }
        return try node(key).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try node(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try node(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { try node(JSONKey(stringValue: "super")) }

    func superDecoder(forKey key: Key) throws -> any Decoder { try node(key) }

    private func node(_ key: any CodingKey) throws -> JSONNode {
        usage.names.insert(key.stringValue)
        let place = JSONPointer.member(key.stringValue, of: pointer)
        guard let value = members[key.stringValue] else { throw FieldFault.required.at(place) }
        return JSONNode(value: value, pointer: place)
    }
}

private struct JSONItems: UnkeyedDecodingContainer {
    let items: [JSONValue]
    let pointer: JSONPointer
    private(set) var currentIndex = 0

    init(items: [JSONValue], pointer: JSONPointer) {
        self.items = items
        self.pointer = pointer
    }

    var codingPath: [any CodingKey] { pointer.codingPath }
    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex == items.count }

    mutating func decodeNil() throws -> Bool {
        guard try peek().value == .null else { return false }
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
        let place = JSONPointer.item(currentIndex, of: pointer)
        guard currentIndex < items.count else { throw FieldFault.required.at(place) }
        return JSONNode(value: items[currentIndex], pointer: place)
    }
}
