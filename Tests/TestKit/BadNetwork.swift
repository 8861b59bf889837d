import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A network before a server that breaks at its nth message: a TCP proxy on a port of its own.
///
/// A message is what one read from a socket brings, in either direction of any connection.
package final class BadNetwork: Sendable {
    package enum Fault: String, CaseIterable, Sendable {
        /// The connection is reset, and the message lost.
        case reset
        /// Half of the message arrives, and then the connection ends.
        case half
        /// Nothing arrives any more in either direction, and nobody is told.
        case silence
        /// The message is late by more than the server may take.
        case late
        /// Every connection is reset and none is accepted until the network is repaired.
        case away
    }

    /// One client and its connection to the server.
    private final class Line: Sendable {
        let client: Int32
        let server: Int32
        let isSilent = Atomic<Bool>(false)
        /// Directions that are still being carried.
        let open = Atomic<Int>(2)

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }
    }

    private struct State {
        var messages = 0
        var failAt: Int?
        var fault = Fault.reset
        var isAway = false
        var hasBroken = false
        var lines: [Line] = []
    }

    package let port: Int
    private let serverPort: UInt16
    private let lateBy: Duration
    private let listener: Int32
    private let state = Mutex(State())

    /// - Parameter lateBy: how late a late message is.
    package init(before serverPort: Int, lateBy: Duration) throws {
        self.serverPort = UInt16(serverPort)
        self.lateBy = lateBy
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
        self.listener = listener
        Thread.detachNewThread { [self] in acceptLines() }
    }

    /// Counts from here, and breaks at the nth message; nil never.
    package func breakAt(_ number: Int?, _ fault: Fault) {
        state.withLock {
            $0.messages = 0
            $0.failAt = number
            $0.fault = fault
            $0.hasBroken = false
        }
    }

    /// The messages since `breakAt`.
    package var messages: Int { state.withLock { $0.messages } }
    package var hasBroken: Bool { state.withLock { $0.hasBroken } }

    /// New connections work again. What was silent stays so.
    package func repair() {
        state.withLock {
            $0.failAt = nil
            $0.isAway = false
        }
    }

    /// Ends it with all its connections.
    package func remove() {
        shutdown(listener, Int32(SHUT_RDWR))
        state.withLock { for line in $0.lines { Self.end(line) } }
    }

    // MARK: Carrying

    private func acceptLines() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { break }
            guard !state.withLock({ $0.isAway }), let server = connect() else {
                Self.reset(client)
                close(client)
                continue
            }
            for end in [client, server] {
                var yes: Int32 = 1
                setsockopt(
                    end, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
            }
            let line = Line(client: client, server: server)
            state.withLock { $0.lines.append(line) }
            Thread.detachNewThread { [self] in carry(line, from: client, to: server) }
            Thread.detachNewThread { [self] in carry(line, from: server, to: client) }
        }
        close(listener)
    }

    private func connect() -> Int32? {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(port: serverPort)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        return isConnected ? server : nil
    }

    private func carry(_ line: Line, from source: Int32, to target: Int32) {
        defer { finish(line) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            // Who is behind a silent network does not hear that the other has gone.
            if count <= 0 { break }
            let fault = next()
            if line.isSilent.load(ordering: .relaxed) { continue }
            switch fault {
            case .reset: return Self.resetBoth(line)
            case .half:
                Self.write(buffer[..<(count / 2)], to: target)
                return Self.end(line)
            case .silence:
                line.isSilent.store(true, ordering: .relaxed)
                continue
            case .late: Thread.sleep(forTimeInterval: lateBy / .seconds(1))
            case .away:
                return state.withLock { for line in $0.lines { Self.resetBoth(line) } }
            case nil: break
            }
            Self.write(buffer[..<count], to: target)
        }
        if !line.isSilent.load(ordering: .relaxed) { Self.end(line) }
    }

    /// The last of both directions closes the sockets; before, their numbers could become somebody
    /// else's while they are still used.
    private func finish(_ line: Line) {
        guard line.open.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
        state.withLock { state in
            state.lines.removeAll { $0 === line }
            close(line.client)
            close(line.server)
        }
    }

    /// Counts a message.
    private func next() -> Fault? {
        state.withLock { state in
            state.messages += 1
            guard state.messages == state.failAt else { return nil }
            state.hasBroken = true
            state.isAway = state.fault == .away
            return state.fault
        }
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to target: Int32) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = port.bigEndian
        return address
    }

    private static func end(_ line: Line) {
        for end in [line.client, line.server] { shutdown(end, Int32(SHUT_RDWR)) }
    }

    private static func resetBoth(_ line: Line) {
        for end in [line.client, line.server] {
            reset(end)
            // Wakes whoever reads; the closing that follows is what resets.
            shutdown(end, Int32(SHUT_RD))
        }
    }

    private static func reset(_ end: Int32) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(end, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }
}
