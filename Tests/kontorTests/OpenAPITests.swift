import Foundation
import TestKit
import Testing
import Web

@testable import kontor

@Suite struct OpenAPITests {
    /// Every route below `/api/v1` is documented, and nothing is documented that is not served. The
    /// sandbox's own routes exist for trying things out and are no part of the API.
    @Test func `the document and the router know the same routes`() async throws {
        try await withShop(.sqlite) { shop in
            let document = try await shop.call("GET", "/openapi.json")
            let paths = try #require(document.object["paths"] as? [String: [String: Any]])
            let verbs: Set = ["get", "post", "put", "patch", "delete"]
            let documented = Set(
                paths.flatMap { path, operations in
                    operations.keys.filter(verbs.contains).map { "\($0.uppercased()) \(path)" }
                })
            let served = Set(
                shop.server.web.servedRoutes.filter {
                    $0.contains(" /api/v1/") && !$0.hasPrefix("HEAD ")
                        && !$0.contains("/api/v1/sandbox/")
                })
            #expect(documented == served)
            #expect(documented.count > 50)
        }
    }
}
