import WireKit

extension ZipFile {
    /// A zip file with these files, stored as they are, in this order.
    ///
    /// Names are bytes, as Alipay's are: in GBK, without the mark that would say so.
    static func stored(_ files: [(name: [UInt8], content: [UInt8])]) -> [UInt8] {
        var whole: [UInt8] = []
        var directory: [UInt8] = []
        for (name, content) in files {
            let common = facts(name, content)
            directory += number(0x0201_4b50, 4) + number(20, 2) + common
            // No comment, on the first disk, no attributes.
            directory += number(0, 2) + number(0, 2) + number(0, 2) + number(0, 4)
            directory += number(whole.count, 4) + name
            whole += number(0x0403_4b50, 4) + common + name + content
        }
        let start = whole.count
        whole += directory
        whole += number(0x0605_4b50, 4) + number(0, 4)
        whole += number(files.count, 2) + number(files.count, 2)
        return whole + number(directory.count, 4) + number(start, 4) + number(0, 2)
    }

    /// What the header of a file and its entry in the directory say alike.
    private static func facts(_ name: [UInt8], _ content: [UInt8]) -> [UInt8] {
        // Version 2.0, no flags, not packed, midnight of the first day that the format knows.
        let start = number(20, 2) + number(0, 2) + number(0, 2) + number(0, 2) + number(0x21, 2)
        let sizes = number(content.count, 4) + number(content.count, 4)
        let lengths = number(name.count, 2) + number(0, 2)
        return start + number(Int(CRC32.checksum(content)), 4) + sizes + lengths
    }

    private static func number(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
