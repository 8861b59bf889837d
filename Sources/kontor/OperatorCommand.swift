import ArgumentParser
import Basics
import Foundation
import Identity
import Store
import Web

/// Accounts for those who run the house.
struct OperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator", abstract: "Accounts for those who run the house.",
        subcommands: [Add.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Adds an operator's account.")

        @Argument(help: "The name to log in with.")
        var username: String

        @Flag(help: "Reads the password from standard input, up to the end of the line.")
        var passwordStdin = false

        @Option(help: "Of operator, finance and admin; all unless told.")
        var roles = "operator,finance,admin"

        @Option(help: "A SQLite file or postgres://… (KONTOR_DATABASE; kontor.db).")
        var database: String?

        func run() async throws {
            guard passwordStdin, let password = readLine(), !password.isEmpty else {
                throw ValidationError("give the password on standard input with --password-stdin")
            }
            let wanted = roles.split(separator: ",").map { Role(rawValue: String($0)) }
            let known = wanted.compactMap { $0 }
            guard known.count == wanted.count, !known.isEmpty else {
                throw ValidationError("roles are operator, finance, admin")
            }
            var settings = try await Settings.fromEnvironment()
            if let database { settings.database = database }
            let request = ControlSocket.Request(
                username: username, password: password, roles: known)
            do {
                try await add(request, settings)
            } catch let problem as Problem {
                throw ValidationError("refused: \(problem.code)")
            }
            print("\(username) can log in now.")
        }

        /// Writes by itself, or asks the server that holds the file to.
        private func add(_ request: ControlSocket.Request, _ settings: Settings) async throws {
            do {
                let store = try Database.open(settings.database, clock: Clock())
                let modules = Modules(settings, store)
                try await store.migrate(modules.migrations)
                try await addOperator(request, modules.identity)
                await store.close()
            } catch StoreError.lockedByAnotherProcess {
                let answer = try await openOrExit {
                    do {
                        return try await ControlSocket.send(request, to: settings.database)
                    } catch {
                        throw StoreError.lockedByAnotherProcess(path: settings.database)
                    }
                }
                if let error = answer.error { throw ValidationError("refused: \(error)") }
            }
        }
    }
}
