import Foundation
import WireKit

/// The text of a moment as Alipay writes it: "2025-03-01 10:47:16", always in Beijing time.
public enum AlipayTime {
    /// "yyyy-MM-dd HH:mm:ss" in Beijing; parts of a second are cut off.
    ///
    /// A moment outside the years 1970 to 9999 is written as the nearest one inside.
    public static func text(_ moment: Date) -> String {
        BeijingTime.text(moment)
    }

    /// The moment of a Beijing time text, with or without a fraction of a second (".123", which
    /// `gmt_refund` carries and which is dropped); nil if the text is none.
    public static func moment(_ text: String) -> Date? {
        let bytes = Array(text.utf8)
        guard bytes.count == 19 || (21...23).contains(bytes.count) else { return nil }
        if bytes.count > 19 {
            guard bytes[19] == UInt8(ascii: "."), BeijingTime.number(bytes[20...]) != nil else {
                return nil
            }
        }
        return BeijingTime.moment(bytes[..<19])
    }
}
