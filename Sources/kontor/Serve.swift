import ArgumentParser
import CoreMetrics
import Foundation
import Logging
import NIOCore
import Store
import Web

/// Runs the server.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Runs the server.")

    @OptionGroup var flags: ServerFlags

    @Option(help: "A SQLite file or postgres://… (KONTOR_DATABASE; kontor.db).")
    var database: String?

    @Flag(help: "Runs Alipay, SMS and a clock of its own inside; never beside live keys.")
    var sandbox = false

    func run() async throws {
        var settings = try await Settings.fromEnvironment()
        settings.apply(flags)
        if let database { settings.database = database }
        if sandbox { settings.isSandbox = true }
        try await serve(settings) { url in say("Kontor is listening on \(url)") }
    }
}

/// Starts a server and says where it is once it listens.
func serve(
    _ settings: Settings, prepare: @escaping @Sendable (Server) async throws -> Void = { _ in },
    announce: @escaping @Sendable (String) -> Void
) async throws {
    LoggingSystem.bootstrap(
        LateLogHandler.init(label:metadataProvider:), metadataProvider: nil)
    let logger = Logger(label: "kontor")
    var settings = settings
    if settings.port == 0 { settings.port = try freePort(settings.host) }
    // What libraries measure is in /metrics too.
    let metrics = PrometheusRegistry()
    MetricsSystem.bootstrap(metrics)
    let server = try await openOrExit {
        try await Server.make(settings, port: settings.port, metrics: metrics)
    }
    try await prepare(server)
    let socket = ControlSocket(server: server, logger: logger)
    do {
        try await server.run(logger: logger, extra: socket.map { [$0] } ?? []) { _ in
            announce(server.publicURL)
        }
    } catch let error as IOError where error.errnoCode == EADDRINUSE {
        let place = "\(settings.host):\(settings.port)"
        FileHandle.standardError.write(
            Data("\(place) is in use by another program; choose another --port.\n".utf8))
        throw ExitCode.failure
    }
}

/// Prints at once, even into a pipe or a file.
func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

/// Runs `body`; a database that another process writes to ends the program with 3, as scripts expect.
func openOrExit<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch StoreError.lockedByAnotherProcess(let path) {
        FileHandle.standardError.write(
            Data("\(path) is in use by a running Kontor; stop it first.\n".utf8))
        throw ExitCode(3)
    }
}

/// A port nobody listens on: the public URL must be known before the server starts.
func freePort(_ host: String) throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr(host == "localhost" ? "127.0.0.1" : host)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let found = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            bind(descriptor, generic, length) == 0
                && getsockname(descriptor, generic, &length) == 0
        }
    }
    guard found else { throw SettingsFault(lines: ["no free port on \(host)"]) }
    return Int(UInt16(bigEndian: address.sin_port))
}
