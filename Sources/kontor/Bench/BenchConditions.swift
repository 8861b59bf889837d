import Basics
import Foundation
import Store

/// What a figure depends on beside the program: without it, it cannot be compared.
struct BenchConditions: Codable, Sendable {
    let engine: String
    let engineVersion: String
    let cores: Int
    /// Half of 4 KB appends, each made durable, took at most this long on the disk of the
    /// database (of the temporary folder, if the database is a server).
    let fsyncMicrosecondsP50: Double
    let durability: String

    static func measure(_ database: Database, folder: URL) async throws -> BenchConditions {
        BenchConditions(
            engine: database.engineName, engineVersion: try await database.engineVersion(),
            cores: ProcessInfo.processInfo.activeProcessorCount,
            fsyncMicrosecondsP50: try fsyncMedian(in: folder),
            durability: try await database.durability())
    }

    private static func fsyncMedian(in folder: URL) throws -> Double {
        let path = folder.appending(path: "kontor-fsync-\(ID<BenchRun>.make())").path
        let file = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
        guard file >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer {
            close(file)
            unlink(path)
        }
        let page = [UInt8](repeating: 7, count: 4_096)
        var histogram = LatencyHistogram()
        for _ in 0..<200 {
            let start = ContinuousClock.now
            guard write(file, page, page.count) == page.count, durably(file) == 0 else {
                throw CocoaError(.fileWriteUnknown)
            }
            histogram.record(nanoseconds: (ContinuousClock.now - start).wholeNanoseconds)
        }
        return histogram.microseconds(atShare: 0.5)
    }

    private static func durably(_ file: Int32) -> Int32 {
        #if canImport(Darwin)
            fcntl(file, F_FULLFSYNC)
        #else
            fdatasync(file)
        #endif
    }
}

extension Duration {
    var wholeNanoseconds: UInt64 {
        UInt64(max(0, components.seconds)) * 1_000_000_000
            + UInt64(max(0, components.attoseconds / 1_000_000_000))
    }
    var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }
}

/// Processor time that this process has used, in seconds.
func processorSeconds() -> Double {
    var usage = rusage()
    #if canImport(Darwin)
        getrusage(RUSAGE_SELF, &usage)
    #else
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #endif
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
