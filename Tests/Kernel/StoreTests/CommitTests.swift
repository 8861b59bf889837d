import Basics
import Foundation
import Store
import Synchronization
import TestKit
import Testing

/// What is told of a commit whose answer never came.
@Suite struct CommitTests {
    static let migrations = [
        Migration("test-1", [.table("entry", "id BIGINT PRIMARY KEY NOT NULL")])
    ]

    @Test(.enabled(if: TestEngine.available.contains(.postgres)))
    func `a commit whose answer is lost is unknown, not undone`() async throws {
        let place = try await TestPlace.make(.postgres, migrations: Self.migrations)
        let line = try CutLine(to: place.location)
        var options = Database.Options()
        options.lanes = 1
        options.readers = 1
        let database = try Database.open(line.location, clock: Clock(), options: options)
        func failure(cutting word: String, id: Int64) async -> StoreError? {
            line.cut(after: word)
            return await #expect(throws: StoreError.self) {
                try await database.write { tx in
                    try tx.run("INSERT INTO entry (id) VALUES (\(id))")
                }
            }
        }

        let atCommit = await failure(cutting: "COMMIT", id: 1)
        guard case .outcomeUnknown = atCommit else {
            Issue.record("\(String(describing: atCommit))")
            return
        }
        // Before the commit it has certainly not happened.
        let before = await failure(cutting: "INSERT INTO entry", id: 2)
        guard case .unavailable = before else {
            Issue.record("\(String(describing: before))")
            return
        }
        // The line is mended by itself, and the lost answer would have been yes.
        let found = try await database.read { snapshot in
            try snapshot.rows("SELECT id FROM entry ORDER BY id") { try $0[0] as Int64 }
        }
        #expect(found == [1])
        await database.close()
        line.close()
        try await place.remove()
    }
}

/// A line to a server that can be cut when a word has gone over it: the server gets the word and
/// answers, and the answer is lost.
private final class CutLine: Sendable {
    /// Where the far end is reached over this line.
    let location: String
    private let listener: Int32
    private let server: sockaddr_in
    private let word = Mutex<[UInt8]?>(nil)

    struct Broken: Error {}

    init(to location: String) throws {
        guard var parts = URLComponents(string: location), let port = parts.port else {
            throw Broken()
        }
        server = Self.address(UInt16(port))
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var own = Self.address(0)
        guard Self.with(&own, { bind(listener, $0, $1) }) == 0, listen(listener, 8) == 0 else {
            throw Broken()
        }
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(listener, $0, &size)
            }
        }
        parts.port = Int(UInt16(bigEndian: own.sin_port))
        self.location = parts.string ?? ""
        self.listener = listener
        Thread { [self] in accept() }.start()
    }

    /// Cuts the next connection over which `text` goes; later ones hold.
    func cut(after text: String) { word.withLock { $0 = Array(text.utf8) } }

    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func accept() {
        while true {
            let client = Foundation.accept(listener, nil, nil)
            guard client >= 0 else { return }
            let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = server
            guard Self.with(&address, { connect(far, $0, $1) }) == 0 else { return }
            Thread { [self] in relay(client, far) }.start()
        }
    }

    /// Carries bytes both ways until one side hangs up or the word has come by.
    private func relay(_ client: Int32, _ far: Int32) {
        defer {
            Foundation.close(client)
            Foundation.close(far)
        }
        var isCut = false
        while true {
            var ends = [client, far].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&ends, 2, -1) > 0 else { return }
            for (index, end) in ends.enumerated() where end.revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 65_536)
                let count = read(end.fd, &bytes, bytes.count)
                guard count > 0, !(isCut && end.fd == far) else { return }
                let part = bytes[..<count]
                if index == 0 { isCut = isCut || takesWord(of: part) }
                let sent = Array(part).withUnsafeBytes {
                    write(index == 0 ? far : client, $0.baseAddress, count)
                }
                guard sent == count else { return }
            }
        }
    }

    private func takesWord(of part: ArraySlice<UInt8>) -> Bool {
        word.withLock { word in
            guard let text = word, part.firstRange(of: text) != nil else { return false }
            word = nil
            return true
        }
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }

    private static func with(
        _ address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
