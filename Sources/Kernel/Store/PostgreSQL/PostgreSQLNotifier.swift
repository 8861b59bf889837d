#if PostgreSQL
    import Basics
    import CLibPQ
    import Foundation
    import Logging
    import Synchronization

    /// A node's one connection for what is not a transaction: it holds the node's number, and carries
    /// news by NOTIFY and LISTEN.
    ///
    /// NOTIFY is kept out of the transactions that make the news: the server takes one lock for all
    /// who commit with it. If this connection is lost, everything goes on; what was cached on the
    /// strength of news is not believed until it is back.
    final class PostgreSQLNotifier: @unchecked Sendable {
        // Safe because after `init` only its own thread touches the link.
        private static let channel = "kontor"
        /// Numbers of nodes are locks of the first kind; this is only to be nobody else's.
        private static let lockKind = 75_318
        private static let patience = Duration.seconds(5)

        private let url: String
        private let board: NewsBoard
        private let logger: Logger
        private let pipe: (read: Int32, write: Int32)
        private let isClosed = Atomic<Bool>(false)
        private var link: PostgreSQLLink?

        /// - Throws: `StoreError.unavailable`.
        init(url: String, board: NewsBoard, logger: Logger) throws {
            self.url = url
            self.board = board
            self.logger = logger
            var ends: [Int32] = [0, 0]
            guard Foundation.pipe(&ends) == 0 else { throw StoreError.unavailable("no pipe") }
            pipe = (ends[0], ends[1])
            try connect()
            board.carry { [pipe] in Self.write(to: pipe.write) }
        }

        deinit {
            Foundation.close(pipe.read)
            Foundation.close(pipe.write)
        }

        /// Until `close`.
        func serve() {
            while !isClosed.load(ordering: .acquiring) {
                do {
                    if link == nil { try connect() }
                    try attend()
                } catch {
                    board.stopHearing()
                    link = nil
                    logger.warning("no news from other nodes", metadata: ["error": "\(error)"])
                    _ = PostgreSQLLink.poll([(pipe.read, 0)], until: .now + .milliseconds(500))
                }
            }
            link = nil
        }

        func close() {
            isClosed.store(true, ordering: .releasing)
            Self.write(to: pipe.write)
        }

        private func connect() throws {
            let link = try PostgreSQLLink(url: url, patience: Self.patience)
            _ = try link.ask("LISTEN \(Self.channel)")
            try claimNumber(link)
            self.link = link
            board.beginHearing()
        }

        /// Ids are unique because no two nodes of a database have the same number in them. The lock goes
        /// with the connection; whoever finds its number taken afterwards takes another.
        private func claimNumber(_ link: PostgreSQLLink) throws {
            let generator = IDGenerator.shared
            let wanted = [generator.node] + (0..<IDGenerator.nodes).shuffled()
            for number in wanted {
                let answer = try link.ask(
                    "SELECT pg_try_advisory_lock(\(Self.lockKind), \(number))")
                guard answer == "t" else { continue }
                generator.become(node: number)
                return
            }
            throw StoreError.unavailable("all node numbers are taken")
        }

        /// Carries news both ways until something happens to the connection.
        private func attend() throws {
            guard let link else { return }
            let quiet = ContinuousClock.now + .seconds(5)
            let files = [PQsocket(link.handle), pipe.read].map { ($0, Int16(POLLIN)) }
            let count = PostgreSQLLink.poll(files, until: quiet)
            if isClosed.load(ordering: .acquiring) { return }
            Self.drain(pipe.read)
            let news = board.take()
            for part in Self.parts(news) {
                _ = try link.ask("SELECT pg_notify('\(Self.channel)', \(link.quoted(part)))")
            }
            // A question now and then finds out about a network that has gone quiet.
            if count == 0 { _ = try link.ask("SELECT 1") }
            link.look()
            guard link.isUp else { throw StoreError.unavailable(link.message) }
            for text in link.notifications() {
                for line in text.split(separator: "\n") { board.hear(.told(String(line))) }
            }
        }

        /// As much in one as the server carries: less than 8,000 bytes.
        private static func parts(_ news: [String]) -> [String] {
            var parts: [String] = []
            for line in news {
                if let last = parts.last, last.utf8.count + line.utf8.count < 7_000 {
                    parts[parts.count - 1] += "\n" + line
                } else {
                    parts.append(line)
                }
            }
            return parts
        }

        private static func write(to file: Int32) {
            var byte: UInt8 = 1
            _ = Foundation.write(file, &byte, 1)
        }

        private static func drain(_ file: Int32) {
            var bytes = [UInt8](repeating: 0, count: 64)
            while PostgreSQLLink.poll([(file, Int16(POLLIN))], until: .now) > 0 {
                _ = Foundation.read(file, &bytes, bytes.count)
            }
        }
    }

    extension PostgreSQLLink {
        /// Asks one thing and waits for the answer; not for a link in pipeline mode.
        /// - Returns: the first column of the first row.
        fileprivate func ask(_ text: String) throws -> String? {
            guard PQsendQuery(handle, text) == 1 else { throw StoreError.unavailable(message) }
            startWaiting()
            var answer: String?
            var failure: String?
            while let result = next() {
                defer { PQclear(result) }
                switch PQresultStatus(result) {
                case PGRES_TUPLES_OK where PQntuples(result) > 0:
                    answer = String(cString: PQgetvalue(result, 0, 0))
                case PGRES_TUPLES_OK, PGRES_COMMAND_OK: break
                default: failure = String(cString: PQresultErrorMessage(result))
                }
                if !isUp { break }
            }
            if let failure { throw StoreError.unavailable(failure) }
            guard isUp else { throw StoreError.unavailable(message) }
            return answer
        }

        /// What other connections have told since the last time.
        fileprivate func notifications() -> [String] {
            _ = PQisBusy(handle)  // takes apart what has been read
            var texts: [String] = []
            while let notification = PQnotifies(handle) {
                if notification.pointee.be_pid != PQbackendPID(handle) {
                    texts.append(String(cString: notification.pointee.extra))
                }
                PQfreemem(notification)
            }
            return texts
        }

        fileprivate func quoted(_ text: String) -> String {
            "'" + text.filter { $0 != "\0" }.replacing("'", with: "''") + "'"
        }
    }
#endif
