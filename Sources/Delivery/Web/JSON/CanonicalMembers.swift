/// Brings the members of objects that have just been written into the canonical order.
struct CanonicalMembers {
    private struct Member {
        let name: String
        let depth: Int
        /// Where its name begins, and where its value does.
        let start: Int
        let value: Int
    }

    let secrets: Set<String>
    /// Of all open objects, from outside to inside.
    private var members: [Member] = []

    init(secrets: Set<String>) { self.secrets = secrets }

    mutating func begin(_ name: String, at start: Int, value: Int, in depth: Int) {
        members.append(Member(name: name, depth: depth, start: start, value: value))
    }

    /// The container at `depth`, whose end the bytes have reached, is done.
    mutating func arrange(_ bytes: inout [UInt8], in depth: Int) {
        let first = members.lastIndex { $0.depth < depth }.map { $0 + 1 } ?? 0
        guard first < members.count else { return }
        var kept: [(name: String, place: Range<Int>)] = []
        var end = bytes.count
        for member in members[first...].reversed() {
            let isNull =
                end - member.value == 4 && bytes[member.value..<end].elementsEqual("null".utf8)
            if !isNull && !secrets.contains(member.name) {
                kept.append((member.name, member.start..<end))
            }
            // Before it stands the comma after the member before it.
            end = member.start - 1
        }
        // By bytes, as `JSONValue` sorts them.
        kept.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let start = members[first].start
        var arranged: [UInt8] = []
        arranged.reserveCapacity(bytes.count - start)
        for member in kept {
            if !arranged.isEmpty { arranged.append(UInt8(ascii: ",")) }
            arranged += bytes[member.place]
        }
        bytes.replaceSubrange(start..., with: arranged)
        members.removeSubrange(first...)
    }
}
