import Testing

/// Every business looks the same, so that who knows one knows them all.
@Suite struct BusinessTests {
    @Test func `there is a business`() {
        #expect(Repository.businesses.contains("Courses"))
    }

    @Test func `a business has its table of contents`() {
        let missing = Repository.businesses.flatMap { business in
            filesOfBusiness(business).map { "Sources/Businesses/\(business)/\($0)" }
        }.filter { !Repository.exists($0) }
        expectNone(missing, "docs/ARCHITECTURE.md, “Adding a business”, says what goes into each:")
    }
}

func filesOfBusiness(_ name: String) -> [String] {
    [
        "README.md", "\(name)Module.swift", "Postings.swift", "Migrations.swift", "Refusals.swift",
        "API.swift",
    ]
}
