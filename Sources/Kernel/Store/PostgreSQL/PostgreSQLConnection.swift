#if PostgreSQL
    import CLibPQ

    /// A connection to PostgreSQL with its prepared statements. Used by one thread (a *lane*).
    final class PostgreSQLConnection: Connection {
        private let handle: OpaquePointer
        private var statements: [String: String] = [:]

        let lockingClause = " FOR UPDATE"

        init(url: String) throws {
            guard let handle = PQconnectdb(url) else {
                throw StoreError.unavailable("no memory for a connection")
            }
            guard PQstatus(handle) == CONNECTION_OK else {
                let message = String(cString: PQerrorMessage(handle))
                PQfinish(handle)
                throw StoreError.unavailable(message)
            }
            self.handle = handle
            PQsetNoticeProcessor(handle, { _, _ in }, nil)
            try command("SET client_min_messages = warning")
            try command("SET lock_timeout = '20s'")
            try command("SET idle_in_transaction_session_timeout = '60s'")
        }

        deinit { PQfinish(handle) }

        var isConnected: Bool { PQstatus(handle) == CONNECTION_OK }
        var isIdle: Bool { PQtransactionStatus(handle) == PQTRANS_IDLE }

        /// Runs text that has no parameters and no rows of interest.
        func command(_ text: String) throws {
            let result = PQexec(handle, text)
            defer { PQclear(result) }
            let status = PQresultStatus(result)
            guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
                throw error(of: result, in: text)
            }
        }

        /// Commits. An answer that never came leaves the outcome unknown; an error answer is certain.
        func commit() throws {
            let result = PQexec(handle, "COMMIT")
            defer { PQclear(result) }
            if PQresultStatus(result) == PGRES_COMMAND_OK {
                // A poisoned transaction answers COMMIT with ROLLBACK.
                guard String(cString: PQcmdStatus(result)) == "COMMIT" else {
                    throw StoreError.unavailable("the transaction was rolled back")
                }
                return
            }
            guard isConnected else {
                throw StoreError.outcomeUnknown(String(cString: PQerrorMessage(handle)))
            }
            throw error(of: result, in: "COMMIT")
        }

        func execute(_ text: String, _ values: [SQLValue]) throws -> Outcome {
            let name = try prepared(text, values)
            let result = withParameters(values) { pointers, lengths, formats in
                PQexecPrepared(
                    handle, name, Int32(values.count), pointers, lengths, formats, Self.binary)
            }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK: return Outcome(rows: try rows(of: result, text))
            case PGRES_COMMAND_OK:
                return Outcome(changes: Int(String(cString: PQcmdTuples(result))) ?? 0)
            default: throw error(of: result, in: text)
            }
        }

        private static let binary: Int32 = 1

        private func prepared(_ text: String, _ values: [SQLValue]) throws -> String {
            let types = values.map(\.objectID)
            // The text alone is not enough: the same text with another type is another statement.
            let key = types.reduce(text) { "\($0)\u{1}\($1)" }
            if let name = statements[key] { return name }
            if statements.count >= 1_000 {
                try command("DEALLOCATE ALL")
                statements.removeAll()
            }
            let name = "s\(statements.count)"
            let result = PQprepare(handle, name, text, Int32(types.count), types)
            defer { PQclear(result) }
            guard PQresultStatus(result) == PGRES_COMMAND_OK else {
                throw error(of: result, in: text)
            }
            statements[key] = name
            return name
        }

        private func rows(of result: OpaquePointer?, _ text: String) throws -> [Row] {
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
                                sql: text)
                        }
                        return value
                    })
            }
        }

        private func error(of result: OpaquePointer?, in text: String) -> any Error {
            let message = String(cString: PQerrorMessage(handle))
            guard isConnected else { return StoreError.unavailable(message) }
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map {
                String(cString: $0)
            }
            switch state {
            case "40001", "40P01": return RetryTransaction()
            case "55P03", "53100", "53200", "53300", "57P01", "57P02", "57P03":
                return StoreError.unavailable(message)
            default:
                return StoreError.statement(code: state ?? "?", message: message, sql: text)
            }
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
