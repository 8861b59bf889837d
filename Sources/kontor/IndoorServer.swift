import Basics
import Identity
import Ledger
import Logging
import Store
import Web

/// The modules and the router of a server, without sockets and without the jobs at work: for what plays
/// with a whole Kontor inside one process.
struct IndoorServer: Sendable {
    let database: Database
    let modules: Modules
    let web: WebServer

    /// Migrates the database and puts the modules on it. Passwords are cheap here, and no rate is
    /// limited.
    static func make(on database: Database, _ outside: Modules.Outside = Modules.Outside())
        async throws -> IndoorServer
    {
        var settings = Settings()
        settings.passwordRounds = 16
        settings.limitsRates = false
        let modules = Modules(settings, database, outside)
        try await database.migrate(modules.migrations)
        try await database.openBooks()
        var configuration = WebConfiguration(secret: try await modules.identity.pageSecret())
        configuration.authenticator = modules.identity.authenticator
        configuration.limiter = .off
        configuration.accessLogLevel = .trace
        var logger = Logger(label: "kontor.indoors")
        logger.logLevel = .error
        let web = try WebServer(
            modules: modules.all, database: database, configuration: configuration, logger: logger)
        return IndoorServer(database: database, modules: modules, web: web)
    }

    /// Somebody who is logged in.
    func enroll(
        _ name: String, phone: String? = nil, password: String = "correct horse battery",
        isOperator: Bool = false, pin: String? = nil
    ) async throws -> Tokens {
        let identity = modules.identity
        let profile = try await identity.addOperator(
            username: try Username(name), phone: try phone.map { try PhoneNumber($0) },
            password: password,
            roles: isOperator ? [.operator, .finance, .admin] : [])
        if let pin { try await identity.seedPaymentPassword(of: profile.id, to: pin) }
        return try await identity.logIn(.password(login: name, password: password))
    }
}
