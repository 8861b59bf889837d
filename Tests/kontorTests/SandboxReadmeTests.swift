import Foundation
import TestKit
import Testing
import Web

/// The sandbox's page of documentation shows how each fault is made, and each of its examples works.
@Suite struct SandboxReadmeTests {
    /// `fault alipay '{…}'`.
    private static let examples: [(gateway: String, json: String)] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = root.appending(path: "Sources/Businesses/Sandbox/README.md")
        let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        return text.matches(of: /\nfault (\w+) '([^'\n]+)'/).map { (String($0.1), String($0.2)) }
    }()

    @Test(arguments: TestEngine.available)
    func `each example of a fault is taken, and every fault has one`(_ engine: TestEngine)
        async throws
    {
        try await withSandbox(engine) { world in
            var shown: [String: Set<String>] = [:]
            for example in Self.examples {
                try await world.fault(example.json, at: example.gateway)
                let object = try JSONSerialization.jsonObject(with: Data(example.json.utf8))
                let names = try #require(object as? [String: Any]).keys
                shown[example.gateway, default: []].formUnion(names)
            }
            var known: Set<String> = []
            for gateway in ["alipay", "wechatpay"] {
                let view = try world.object(await world.send("GET", "/sandbox/\(gateway)/faults"))
                known.formUnion(view.keys)
                #expect(shown[gateway]?.isEmpty == false)
            }
            #expect(known.count > 20)
            let all = shown.values.reduce(into: Set<String>()) { $0.formUnion($1) }
            let missing = known.subtracting(all)
            #expect(missing.isEmpty, "\(missing.sorted())")
        }
    }
}
