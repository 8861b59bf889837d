import Testing

/// The scanners themselves: a rule that cannot fail guards nothing.
@Suite struct ScannerTests {
    private func file(_ text: String, path: String = "Sources/Platform/X/Y.swift") -> SourceText {
        SourceText(path: path, text: text)
    }

    @Test func `comments are no code, strings are`() {
        let text = """
            let a = "https://kontor" // print(a)
            /* UUID()
               /* nested */ */ let b = 1
            let c = "\\(d["// not"]) // stays"
            let e = #"a " // stays"#
            """
        let code = file(text).code
        #expect(code[0] == #"let a = "https://kontor" "#)
        #expect(code[1] == "")
        #expect(code[2] == " let b = 1")
        #expect(code[3] == #"let c = "\(d["// not"]) // stays""#)
        #expect(code[4] == ##"let e = #"a " // stays"#"##)
        #expect(code.count == 5)
    }

    @Test func `a string of many lines is one string`() {
        let text = "let a = \"\"\"\n  // a \"quoted\" word\n  \"\"\" // gone\nlet b = 2 // gone"
        #expect(
            file(text).code == [
                "let a = \"\"\"", "  // a \"quoted\" word", "  \"\"\" ", "let b = 2 ",
            ])
    }

    @Test func `a finding names its line`() {
        let findings = file("let a = 1\n  let b = UUID() // why").findings(#"\bUUID\(\)"#)
        #expect(
            findings.map(\.description) == ["Sources/Platform/X/Y.swift:2: let b = UUID() // why"])
        #expect(file("// UUID()").findings(#"\bUUID\(\)"#).isEmpty)
        #expect(file("// TODO").findings(#"\bTODO\b"#, withComments: true).count == 1)
    }

    @Test func `lines are counted as editors do`() {
        #expect(file("a\nb\n").lineCount == 2)
        #expect(file("a\nb").lineCount == 2)
    }

    @Test(arguments: [
        ("import CSQLite", true), ("@preconcurrency import CSQLite", true),
        ("package import CSQLite", true), ("import struct CSQLite.Thing", true),
        ("import CSQLiteKit", false), ("import Store", false), ("// import CSQLite", false),
        ("#if X\n    import CSQLite", true),
    ])
    func `an import is seen in all its forms`(text: String, isSeen: Bool) {
        #expect(file(text).findings(importing(["CSQLite", "CLibPQ"])).isEmpty == !isSeen)
    }

    @Test(arguments: [
        ("\"SELECT id FROM a\"", true), ("INSERT INTO a (b)", true), ("UPDATE a SET b = 1", true),
        ("DELETE FROM a", true), ("SELECT \\(Order.columns) FROM a", true),
        ("case SELECT", false), ("SELECT 决定看哪些列", false), ("// SELECT id FROM a", false),
        ("FOR UPDATE", false),
    ])
    func `SQL is seen`(text: String, isSeen: Bool) {
        #expect(file(text).findings(sqlText).isEmpty == !isSeen)
    }

    @Test func `files are allowed by name`() {
        #expect(mayUseSQL("OrderTable.swift") && mayUseSQL("Tables.swift"))
        #expect(mayUseSQL("Migrations.swift") && !mayUseSQL("PlaceOrder.swift"))
        #expect(mayUseHTTP("API+Orders.swift") && mayUseHTTP("Pages.swift"))
        #expect(!mayUseHTTP("CoursesModule.swift"))
    }

    @Test func `an address is seen`() {
        #expect(!file(#"let a = "member:\(id):available""#).findings(accountAddress).isEmpty)
        #expect(file(#"let a = "members""#).findings(accountAddress).isEmpty)
    }

    @Test func `an unchecked Sendable needs a reason nearby`() {
        let bare = "final class A: @unchecked Sendable {\n    let b = 1\n}"
        let explained = "final class A: @unchecked Sendable {\n    // Safe because it is alone.\n}"
        let late = "final class A: @unchecked Sendable {\n\n\n\n    // Safe because it is late.\n}"
        #expect(unexplainedSendables(in: file(bare)).count == 1)
        #expect(unexplainedSendables(in: file(explained)).isEmpty)
        #expect(unexplainedSendables(in: file(late)).count == 1)
    }

    @Test func `a business sees its neighbour`() {
        let both = ["Auctions", "Courses"]
        let own = file("import Courses", path: "Sources/Businesses/Courses/A.swift")
        let other = file("import Courses", path: "Sources/Businesses/Auctions/A.swift")
        let below = file("import Courses", path: "Sources/Platform/Checkout/A.swift")
        let root = file("import Courses", path: "Sources/kontor/A.swift")
        #expect(foreignBusinesses(own, both).isEmpty && foreignBusinesses(root, both).isEmpty)
        #expect(foreignBusinesses(other, both).count == 1)
        #expect(foreignBusinesses(below, both).count == 1)
    }

    @Test func `codes of problems are found`() {
        let text = """
            static let a = rule("a-b", "/c")
            throw Problem(
                .conflict, "d-e", parameters: [:])
            static let f = Problem.conflict("f").at("/g")
            errors: [.init(pointer: "/h", code: "i-j")]
            // rule("commented-out")
            """
        let found = problemCodes(in: file(text)).map { "\($0.line) \($0.text)" }
        #expect(found.sorted() == ["1 a-b", "3 d-e", "4 f", "5 i-j"])
    }

    @Test func `citations and rules meet`() {
        let cited = citations(
            in: file(
                "// By commerce D6 and defects 11, 29 (ledger case 16), commerce C4, commerce 7."))
        #expect(
            cited.map(\.rule) == [
                "commerce D6", "commerce defect 11", "commerce defect 29", "ledger case 16",
                "commerce C4",
            ])
        let page = """
            ## Commerce: defects kept out
            | 11, 12 | a |
            ## Commerce: cases
            | C4 | b |
            ## Ledger: cases
            | 16 | c 17 |
            """
        #expect(
            rules(in: page) == [
                "commerce defect 11", "commerce defect 12", "commerce C4", "ledger case 16",
            ])
    }

    @Test func `blanks are found`() {
        #expect(blanks(in: "{shortfall} of {total}, {shortfall}") == ["shortfall", "total"])
    }

    @Test func `links are found outside of code`() {
        let text = """
            [a](docs/A.md), [b](https://b.example) and `[c](C.md)`
            ```
            [d](D.md)
            ```
            ![e](../e.png) [f](#g)
            """
        let found = links(in: file(text, path: "x.md")).map { "\($0.line) \($0.target)" }
        #expect(found == ["1 docs/A.md", "5 ../e.png", "5 #g"])
    }

    @Test func `a link resolves from its own page`() {
        #expect(resolves("Package.swift", from: "README.md"))
        #expect(resolves("../Package.swift", from: "docs/A.md"))
        #expect(!resolves("Package.swift", from: "docs/A.md"))
        #expect(!resolves("Tests/System/README.md#nowhere", from: "README.md"))
        #expect(resolves("Tests/System/README.md#system-tests", from: "README.md"))
        #expect(anchors(in: "# A `b`, c\n## 开始 使用") == ["a-b-c", "开始-使用"])
    }

    @Test func `the repository is found`() {
        #expect(Repository.exists("Package.swift"))
        #expect(Repository.sources.contains { $0.path == "Sources/Kernel/Money/Amount.swift" })
        #expect(Repository.pages.contains { $0.path == "README.md" })
        #expect(Repository.modules.contains("Sources/Delivery/Web"))
    }
}
