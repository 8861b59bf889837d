import Foundation

extension String.Encoding {
    /// GB 18030, of which GBK and GB 2312 are parts, by the number that Foundation has for it
    /// (`kCFStringEncodingGB_18030_2000`).
    static let gb18030 = String.Encoding(rawValue: 0x8000_0632)
}

extension AlipayForm {
    /// The text of a name in the charset that the message says it is in: for what people read.
    ///
    /// Alipay writes notifications in GBK when the request that opened the trade said so. The
    /// signature covers the bytes, so nothing is decoded before it is verified.
    public func text(_ name: String) -> String? {
        guard let bytes = bytes(name) else { return nil }
        return Self.isChinese(self["charset"])
            ? String(bytes: bytes, encoding: .gb18030) : String(validating: bytes, as: UTF8.self)
    }

    /// Whether the message is in one of the charsets that Alipay writes; one that does not say is in
    /// UTF-8.
    var hasKnownCharset: Bool {
        guard bytes("charset") != nil else { return true }
        return self["charset"]?.lowercased() == "utf-8" || Self.isChinese(self["charset"])
    }

    private static func isChinese(_ charset: String?) -> Bool {
        ["gbk", "gb2312", "gb18030"].contains(charset?.lowercased())
    }
}
