/// Writes views straight into bytes, members in the order in which they are declared.
///
/// Foundation's encoder builds a tree of the whole answer first, which was a quarter of the time that
/// a list took. It keeps no coding paths either: what cannot be written is a defect of a view, and its
/// description says which value it was.
final class JSONBytesEncoder {
    private enum Container { case object, array }

    // Every member of every view touches these two, and no call of theirs comes back to them: the
    // check of each access would only cost.
    @exclusivity(unchecked) private var bytes: [UInt8] = []
    /// What is open, from outside to inside, and whether something is in it.
    @exclusivity(unchecked) private var open: [(container: Container, isEmpty: Bool)] = []
    /// The members of what is open, for who wants them in another order.
    @exclusivity(unchecked) private var members: CanonicalMembers?

    private init(members: CanonicalMembers? = nil) {
        self.members = members
        bytes.reserveCapacity(1_024)
    }

    static func encode(_ value: some Encodable) throws -> [UInt8] {
        try JSONBytesEncoder().encoded(value)
    }

    /// Members in the order of their names, without nulls and `secrets`.
    static func canonical(_ value: some Encodable, without secrets: Set<String>) throws -> [UInt8] {
        try JSONBytesEncoder(members: CanonicalMembers(secrets: secrets)).encoded(value)
    }

    private func encoded(_ value: some Encodable) throws -> [UInt8] {
        try write(value)
        return bytes
    }

    /// Writes a value where the next one belongs, and ends what it has opened.
    fileprivate func write(_ value: some Encodable) throws {
        let depth = open.count
        let start = bytes.count
        try value.encode(to: ValueEncoder(writer: self, depth: depth))
        close(to: depth)
        // A type without members opens nothing.
        if bytes.count == start { bytes.append(contentsOf: "{}".utf8) }
    }

    fileprivate func null() { bytes.append(contentsOf: "null".utf8) }
    fileprivate func bool(_ value: Bool) {
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }
    fileprivate func string(_ value: String) { bytes.appendJSON(value) }
    fileprivate func integer(_ value: some BinaryInteger & CustomStringConvertible) {
        bytes.appendJSON(value)
    }
    fileprivate func number(_ value: Double) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: [], debugDescription: "JSON has no \(value)"))
        }
        bytes.append(contentsOf: value.description.utf8)
    }

    /// - Returns: how deep the members of the container lie.
    fileprivate func openObject(at depth: Int) -> Int {
        openContainer(.object, UInt8(ascii: "{"), depth)
    }
    fileprivate func openArray(at depth: Int) -> Int {
        openContainer(.array, UInt8(ascii: "["), depth)
    }

    private func openContainer(_ container: Container, _ bracket: UInt8, _ depth: Int) -> Int {
        // The same value may ask for its container more than once.
        if open.count > depth { return depth + 1 }
        bytes.append(bracket)
        open.append((container, true))
        return open.count
    }

    /// Goes to the next place in the container at `depth`; whatever was open inside it is done.
    fileprivate func next(in depth: Int) {
        close(to: depth)
        if open[depth - 1].isEmpty {
            open[depth - 1].isEmpty = false
        } else {
            bytes.append(UInt8(ascii: ","))
        }
    }

    fileprivate func name(_ name: String, in depth: Int) {
        next(in: depth)
        let start = bytes.count
        bytes.appendJSON(name)
        bytes.append(UInt8(ascii: ":"))
        members?.begin(name, at: start, value: bytes.count, in: depth)
    }

    private func close(to depth: Int) {
        while open.count > depth {
            members?.arrange(&bytes, in: open.count)
            bytes.append(UInt8(ascii: open.removeLast().container == .object ? "}" : "]"))
        }
    }
}

/// What one value is encoded with.
private struct ValueEncoder: Encoder {
    let writer: JSONBytesEncoder
    let depth: Int
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(
            Members<Key>(writer: writer, depth: writer.openObject(at: depth)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        Items(writer: writer, depth: writer.openArray(at: depth))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        Scalar(writer: writer)
    }
}

private struct Scalar: SingleValueEncodingContainer {
    let writer: JSONBytesEncoder
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { writer.null() }
    func encode(_ value: Bool) { writer.bool(value) }
    func encode(_ value: String) { writer.string(value) }
    func encode(_ value: Int) { writer.integer(value) }
    func encode(_ value: Int8) { writer.integer(value) }
    func encode(_ value: Int16) { writer.integer(value) }
    func encode(_ value: Int32) { writer.integer(value) }
    func encode(_ value: Int64) { writer.integer(value) }
    func encode(_ value: UInt) { writer.integer(value) }
    func encode(_ value: UInt8) { writer.integer(value) }
    func encode(_ value: UInt16) { writer.integer(value) }
    func encode(_ value: UInt32) { writer.integer(value) }
    func encode(_ value: UInt64) { writer.integer(value) }
    func encode(_ value: Float) throws { try writer.number(Double(value)) }
    func encode(_ value: Double) throws { try writer.number(value) }
    func encode(_ value: some Encodable) throws { try writer.write(value) }
}

private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: JSONBytesEncoder
    let depth: Int
    var codingPath: [any CodingKey] { [] }

    private func name(_ key: Key) { writer.name(key.stringValue, in: depth) }

    func encodeNil(forKey key: Key) {
        name(key)
        writer.null()
    }
    func encode(_ value: Bool, forKey key: Key) {
        name(key)
        writer.bool(value)
    }
    func encode(_ value: String, forKey key: Key) {
        name(key)
        writer.string(value)
    }
    func encode(_ value: Int64, forKey key: Key) {
        name(key)
        writer.integer(value)
    }
    func encode(_ value: some Encodable, forKey key: Key) throws {
        name(key)
        try writer.write(value)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
        -> KeyedEncodingContainer<Nested>
    {
        superEncoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        superEncoder(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        writer.name("super", in: depth)
        return ValueEncoder(writer: writer, depth: depth)
    }

    func superEncoder(forKey key: Key) -> any Encoder { superEncoder(key) }

    private func superEncoder(_ key: Key) -> ValueEncoder {
        name(key)
        return ValueEncoder(writer: writer, depth: depth)
    }
}

private struct Items: UnkeyedEncodingContainer {
    let writer: JSONBytesEncoder
    let depth: Int
    var codingPath: [any CodingKey] { [] }
    private(set) var count = 0

    init(writer: JSONBytesEncoder, depth: Int) {
        self.writer = writer
        self.depth = depth
    }

    mutating func encodeNil() {
        begin()
        writer.null()
    }
    mutating func encode(_ value: Bool) {
        begin()
        writer.bool(value)
    }
    mutating func encode(_ value: String) {
        begin()
        writer.string(value)
    }
    mutating func encode(_ value: Int64) {
        begin()
        writer.integer(value)
    }
    mutating func encode(_ value: some Encodable) throws {
        begin()
        try writer.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type)
        -> KeyedEncodingContainer<Nested>
    {
        next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        next().unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder { next() }

    private mutating func begin() {
        writer.next(in: depth)
        count += 1
    }

    private mutating func next() -> ValueEncoder {
        begin()
        return ValueEncoder(writer: writer, depth: depth)
    }
}
