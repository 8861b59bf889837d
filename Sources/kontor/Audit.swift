import ArgumentParser
import Basics
import Foundation
import Ledger
import Store
import Web

/// Proves the books: exit 0 and a summary, or exit 1 and the first fault; exit 4 if the database is of an
/// earlier version, so that nothing was proved.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks every journal, balance, hold and business rule of a database.")

    @Option(help: "A SQLite file or postgres://… (KONTOR_DATABASE; kontor.db).")
    var database: String?

    func run() async throws {
        var settings = try await Settings.fromEnvironment()
        if let database { settings.database = database }
        // Reading takes no lock: an audit runs beside a server, on a snapshot of its own.
        var options = Database.Options()
        options.readOnly = true
        options.readers = 1
        options.answerTimeout = nil
        let store = try Database.open(settings.database, clock: Clock(), options: options)
        let modules = Modules(settings, store)
        if let missing = try await store.firstMissing(of: modules.migrations) {
            let text = """
                \(settings.database) is of an earlier version: it has not had \(missing.name). Audit it \
                with that version, or stop what runs on it and bring it up to date: kontor migrate

                """
            FileHandle.standardError.write(Data(text.utf8))
            await store.close()
            throw ExitCode(4)
        }
        let faults = try await auditFaults(of: modules, in: store)
        await store.close()
        if let first = faults.first {
            print("FAULT \(first)")
            if faults.count > 1 { print("and \(faults.count - 1) more") }
            throw ExitCode(1)
        }
    }
}

/// The ledger's own proof, then what each module promises of its rows, on one snapshot.
/// - Parameter isTold: whether what was found in order is printed.
func auditFaults(of modules: Modules, in store: Database, isTold: Bool = true) async throws
    -> [String]
{
    let modules = modules.all
    return try await store.read { snapshot in
        let report = try LedgerAudit.run(snapshot)
        if let fault = report.fault { return ["\(fault)"] }
        if isTold { print(report.summary) }
        return try modules.flatMap { module in
            try module.audit(snapshot).map { "\(module.name): \($0)" }
        }
    }
}
