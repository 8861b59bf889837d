import ArgumentParser
import Basics
import Foundation
import Store
import Web

/// Prints the description of the API.
struct OpenAPI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi", abstract: "Prints the OpenAPI document.")

    func run() async throws {
        // The document is made from the routes, and the routes from modules on a database: a
        // temporary one, never written to.
        let folder = FileManager.default.temporaryDirectory
        let path = folder.appending(path: "kontor-openapi-\(getpid()).db").path
        defer {
            for suffix in ["", "-wal", "-shm", ".lock"] {
                try? FileManager.default.removeItem(atPath: path + suffix)
            }
        }
        let store = try Database.open(path, clock: Clock())
        let web = try WebServer(
            modules: Modules(Settings(), store).all, database: store,
            configuration: WebConfiguration(secret: [UInt8](repeating: 0, count: 32)))
        await store.close()
        FileHandle.standardOutput.write(Data(web.openAPI + [UInt8(ascii: "\n")]))
    }
}
