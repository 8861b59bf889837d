import Testing

@testable import Basics

private struct Thing: Entity { static let prefix = "thg" }
private struct Other: Entity { static let prefix = "oth" }

@Suite struct IDTests {
    @Test(arguments: [0, 1, 31, 32, 1 << 40, Int64.max] as [Int64])
    func `an id reads what it writes`(_ value: Int64) {
        let id = ID<Thing>(rawValue: value)
        #expect(id.description.hasPrefix("thg_"))
        #expect(id.description.utf8.count == 17)
        #expect(ID<Thing>(id.description) == id)
        #expect(ID<Other>(id.description) == nil)
    }

    @Test(arguments: [
        "", "thg_", "thg_0", "thg_00000000000000", "thg_zzzzzzzzzzzzz", "thg_000000000000u", "0",
        "THG_0000000000000", "thg_000000000000 ",
    ])
    func `what is no id is refused`(_ text: String) {
        #expect(ID<Thing>(text) == nil)
    }

    @Test func `text sorts as the number does`() {
        let values: [Int64] = [0, 1, 31, 32, 1_023, 1_024, 1 << 35, 1 << 62, .max]
        let texts = values.map { ID<Thing>(rawValue: $0).description }
        #expect(texts == texts.sorted())
    }

    @Test func `ids made at once differ, and rise within a task`() async {
        let made = await withTaskGroup(of: [Int64].self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<20_000).map { _ in IDGenerator.shared.next() } }
            }
            return await group.reduce(into: [[Int64]]()) { $0.append($1) }
        }
        for ids in made { #expect(ids == ids.sorted()) }
        #expect(Set(made.joined()).count == 160_000)
    }
}
