import Testing

/// What the compiler cannot see of the architecture: which file may know what.
@Suite struct LayerTests {
    private let layered = Repository.sources.filter {
        $0.isBelow("Sources/Platform", "Sources/Businesses")
    }

    @Test func `only Store sees the database libraries`() {
        let files = Repository.sources.filter { !$0.isBelow("Sources/Kernel/Store") }
        expectNone(
            files.flatMap { $0.findings(importing(["CSQLite", "CLibPQ"])) },
            "Use `Database`, `Transaction` and `SQL` of Store instead of the C library:")
    }

    @Test func `HTTP stays at the rim`() {
        let inner = Repository.sources.filter { $0.isBelow("Sources/Kernel", "Sources/Wire") }
        let files = inner + layered.filter { !mayUseHTTP($0.name) }
        let libraries = [
            "Hummingbird", "HummingbirdTLS", "HummingbirdCore", "HTTPTypes", "Mustache",
        ]
        expectNone(
            files.flatMap { $0.findings(importing(libraries)) },
            "Move what sees HTTP or templates to API*.swift or Pages*.swift:")
    }

    @Test func `SQL is written in tables only`() {
        let files = Repository.sources.filter {
            !$0.isBelow("Sources/Kernel/Store") && !mayUseSQL($0.name)
        }
        expectNone(
            files.flatMap { $0.findings(sqlText) },
            "Move the statement to a …Table.swift (or Tables.swift) as a function on Snapshot or "
                + "Transaction, named for what it finds or does:")
    }

    @Test func `businesses do not know each other`() {
        expectNone(
            Repository.sources.flatMap { foreignBusinesses($0, Repository.businesses) },
            "Move what two businesses share to Platform; a business imports no other:")
    }

    @Test func `only postings name ledger accounts`() {
        let files = layered.filter { $0.name != "Postings.swift" }
        expectNone(
            files.flatMap { $0.findings(accountAddress) },
            "Name the account once, as a static member of AccountAddress in Postings.swift:")
    }
}

/// `import X`, with attributes and access in front, of one of these modules.
func importing(_ modules: [String]) -> String {
    #"^\s*(@\w+(\(\w+\))?\s+)*(\w+\s+)?import\s+(\w+\s+)?("# + modules.joined(separator: "|")
        + #")(\.|\s|$)"#
}

/// Statements, not prose about them: a lesson that is sold may teach what SELECT does.
let sqlText =
    #"\b(SELECT\s+[A-Za-z0-9*(\\]|INSERT INTO\b|UPDATE\s+\S+\s+SET\b|DELETE FROM\b)"#

let accountAddress = #""(member|order|gateway|income|expense|liability|bank|deposit|loan):"#

func mayUseHTTP(_ name: String) -> Bool { name.hasPrefix("API") || name.hasPrefix("Pages") }

func mayUseSQL(_ name: String) -> Bool { name.contains("Table") || name == "Migrations.swift" }

/// Imports of another business than the file's own. The composition root imports them all.
func foreignBusinesses(_ file: SourceText, _ businesses: [String]) -> [Finding] {
    guard !file.isBelow("Sources/kontor") else { return [] }
    let others = businesses.filter { !file.isBelow("Sources/Businesses/\($0)") }
    return others.isEmpty ? [] : file.findings(importing(others))
}
