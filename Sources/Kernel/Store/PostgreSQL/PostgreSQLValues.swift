#if PostgreSQL
    import CLibPQ

    /// Hands libpq the values: integers and flags binary, text and bytes as they are.
    func withParameters<Result>(
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
        var objectID: Oid {
            switch self {
            case .int, .null(.int): 20
            case .text, .null(.text): 25
            case .bytes, .null(.bytes): 17
            case .bool, .null(.bool): 16
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
