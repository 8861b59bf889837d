#if PostgreSQL
    import CLibPQ
    import Logging

    /// A connection to PostgreSQL with its prepared statements. Used by one thread (a *lane*).
    ///
    /// It is always in pipeline mode: what nobody waits for (BEGIN, inserts, what is written at the
    /// end) travels with the next statement that is waited for, or with COMMIT. Rows that the bodies
    /// of a batch write to one table travel as one statement.
    final class PostgreSQLConnection: WritingConnection {
        private struct Prepared {
            let name: String
            let types: [Oid]
            let writes: Bool
        }

        /// What has been sent and not been answered.
        private enum Sent {
            case statement(SQLShape, twice: (() -> any Error)?)
            case preparation(SQLShape, name: String)
            case command(String)
            case end
        }

        private let url: String
        private let patience: Duration?
        private var link: PostgreSQLLink
        private var handle: OpaquePointer { link.handle }
        private var statements: [SQLShape: [Prepared]] = [:]
        private var prepared = 0
        private var sent: [Sent] = []
        private var gathered = GatheredRows()
        private var isGuarded = false
        private var hasWritten = false
        private var isReading = false
        /// Whether others wait for this transaction's bodies, so that it should not wait for locks.
        private var isShared = false

        let lockingClause: SQL? = " FOR UPDATE"
        static let isOnlyWriter = false

        /// - Parameter patience: how long the server may take to answer; nil is for ever.
        init(url: String, patience: Duration?) throws {
            self.url = url
            self.patience = patience
            link = try PostgreSQLLink(url: url, patience: patience)
            try setUp()
        }

        /// Begins pipeline mode and tells the server when to give up: a little before we do.
        private func setUp() throws {
            guard PQenterPipelineMode(handle) == 1 else { throw StoreError.unavailable(message) }
            var settings = ["client_min_messages = warning"]
            if let patience {
                let limit = Int(patience / .milliseconds(1))
                settings += [
                    "statement_timeout = \(limit * 8 / 10)", "lock_timeout = \(limit * 6 / 10)",
                    "idle_in_transaction_session_timeout = \(limit)",
                    "tcp_user_timeout = \(limit)",
                ]
            }
            for setting in settings { try send(command: "SET \(setting)") }
            try exchange { _ in }
        }

        private var isConnected: Bool { link.isUp }

        /// Whether it can be used, as far as one can tell without asking.
        func isUsable() -> Bool {
            link.look()
            return link.isUp
        }

        /// - Throws: `StoreError.unavailable`.
        func reconnect() throws {
            link = try PostgreSQLLink(url: url, patience: patience)
            statements.removeAll()
            sent.removeAll()
            gathered.forget()
            try setUp()
        }

        func execute(_ sql: SQL) throws -> Outcome {
            if gathered.concern(sql.shape) { try sendGathered() }
            try send(sql, twice: nil)
            var outcome = Outcome()
            try exchange { result in
                if PQresultStatus(result) == PGRES_TUPLES_OK {
                    outcome.rows = try rows(of: result, sql.shape)
                } else {
                    outcome.changes = Int(String(cString: PQcmdTuples(result))) ?? 0
                }
            }
            return outcome
        }

        func enqueue(_ sql: SQL, ifTwice twice: (() -> any Error)?) throws {
            hasWritten = true
            // A body that is guarded or alone must learn of its own failures, which row by row tells.
            if isShared, !isGuarded, try gather(sql) { return }
            try send(sql, twice: twice)
            // The server's answers must find room while nobody reads them.
            if sent.count >= 256 { try exchange { _ in } }
        }

        /// - Returns: false if it is of another form than can be gathered.
        private func gather(_ sql: SQL) throws -> Bool {
            switch gathered.add(sql) {
            case .gathered: return true
            case .mustBeSent:
                try sendGathered()
                return try gather(sql)
            case .hasAnotherForm:
                if gathered.concern(sql.shape) { try sendGathered() }
                return false
            }
        }

        private func sendGathered() throws {
            for (shape, parameters) in gathered.take() {
                try send(shape, parameters, .statement(shape, twice: nil))
            }
        }

        private static let binary: Int32 = 1

        private func send(_ sql: SQL, twice: (() -> any Error)?) throws {
            try send(
                sql.shape, PostgreSQLParameters(sql.values), .statement(sql.shape, twice: twice))
        }

        private func send(
            _ shape: SQLShape, _ parameters: PostgreSQLParameters, _ item: Sent
        ) throws {
            let statement = try prepare(shape, parameters.types)
            if statement.writes { hasWritten = true }
            let isSent = parameters.lend { pointers, lengths, formats in
                PQsendQueryPrepared(
                    handle, statement.name, Int32(parameters.count), pointers, lengths, formats,
                    Self.binary)
            }
            guard isSent == 1 else { throw StoreError.unavailable(message) }
            sent.append(item)
        }

        /// Sends text that has no parameters and no rows of interest.
        private func send(command text: String) throws {
            guard PQsendQueryParams(handle, text, 0, nil, nil, nil, nil, Self.binary) == 1 else {
                throw StoreError.unavailable(message)
            }
            sent.append(.command(text))
        }

        private func prepare(_ shape: SQLShape, _ types: [Oid]) throws -> Prepared {
            // The text alone is not enough: the same text with another type is another statement.
            if let known = statements[shape]?.first(where: { $0.types == types }) { return known }
            if statements.count >= 1_000 {
                try send(command: "DEALLOCATE ALL")
                statements.removeAll()
            }
            prepared += 1
            let new = Prepared(name: "s\(prepared)", types: types, writes: !shape.isSelect)
            guard PQsendPrepare(handle, new.name, shape.text, Int32(types.count), types) == 1 else {
                throw StoreError.unavailable(message)
            }
            sent.append(.preparation(shape, name: new.name))
            statements[shape, default: []].append(new)
            return new
        }

        /// Waits for the answers to all that was sent; `body` sees the last one, if none failed.
        private func exchange(_ body: (OpaquePointer?) throws -> Void) throws {
            guard PQpipelineSync(handle) == 1 else { throw StoreError.unavailable(message) }
            link.startWaiting()
            let asked = sent
            sent.removeAll(keepingCapacity: true)
            var failure: (any Error)?
            for (index, item) in asked.enumerated() {
                let result = answer(to: item)
                defer { PQclear(result) }
                let status = PQresultStatus(result)
                if status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK {
                    if failure == nil, index == asked.count - 1 {
                        do { try body(result) } catch { failure = error }
                    }
                } else if status != PGRES_PIPELINE_SYNC {
                    forget(item)
                    if failure == nil { failure = error(of: result, item) }
                    if !isConnected { break }
                }
            }
            if isConnected { PQclear(link.next()) }  // the synchronization itself
            if let failure { throw failure }
        }

        private func answer(to item: Sent) -> OpaquePointer? {
            let result = link.next()
            if case .end = item { return result }
            // After each answer comes a nil.
            while let extra = link.next() {
                PQclear(extra)
                if !isConnected { break }
            }
            return result
        }

        /// A statement that was not prepared, because what came before it failed, is not there.
        private func forget(_ item: Sent) {
            guard case .preparation(let shape, let name) = item else { return }
            statements[shape]?.removeAll { $0.name == name }
        }

        private func rows(of result: OpaquePointer?, _ shape: SQLShape) throws -> [Row] {
            let columns = PQnfields(result)
            let types = (0..<columns).map { PQftype(result, $0) }
            return try (0..<PQntuples(result)).map { row in
                Row(
                    values: try (0..<columns).map { column in
                        if PQgetisnull(result, row, column) == 1 { return .null(.int) }
                        let bytes = UnsafeRawBufferPointer(
                            start: PQgetvalue(result, row, column),
                            count: Int(PQgetlength(result, row, column)))
                        guard let value = SQLValue(bytes, objectID: types[Int(column)]) else {
                            throw StoreError.statement(
                                code: "column-type",
                                message: "column \(column) has type \(types[Int(column)]): cast it",
                                sql: shape.text)
                        }
                        return value
                    })
            }
        }

        private var message: String { link.message }

        private func error(of result: OpaquePointer?, _ item: Sent) -> any Error {
            let message =
                result.map { String(cString: PQresultErrorMessage($0)) } ?? self.message
            guard isConnected else { return StoreError.unavailable(message) }
            let state = Self.field(result, "C") ?? "?"
            if Self.field(result, "V") != "ERROR" {
                // The server's last word, though the connection may not have gone yet.
                link.giveUp(message)
                return StoreError.unavailable(message)
            }
            switch (state, state.prefix(2)) {
            case ("55P03", _) where isShared: return RetryTransaction()
            case ("40001", _), ("40P01", _):
                return isReading ? StoreError.unavailable(message) : RetryTransaction()
            // Connections, resources, somebody's intervention, the system; a standby.
            case ("55P03", _), ("25006", _), (_, "08"), (_, "53"), (_, "57"), (_, "58"):
                return StoreError.unavailable(message)
            default: break
            }
            switch item {
            case .statement(_, let twice?) where state == "23505": return twice()
            case .statement(let shape, _), .preparation(let shape, _):
                return StoreError.statement(
                    code: state, message: message, sql: shape.text)
            case .command(let text):
                return StoreError.statement(code: state, message: message, sql: text)
            case .end: return StoreError.unavailable(message)
            }
        }
    }

    extension PostgreSQLConnection {
        private static func field(_ result: OpaquePointer?, _ name: Character) -> String? {
            let code = Int32(name.asciiValue ?? 0)
            return PQresultErrorField(result, code).map { String(cString: $0) }
        }

        /// Transactions that many bodies share take turns, on all lanes of all nodes: two that lock the
        /// same accounts, each in the order of its bodies, would only stop each other. One that waits
        /// too long for its turn runs its bodies one by one, without.
        private static let turn = "SELECT pg_advisory_xact_lock(7531880130)"

        func begin(shared: Bool) throws -> Bool {
            isShared = shared
            isReading = false
            gathered.forget()
            link.patience = patience
            try send(command: "BEGIN")
            if shared {
                try send(command: "SET LOCAL lock_timeout = '100ms'")
                try send(command: Self.turn)
            }
            return true
        }

        /// One that began for a single body has no turn, and waits for locks as long as it takes.
        var isOpenToOthers: Bool { isShared }

        func takeYourTime() throws {
            link.patience = nil
            try send(command: "SET LOCAL statement_timeout = 0")
            try send(command: "SET LOCAL lock_timeout = 0")
        }

        /// Begins a transaction that reads one moment of the database.
        func beginReading() throws {
            isShared = false
            isReading = true
            try send(command: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        }

        /// Ends it; the answer is looked at when the next begins.
        func endReading() {
            guard isConnected, (try? send(command: "ROLLBACK")) != nil,
                PQpipelineSync(handle) == 1
            else { return }
            sent.append(.end)
        }

        func beginBody(guarded: Bool) throws {
            hasWritten = false
            isGuarded = guarded
            if guarded { try send(command: "SAVEPOINT body") }
        }

        func endBody() throws {
            guard isGuarded else { return }
            try send(command: "RELEASE body")
            // What fails must fail while it is known whose it is.
            try exchange { _ in }
        }

        func undoBody() throws -> Bool {
            guard isConnected else { throw StoreError.unavailable(message) }
            guard isGuarded else {
                return !hasWritten && PQtransactionStatus(handle) != PQTRANS_INERROR
            }
            // What it has sent must not stand before the way back.
            try? exchange { _ in }
            try send(command: "ROLLBACK TO body")
            try send(command: "RELEASE body")
            try exchange { _ in }
            return true
        }

        /// Commits. An answer that never came leaves the outcome unknown; an error answer is certain.
        func commit() throws {
            guard isConnected else { throw StoreError.unavailable(message) }
            var isCommitted = false
            do {
                try sendGathered()
                try send(command: "COMMIT")
                try exchange { isCommitted = String(cString: PQcmdStatus($0)) == "COMMIT" }
            } catch {
                guard isConnected else { throw StoreError.outcomeUnknown(message) }
                throw error
            }
            // A poisoned transaction answers COMMIT with ROLLBACK.
            guard isCommitted else {
                throw StoreError.unavailable("the transaction was rolled back")
            }
        }

        func rollback() {
            gathered.forget()
            guard isConnected else { return }
            // What was sent may have failed; it is over either way.
            try? exchange { _ in }
            guard PQtransactionStatus(handle) != PQTRANS_IDLE else { return }
            try? send(command: "ROLLBACK")
            try? exchange { _ in }
        }
    }
#endif
