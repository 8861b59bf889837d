import Basics
import Foundation
import Store
import Synchronization

#if PostgreSQL
    import CLibPQ
#endif

/// The engines a suite runs on: SQLite always, PostgreSQL when `KONTOR_TEST_POSTGRES` names a server
/// on which databases may be created.
package enum TestEngine: String, Sendable, CaseIterable, CustomStringConvertible {
    case sqlite, postgres

    package static var available: [TestEngine] {
        serverURL == nil ? [.sqlite] : [.sqlite, .postgres]
    }

    package var description: String { rawValue }

    static var serverURL: String? {
        ProcessInfo.processInfo.environment["KONTOR_TEST_POSTGRES"]
    }
}

/// Lends a fresh database with the given schema to `body`, and removes it afterwards.
package func withDatabase<Value>(
    _ engine: TestEngine, migrations: [Migration], clock: Clock = Clock(),
    _ body: (Database) async throws -> Value
) async throws -> Value {
    let place = try await TestPlace.make(engine, migrations: migrations)
    let database = try place.open(clock: clock)
    do {
        let value = try await body(database)
        await database.close()
        try await place.remove()
        return value
    } catch {
        await database.close()
        try? await place.remove()
        throw error
    }
}

/// Where a test's database lives. Each is a copy of a template that was migrated once: a copied file,
/// or `CREATE DATABASE … TEMPLATE`.
package struct TestPlace: Sendable {
    package let engine: TestEngine
    package let location: String
    private let name: String

    package static func make(_ engine: TestEngine, migrations: [Migration]) async throws
        -> TestPlace
    {
        let key = migrations.map { "\($0.name):\($0.steps)" }.joined(separator: ",")
        let template = try await Templates.shared.template(engine, key: key, migrations: migrations)
        let name = "kontor_test_\(UUID().uuidString.lowercased().replacing("-", with: ""))"
        switch engine {
        case .sqlite:
            let path = temporaryFolder.appending(path: "\(name).db").path
            try FileManager.default.copyItem(atPath: template, toPath: path)
            return TestPlace(engine: engine, location: path, name: name)
        case .postgres:
            try await Server.shared.run("CREATE DATABASE \(name) TEMPLATE \(template)")
            return TestPlace(engine: engine, location: Server.url(of: name), name: name)
        }
    }

    package func open(clock: Clock = Clock()) throws -> Database {
        var options = Database.Options()
        options.lanes = 4
        options.readers = 2
        return try Database.open(location, clock: clock, options: options)
    }

    package func remove() async throws {
        switch engine {
        case .sqlite:
            for suffix in ["", "-wal", "-shm", ".lock"] {
                try? FileManager.default.removeItem(atPath: location + suffix)
            }
        case .postgres:
            try await Server.shared.run("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
        }
    }

    /// Memory-backed where there is such a place: these databases need not survive.
    static let temporaryFolder: URL = {
        let memory = URL(fileURLWithPath: "/dev/shm")
        return FileManager.default.isWritableFile(atPath: memory.path)
            ? memory : FileManager.default.temporaryDirectory
    }()
}

/// Migrated templates, made once per set of migrations.
private actor Templates {
    static let shared = Templates()
    private var made: [String: Task<String, any Error>] = [:]

    func template(_ engine: TestEngine, key: String, migrations: [Migration]) async throws -> String
    {
        let key = "\(engine.rawValue) \(key)"
        if let task = made[key] { return try await task.value }
        let task = Task { try await Self.make(engine, migrations) }
        made[key] = task
        return try await task.value
    }

    private static func make(_ engine: TestEngine, _ migrations: [Migration]) async throws -> String
    {
        let name = "kontor_template_\(UUID().uuidString.lowercased().replacing("-", with: ""))"
        let location: String
        switch engine {
        case .sqlite: location = TestPlace.temporaryFolder.appending(path: "\(name).db").path
        case .postgres:
            try await Server.shared.run("CREATE DATABASE \(name)")
            location = Server.url(of: name)
        }
        let database = try Database.open(location, clock: Clock())
        try await database.migrate(migrations)
        await database.close()
        return engine == .sqlite ? location : name
    }
}

/// The server's own database, for creating and dropping others: statements that cannot run inside a
/// transaction, one at a time, since a template must have no other user.
private actor Server {
    static let shared = Server()

    static func url(of database: String) -> String {
        guard var parts = URLComponents(string: TestEngine.serverURL ?? "") else { return "" }
        parts.path = "/\(database)"
        return parts.string ?? ""
    }

    #if PostgreSQL
        // Safe because only this actor uses it.
        nonisolated(unsafe) private var connection: OpaquePointer?

        func run(_ statement: String) throws {
            if connection == nil { connection = PQconnectdb(TestEngine.serverURL ?? "") }
            PQsetNoticeProcessor(connection, { _, _ in }, nil)
            let result = PQexec(connection, statement)
            defer { PQclear(result) }
            guard PQresultStatus(result) == PGRES_COMMAND_OK else {
                let message = String(cString: PQerrorMessage(connection))
                throw StoreError.unavailable("\(statement): \(message)")
            }
        }
    #else
        func run(_ statement: String) throws {
            throw StoreError.unavailable("built without the PostgreSQL trait")
        }
    #endif
}
