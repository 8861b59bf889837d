#if PostgreSQL
    import CLibPQ

    /// Values as libpq takes them: integers and flags binary, text and bytes as they are.
    struct PostgreSQLParameters {
        private(set) var types: [Oid] = []
        private var bytes: [UInt8] = []
        private var ranges: [Range<Int>?] = []

        var count: Int { types.count }

        /// Each value is a parameter.
        init(_ values: [SQLValue]) {
            reserve(values.count)
            for value in values {
                let start = bytes.count
                let isThere = bytes.append(value)
                ranges.append(isThere ? start..<bytes.count : nil)
                types.append(value.objectID)
            }
        }

        /// Each column is a parameter: a list with a value from each row, all of one type.
        init(rows: [[SQLValue]]) {
            let width = rows.first?.count ?? 0
            reserve(width)
            for column in 0..<width {
                let start = bytes.count
                appendList(of: rows, column)
                ranges.append(start..<bytes.count)
                types.append(rows[0][column].listID)
            }
        }

        private mutating func reserve(_ count: Int) {
            types.reserveCapacity(count)
            ranges.reserveCapacity(count)
        }

        /// The binary form of an array of one dimension.
        private mutating func appendList(of rows: [[SQLValue]], _ column: Int) {
            let hasNulls = rows.contains { if case .null = $0[column] { true } else { false } }
            bytes.appendNumber(1)
            bytes.appendNumber(hasNulls ? 1 : 0)
            bytes.appendNumber(Int32(bitPattern: rows[0][column].objectID))
            bytes.appendNumber(Int32(rows.count))
            bytes.appendNumber(1)
            for row in rows {
                let place = bytes.count
                bytes.appendNumber(-1)  // what a null says of its length
                guard bytes.append(row[column]) else { continue }
                let length = Int32(bytes.count - place - 4).bigEndian
                withUnsafeBytes(of: length) { bytes.replaceSubrange(place..<(place + 4), with: $0) }
            }
        }

        /// Lends pointers, lengths and formats to libpq.
        func lend<Result>(
            _ body: (
                UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
            ) -> Result
        ) -> Result {
            // One more byte, so that there is an address even when everything is empty.
            let content = bytes + [0]
            let formats = [Int32](repeating: 1, count: ranges.count)
            let lengths = ranges.map { Int32($0?.count ?? 0) }
            return content.withUnsafeBytes { buffer in
                let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
                let pointers = ranges.map { range in
                    range.flatMap { base?.advanced(by: $0.lowerBound) }
                }
                return body(pointers, lengths, formats)
            }
        }
    }

    extension [UInt8] {
        fileprivate mutating func appendNumber(_ number: Int32) {
            Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
        }

        /// - Returns: false for a null, which has no bytes.
        fileprivate mutating func append(_ value: SQLValue) -> Bool {
            switch value {
            case .null: return false
            case .int(let number):
                Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
            case .bool(let flag): append(flag ? 1 : 0)
            case .text(let text): append(contentsOf: text.utf8)
            case .bytes(let content): append(contentsOf: content)
            }
            return true
        }
    }

    extension SQLValue {
        /// PostgreSQL's number for the type.
        var objectID: Oid {
            switch self {
            case .int, .null(.int): 20
            case .text, .null(.text): 25
            case .bytes, .null(.bytes): 17
            case .bool, .null(.bool): 16
            }
        }

        /// PostgreSQL's number for the type of a list of such values.
        fileprivate var listID: Oid {
            switch self {
            case .int, .null(.int): 1016
            case .text, .null(.text): 1009
            case .bytes, .null(.bytes): 1001
            case .bool, .null(.bool): 1000
            }
        }

        /// Reads the binary form of a column.
        init?(_ bytes: UnsafeRawBufferPointer, objectID: Oid) {
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
