#if PostgreSQL
    import CLibPQ
    import Foundation

    /// The wire to a PostgreSQL server. Nothing waits on it for ever: a server that does not answer in
    /// time is taken for gone, since a network can swallow what is sent without a sign.
    ///
    /// The server itself gives up earlier (`statement_timeout`), so that an answer that is merely late
    /// still arrives.
    final class PostgreSQLLink {
        let handle: OpaquePointer
        /// How long an answer may take; nil is for ever.
        var patience: Duration?
        private var deadline: ContinuousClock.Instant?
        private var lost: String?

        /// How long connecting may take.
        private static let connectSeconds = 3

        /// - Throws: `StoreError.unavailable`.
        init(url: String, patience: Duration?) throws {
            // What stands before `dbname` is a default that the URL may say otherwise.
            let defaults: KeyValuePairs = [
                "connect_timeout": "\(Self.connectSeconds)", "tcp_user_timeout": "15000",
                "keepalives_idle": "15", "keepalives_interval": "5", "keepalives_count": "3",
                "application_name": "kontor", "dbname": url,
            ]
            var names = defaults.map { UnsafePointer(strdup($0.key)) } + [nil]
            var values = defaults.map { UnsafePointer(strdup($0.value)) } + [nil]
            defer { for text in names + values { free(UnsafeMutablePointer(mutating: text)) } }
            guard let handle = PQconnectdbParams(&names, &values, 1) else {
                throw StoreError.unavailable("no memory for a connection")
            }
            self.handle = handle
            self.patience = patience
            PQsetNoticeProcessor(handle, { _, _ in }, nil)
            guard PQstatus(handle) == CONNECTION_OK, PQsetnonblocking(handle, 1) == 0 else {
                throw StoreError.unavailable(message)
            }
        }

        deinit { PQfinish(handle) }

        var isUp: Bool { lost == nil && PQstatus(handle) == CONNECTION_OK }

        var message: String { lost ?? String(cString: PQerrorMessage(handle)) }

        /// What the server said is its last word, or was never said.
        func giveUp(_ reason: String) { lost = lost ?? reason }

        /// From here the answers to what has been sent are waited for.
        func startWaiting() { deadline = patience.map { .now + $0 } }

        /// The next part of an answer; nil at its end, and when the link is lost.
        func next() -> OpaquePointer? {
            while lost == nil, PQisBusy(handle) == 1 {
                guard wait() else { break }
            }
            return lost == nil ? PQgetResult(handle) : nil
        }

        /// - Returns: false if nothing more will come.
        private func wait() -> Bool {
            let unsent = PQflush(handle)
            let events = Int16(POLLIN) | (unsent == 1 ? Int16(POLLOUT) : 0)
            switch Self.poll([(PQsocket(handle), events)], until: deadline) {
            case 0:
                giveUp("the server did not answer in time")
                return false
            default: return PQconsumeInput(handle) == 1
            }
        }

        /// Takes in what has come by itself: that the server has hung up, most of all.
        func look() {
            while isUp, Self.poll([(PQsocket(handle), Int16(POLLIN))], until: .now) > 0,
                PQconsumeInput(handle) == 1
            {}
        }

        /// - Returns: how many of the files have news; 0 when it is time.
        static func poll(
            _ files: [(file: Int32, events: Int16)], until deadline: ContinuousClock.Instant?
        ) -> Int32 {
            var entries = files.map { pollfd(fd: $0.file, events: $0.events, revents: 0) }
            while true {
                var milliseconds: Int32 = -1
                if let deadline {
                    let left = max(.zero, deadline - .now) / .milliseconds(1)
                    milliseconds = Int32(min(left.rounded(.up), 1e9))
                }
                let count = Foundation.poll(&entries, nfds_t(entries.count), milliseconds)
                if count >= 0 || errno != EINTR { return count }
            }
        }
    }
#endif
