import Basics
import Foundation
import Identity
import Ledger
import Logging
import Scheduling
import Simulation
import Store
import Synchronization
import Web

/// A Kontor without sockets, as a run of the simulation plays with it: the modules and the router of
/// a real server, a simulated gateway, and jobs that run when they are told to.
struct SimulatedHouse: Sendable {
    /// A SQLite file or `postgres://…`.
    let location: String

    var opener: House.Opener {
        { [self] surroundings in try await open(surroundings) }
    }

    private func open(_ surroundings: House.Surroundings) async throws -> House {
        var options = Database.Options()
        options.readers = 1
        options.lanes = 2
        let database = try Database.open(location, clock: surroundings.clock, options: options)
        var outside = Modules.Outside()
        outside.gateways = [surroundings.gateway]
        outside.alipay = surroundings.alipay
        outside.sms = SMSSender { surroundings.deliver($0.code) }
        let indoors = try await IndoorServer.make(on: database, outside)
        let modules = indoors.modules
        let web = indoors.web
        let last = try await database.read { try $0.lastJournalTime() }
        var logger = Logger(label: "kontor.simulation")
        logger.logLevel = .error
        let worker = JobWorker(
            database: database, handlers: modules.jobs, width: 1, logger: logger)
        return House(
            answer: { try await web.answer($0) },
            work: { try await worker.runDue() },
            audit: { try await auditFaults(of: modules, in: database, isTold: false) },
            enroll: { newcomer in
                let tokens = try await indoors.enroll(
                    newcomer.name, phone: newcomer.phone, password: newcomer.password,
                    isOperator: newcomer.isOperator, pin: newcomer.paymentPassword)
                return House.Person(
                    id: tokens.profile.id.description, token: tokens.accessToken,
                    refreshToken: tokens.refreshToken)
            },
            close: {
                await database.close()
                modules.dissolve()
            }, lastBooking: last)
    }
}

/// Where simulated houses have their files: in memory, if there is such a place.
final class SimulationFolder: Sendable {
    private let folder: URL
    private let template: Mutex<Task<URL, any Error>?> = Mutex(nil)

    init() throws {
        let memory = URL(filePath: "/dev/shm")
        let isThere = FileManager.default.isWritableFile(atPath: memory.path)
        folder = (isThere ? memory : FileManager.default.temporaryDirectory)
            .appending(path: "kontor-simulation-\(ID<BenchRun>.make())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// A fresh database, a copy of one that was migrated once.
    func newDatabase() async throws -> String {
        let task = template.withLock { template in
            if let template { return template }
            let path = folder.appending(path: "template.db")
            let task = Task {
                let database = try Database.open(path.path, clock: Clock())
                try await database.migrate(Modules(Settings(), database).migrations)
                await database.close()
                return path
            }
            template = task
            return task
        }
        let copy = folder.appending(path: "\(ID<BenchRun>.make()).db")
        try FileManager.default.copyItem(at: try await task.value, to: copy)
        return copy.path
    }

    func remove(_ location: String) {
        for suffix in ["", "-wal", "-shm", ".lock"] {
            try? FileManager.default.removeItem(atPath: location + suffix)
        }
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}
