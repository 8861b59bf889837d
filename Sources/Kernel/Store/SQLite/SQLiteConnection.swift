import CSQLite
import Foundation
import Logging

/// A SQLite connection with its prepared statements. Used by one thread.
final class SQLiteConnection: WritingConnection {
    private let handle: OpaquePointer
    private var statements: [SQLShape: OpaquePointer] = [:]
    /// Those of `PreparedSQL`, by their numbers.
    private var numbered: [OpaquePointer?] = []
    private let parameters = SQLiteParameters()
    /// Whether to set a savepoint before the next statement that writes: bodies that only read and
    /// replays do not need one.
    private var wantsSavepoint = false
    private(set) var hasSavepoint = false
    private(set) var hasWritten = false
    private var dataVersion: Int64 = 0
    private let halt: @Sendable () -> Void
    private var isHalted = false
    private var isClosed = false

    let lockingClause: SQL? = nil
    static let isOnlyWriter = true
    let isOpenToOthers = true

    /// SQLite counts the memory that it takes, all connections under one lock, and nobody asks. It can be
    /// told before its first use only; after that it goes on counting, and nothing is wrong.
    private static let isConfigured = kontor_sqlite3_count_memory(0) == SQLITE_OK

    init(path: String, readOnly: Bool, halt: @escaping @Sendable () -> Void = {}) throws {
        self.halt = halt
        _ = Self.isConfigured
        // The file holds password hashes and keys: it is its owner's alone from the first moment. The
        // log and the shared memory beside it take over its mode.
        if !readOnly, !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(
                atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        var handle: OpaquePointer?
        // A reader needs write access to the shared memory of the WAL; `query_only` keeps it honest.
        let flags =
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (readOnly ? 0 : SQLITE_OPEN_CREATE)
        let fileSystem = readOnly ? nil : GatheredLog.fileSystem()
        let status = sqlite3_open_v2(path, &handle, flags, fileSystem)
        guard status == SQLITE_OK, let handle else {
            sqlite3_close_v2(handle)
            throw StoreError.unavailable("cannot open \(path): SQLite error \(status)")
        }
        self.handle = handle
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, 5_000)
        try command("PRAGMA foreign_keys = ON")
        try command("PRAGMA recursive_triggers = ON")
        try command("PRAGMA cache_size = -65536")
        if readOnly {
            try command("PRAGMA query_only = ON")
            try command("PRAGMA wal_autocheckpoint = 0")
        } else {
            try command("PRAGMA journal_mode = WAL")
            try command("PRAGMA synchronous = FULL")
            // 16 MB of log before it is carried over: most of its pages are the same ones again and
            // again, and are then carried over once.
            try command("PRAGMA wal_autocheckpoint = 4000")
            // Where a savepoint keeps the pages that it may have to put back: a little memory each
            // time and not 64 KB of it.
            try command("PRAGMA temp_store = MEMORY")
        }
    }

    deinit { close() }

    /// Ends the connection's use of the file, before its owner says that it is done.
    func close() {
        for statement in statements.values { sqlite3_finalize(statement) }
        for statement in numbered { sqlite3_finalize(statement) }
        statements.removeAll()
        numbered.removeAll()
        if !isClosed { sqlite3_close_v2(handle) }
        isClosed = true
    }

    /// Runs text that has no parameters and no rows of interest.
    func command(_ text: String) throws {
        guard sqlite3_exec(handle, text, nil, nil, nil) == SQLITE_OK else { throw error(in: text) }
    }

    /// Whether a transaction is open; SQLite ends one by itself after some errors.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    func execute(_ sql: SQL) throws -> Outcome {
        let statement = try prepared(sql.shape)
        if sqlite3_stmt_readonly(statement) == 0 { try noteWrite() }
        defer { sqlite3_reset(statement) }
        bind(sql.values, to: statement)
        var outcome = Outcome()
        let columns = sqlite3_column_count(statement)
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: outcome.rows.append(Self.row(of: statement, columns))
            case SQLITE_DONE:
                outcome.changes = Int(sqlite3_changes64(handle))
                return outcome
            default: throw error(in: sql.shape)
            }
        }
    }

    func enqueue(_ sql: SQL, ifTwice twice: (() -> any Error)?) throws {
        let statement = try prepared(sql.shape)
        try noteWrite()
        bind(sql.values, to: statement)
        try write(statement, sql.shape, ifTwice: twice)
    }

    func enqueue(
        _ sql: PreparedSQL, ifTwice twice: (() -> any Error)?,
        _ values: (SQLParameters) -> Void
    ) throws {
        let statement = try prepared(sql.shape)
        try noteWrite()
        parameters.begin(statement)
        sql.give(values, to: parameters)
        parameters.end()
        try write(statement, sql.shape, ifTwice: twice)
    }

    private func write(
        _ statement: OpaquePointer, _ shape: SQLShape, ifTwice twice: (() -> any Error)?
    ) throws {
        defer { sqlite3_reset(statement) }
        guard sqlite3_step(statement) != SQLITE_DONE else { return }
        let isTwice = [
            SQLITE_CONSTRAINT | (8 << 8), SQLITE_CONSTRAINT | (6 << 8),
        ].contains(sqlite3_extended_errcode(handle))  // CONSTRAINT_UNIQUE, CONSTRAINT_PRIMARYKEY
        if isTwice, let twice { throw twice() }
        throw error(in: shape)
    }

    private func noteWrite() throws {
        hasWritten = true
        guard wantsSavepoint else { return }
        wantsSavepoint = false
        try run(Command.savepoint)
        hasSavepoint = true
    }

    /// Every parameter is bound anew, so those of the last call need not be cleared.
    private func bind(_ values: [SQLValue], to statement: OpaquePointer) {
        for (index, value) in values.enumerated() {
            Self.bind(value, to: statement, at: Int32(truncatingIfNeeded: index + 1))
        }
    }

    private static func row(of statement: OpaquePointer, _ columns: Int32) -> Row {
        var values: [SQLValue] = []
        values.reserveCapacity(Int(columns))
        for column in 0..<columns { values.append(value(of: statement, column: column)) }
        return Row(values: values)
    }

    /// What moves transactions. They are never given back to make room for others: a savepoint is set
    /// while the statement that it is for is in somebody's hand.
    private enum Command {
        static let begin = PreparedSQL("BEGIN")
        static let beginWriting = PreparedSQL("BEGIN IMMEDIATE")
        static let commit = PreparedSQL("COMMIT")
        static let savepoint = PreparedSQL("SAVEPOINT body")
        static let release = PreparedSQL("RELEASE body")
        static let rollbackToSavepoint = PreparedSQL("ROLLBACK TO body")
    }

    private func run(_ command: PreparedSQL) throws {
        let statement = try prepared(command.shape)
        defer { sqlite3_reset(statement) }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: continue
            case SQLITE_DONE: return
            default: throw error(in: command.shape)
            }
        }
    }

    private func prepared(_ shape: SQLShape) throws -> OpaquePointer {
        if shape.number > 0 { return try prepared(shape, number: shape.number) }
        if let statement = statements[shape] { return statement }
        let statement = try prepare(shape)
        // `IN` lists of any length make many texts; a server's working set is a few hundred.
        if statements.count >= 1_000 {
            for old in statements.values { sqlite3_finalize(old) }
            statements.removeAll()
        }
        statements[shape] = statement
        return statement
    }

    private func prepared(_ shape: SQLShape, number: Int) throws -> OpaquePointer {
        if number < numbered.count, let statement = numbered[number] { return statement }
        let statement = try prepare(shape)
        while numbered.count <= number { numbered.append(nil) }
        numbered[number] = statement
        return statement
    }

    private func prepare(_ shape: SQLShape) throws -> OpaquePointer {
        var statement: OpaquePointer?
        guard
            sqlite3_prepare_v3(
                handle, shape.text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
                == SQLITE_OK,
            let statement
        else { throw error(in: shape) }
        return statement
    }

    private static func bind(
        _ value: SQLValue, to statement: OpaquePointer, at index: Int32
    ) {
        switch value {
        case .null: sqlite3_bind_null(statement, index)
        case .int(let number): sqlite3_bind_int64(statement, index, number)
        case .bool(let flag): sqlite3_bind_int64(statement, index, flag ? 1 : 0)
        case .text(let text): bind(text, to: statement, at: index)
        case .bytes(let bytes):
            if bytes.isEmpty {
                sqlite3_bind_zeroblob(statement, index, 0)
            } else {
                sqlite3_bind_blob(statement, index, bytes, Int32(bytes.count), transient)
            }
        }
    }

    fileprivate static func bind(
        _ text: String, to statement: OpaquePointer, at index: Int32
    ) {
        var text = text
        text.withUTF8 { buffer in
            _ = buffer.withMemoryRebound(to: CChar.self) { characters in
                sqlite3_bind_text(
                    statement, index, characters.baseAddress ?? empty,
                    Int32(characters.count), transient)
            }
        }
    }

    private static var transient: sqlite3_destructor_type {
        unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }
    nonisolated(unsafe) private static let empty = UnsafePointer<CChar>(strdup(""))

    private static func value(of statement: OpaquePointer, column: Int32) -> SQLValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .int(sqlite3_column_int64(statement, column))
        case SQLITE_TEXT:
            let count = Int(sqlite3_column_bytes(statement, column))
            let start = sqlite3_column_text(statement, column)
            return .text(
                String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            let count = Int(sqlite3_column_bytes(statement, column))
            guard count > 0, let start = sqlite3_column_blob(statement, column) else {
                return .bytes([])
            }
            return .bytes([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
        default: return .null(.int)
        }
    }

    private func error(in shape: SQLShape) -> any Error { error(in: shape.text) }

    func error(in text: String) -> any Error {
        let code = sqlite3_extended_errcode(handle)
        let message = String(cString: sqlite3_errmsg(handle))
        switch code & 0xFF {
        case SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM, SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_READONLY:
            return StoreError.unavailable("SQLite error \(code): \(message)")
        default:
            return StoreError.statement(code: String(code), message: message, sql: text)
        }
    }

    /// After a failed fsync nobody knows what the disk holds.
    var lastErrorWasSync: Bool {
        [SQLITE_IOERR | (4 << 8), SQLITE_IOERR | (5 << 8)]
            .contains(sqlite3_extended_errcode(handle))  // IOERR_FSYNC, IOERR_DIR_FSYNC
    }
}

/// Binds the values of a statement as they come.
private final class SQLiteParameters: ParameterSink {
    private var statement: OpaquePointer?
    private var last: Int32 = 0

    func begin(_ statement: OpaquePointer) {
        precondition(self.statement == nil, "a statement while another gets its values")
        self.statement = statement
        last = 0
    }

    func end() { statement = nil }

    var count: Int { Int(last) }

    func take(_ number: Int64) {
        last += 1
        sqlite3_bind_int64(statement, last, number)
    }

    func take(_ text: String) {
        last += 1
        if let statement { SQLiteConnection.bind(text, to: statement, at: last) }
    }

    func take(_ flag: Bool) { take(flag ? 1 : 0 as Int64) }

    func takeNull(_ type: SQLType) {
        last += 1
        sqlite3_bind_null(statement, last)
    }
}

extension SQLiteConnection {
    func beginReading() throws { try run(Command.begin) }

    func endReading() { try? run(Command.commit) }

    func begin(shared: Bool) throws -> Bool {
        wantsSavepoint = false
        guard !isHalted else { throw StoreError.unavailable("an fsync has failed") }
        try run(Command.beginWriting)
        // Nobody else should write to this file. If somebody did, what we remember is worth nothing.
        let version = try execute("PRAGMA data_version").rows.first?[0] as Int64? ?? 0
        defer { dataVersion = version }
        return version != dataVersion
    }

    func beginBody(guarded: Bool) {
        hasWritten = false
        hasSavepoint = false
        wantsSavepoint = guarded
    }

    func endBody() throws {
        wantsSavepoint = false
        if hasSavepoint { try run(Command.release) }
    }

    func undoBody() throws -> Bool {
        wantsSavepoint = false
        // A full disk or lack of memory may have ended the transaction for everybody.
        guard isInTransaction else { return false }
        guard hasWritten else { return true }
        guard hasSavepoint else { return false }
        try run(Command.rollbackToSavepoint)
        try run(Command.release)
        return true
    }

    func commit() throws { try run(Command.commit) }

    func rollback() {
        wantsSavepoint = false
        if isInTransaction { try? command("ROLLBACK") }
    }

    func checkAfterFailure(_ logger: Logger) {
        guard lastErrorWasSync else { return }
        // Nobody knows what is on the disk now. Start again from what it really holds.
        logger.critical("fsync failed; stopping so that recovery reads the disk")
        isHalted = true
        halt()
    }
}
