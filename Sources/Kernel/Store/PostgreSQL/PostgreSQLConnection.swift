#if PostgreSQL
    import CLibPQ
    import Logging

    /// A connection to PostgreSQL with its prepared statements. Used by one thread (a *lane*).
    ///
    /// It is always in pipeline mode: what nobody waits for (BEGIN, inserts, what is written at the
    /// end) travels with the next statement that is waited for, or with COMMIT.
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
        private var handle: OpaquePointer
        private var statements: [SQLShape: [Prepared]] = [:]
        private var prepared = 0
        private var sent: [Sent] = []
        private var isGuarded = false
        private var hasWritten = false
        /// Whether others wait for this transaction's bodies, so that it should not wait for locks.
        private var isShared = false

        let lockingClause: SQL? = " FOR UPDATE"

        init(url: String) throws {
            self.url = url
            handle = try Self.connect(url)
        }

        deinit { PQfinish(handle) }

        private static func connect(_ url: String) throws -> OpaquePointer {
            guard let handle = PQconnectdb(url) else {
                throw StoreError.unavailable("no memory for a connection")
            }
            func ready(_ isReady: Bool) throws {
                guard !isReady else { return }
                let message = String(cString: PQerrorMessage(handle))
                PQfinish(handle)
                throw StoreError.unavailable(message)
            }
            try ready(PQstatus(handle) == CONNECTION_OK)
            PQsetNoticeProcessor(handle, { _, _ in }, nil)
            for setting in [
                "client_min_messages = warning", "lock_timeout = '20s'",
                "idle_in_transaction_session_timeout = '60s'",
            ] {
                let result = PQexec(handle, "SET \(setting)")
                defer { PQclear(result) }
                try ready(PQresultStatus(result) == PGRES_COMMAND_OK)
            }
            try ready(PQenterPipelineMode(handle) == 1)
            return handle
        }

        private var isConnected: Bool { PQstatus(handle) == CONNECTION_OK }

        func reconnectIfNeeded(_ logger: Logger) throws {
            guard !isConnected else { return }
            logger.warning("the connection to PostgreSQL was lost; connecting again")
            let fresh = try Self.connect(url)
            PQfinish(handle)
            handle = fresh
            statements.removeAll()
            sent.removeAll()
        }

        func execute(_ sql: SQL) throws -> Outcome {
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
            try send(sql, twice: twice)
            // The server's answers must find room while nobody reads them.
            if sent.count >= 256 { try exchange { _ in } }
        }

        private static let binary: Int32 = 1

        private func send(_ sql: SQL, twice: (() -> any Error)?) throws {
            let statement = try prepare(sql)
            if statement.writes { hasWritten = true }
            let isSent = withParameters(sql.values) { pointers, lengths, formats in
                PQsendQueryPrepared(
                    handle, statement.name, Int32(sql.values.count), pointers, lengths, formats,
                    Self.binary)
            }
            guard isSent == 1 else { throw StoreError.unavailable(message) }
            sent.append(.statement(sql.shape, twice: twice))
        }

        /// Sends text that has no parameters and no rows of interest.
        private func send(command text: String) throws {
            guard PQsendQueryParams(handle, text, 0, nil, nil, nil, nil, Self.binary) == 1 else {
                throw StoreError.unavailable(message)
            }
            sent.append(.command(text))
        }

        private func prepare(_ sql: SQL) throws -> Prepared {
            // The text alone is not enough: the same text with another type is another statement.
            if let known = statements[sql.shape]?.first(where: { prepared in
                prepared.types.elementsEqual(sql.values, by: { $0 == $1.objectID })
            }) {
                return known
            }
            if statements.count >= 1_000 {
                try send(command: "DEALLOCATE ALL")
                statements.removeAll()
            }
            prepared += 1
            let new = Prepared(
                name: "s\(prepared)", types: sql.values.map(\.objectID),
                writes: !sql.shape.isSelect)
            guard
                PQsendPrepare(
                    handle, new.name, sql.shape.text, Int32(new.types.count), new.types) == 1
            else { throw StoreError.unavailable(message) }
            sent.append(.preparation(sql.shape, name: new.name))
            statements[sql.shape, default: []].append(new)
            return new
        }

        /// Waits for the answers to all that was sent; `body` sees the last one, if none failed.
        private func exchange(_ body: (OpaquePointer?) throws -> Void) throws {
            guard PQpipelineSync(handle) == 1 else { throw StoreError.unavailable(message) }
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
            if isConnected { PQclear(PQgetResult(handle)) }  // the synchronization itself
            if let failure { throw failure }
        }

        private func answer(to item: Sent) -> OpaquePointer? {
            let result = PQgetResult(handle)
            if case .end = item { return result }
            // After each answer comes a nil.
            while let extra = PQgetResult(handle) {
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

        private var message: String { String(cString: PQerrorMessage(handle)) }

        private func error(of result: OpaquePointer?, _ item: Sent) -> any Error {
            let message =
                result.map { String(cString: PQresultErrorMessage($0)) } ?? self.message
            guard isConnected else { return StoreError.unavailable(message) }
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map {
                String(cString: $0)
            }
            switch state {
            case "40001", "40P01": return RetryTransaction()
            case "55P03" where isShared: return RetryTransaction()
            case "55P03", "53100", "53200", "53300", "57P01", "57P02", "57P03":
                return StoreError.unavailable(message)
            default: break
            }
            switch item {
            case .statement(_, let twice?) where state == "23505": return twice()
            case .statement(let shape, _), .preparation(let shape, _):
                return StoreError.statement(
                    code: state ?? "?", message: message, sql: shape.text)
            case .command(let text):
                return StoreError.statement(code: state ?? "?", message: message, sql: text)
            case .end: return StoreError.unavailable(message)
            }
        }
    }

    extension PostgreSQLConnection {
        func begin(shared: Bool) throws -> Bool {
            isShared = shared
            try send(command: "BEGIN")
            if shared { try send(command: "SET LOCAL lock_timeout = '100ms'") }
            return true
        }

        /// Begins a transaction that reads one moment of the database.
        func beginReading() throws {
            isShared = false
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
            try send(command: "COMMIT")
            var isCommitted = false
            do {
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
            guard isConnected else { return }
            // What was sent may have failed; it is over either way.
            try? exchange { _ in }
            guard PQtransactionStatus(handle) != PQTRANS_IDLE else { return }
            try? send(command: "ROLLBACK")
            try? exchange { _ in }
        }
    }

    /// Hands libpq the values: integers and flags binary, text and bytes as they are.
    private func withParameters<Result>(
        _ values: [SQLValue],
        _ body: (
            UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        var bytes: [UInt8] = []
        var ranges: [Range<Int>?] = []
        for value in values {
            let start = bytes.count
            switch value {
            case .null:
                ranges.append(nil)
                continue
            case .int(let number):
                withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
            case .bool(let flag): bytes.append(flag ? 1 : 0)
            case .text(let text): bytes.append(contentsOf: text.utf8)
            case .bytes(let content): bytes.append(contentsOf: content)
            }
            ranges.append(start..<bytes.count)
        }
        bytes.append(0)  // so that the buffer has an address even when everything is empty
        let formats = [Int32](repeating: 1, count: values.count)
        let lengths = ranges.map { Int32($0?.count ?? 0) }
        return bytes.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let pointers = ranges.map { range in range.flatMap { base?.advanced(by: $0.lowerBound) }
            }
            return body(pointers, lengths, formats)
        }
    }

    extension SQLValue {
        /// PostgreSQL's number for the type.
        fileprivate var objectID: Oid {
            switch self {
            case .int, .null(.int): 20
            case .text, .null(.text): 25
            case .bytes, .null(.bytes): 17
            case .bool, .null(.bool): 16
            }
        }

        /// Reads the binary form of a column.
        fileprivate init?(_ bytes: UnsafeRawBufferPointer, objectID: Oid) {
            switch objectID {
            case 20: self = .int(Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
            case 23: self = .int(Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))))
            case 16: self = .bool(bytes.first == 1)
            case 25, 1043, 19, 705: self = .text(String(decoding: bytes, as: UTF8.self))
            case 17: self = .bytes([UInt8](bytes))
            case 2278: self = .text("")  // void, as advisory locks answer
            default: return nil
            }
        }
    }
#endif
