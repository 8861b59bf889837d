import ArgumentParser

/// The command line: one program, one database.
@main
struct Kontor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kontor",
        abstract: "A course store, a wallet and a checkout on one double-entry ledger.",
        discussion: """
            Settings come from flags, then from the environment (KONTOR_DATABASE, KONTOR_PORT, …), \
            then from the file that KONTOR_CONFIG names, then from defaults.
            """,
        subcommands: [
            Serve.self, Demo.self, Migrate.self, OperatorCommand.self, Audit.self, Bench.self,
            Simulate.self, OpenAPI.self,
        ])
}
