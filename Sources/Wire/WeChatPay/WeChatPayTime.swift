import Foundation
import WireKit

/// The text of a moment as WeChat Pay writes it (RFC 3339): "2025-03-01T10:47:16+08:00".
public enum WeChatPayTime {
    /// Beijing time; parts of a second are cut off. A moment outside the years 1970 to 9999 is
    /// written as the nearest one inside.
    public static func text(_ moment: Date) -> String {
        BeijingTime.text(moment, separator: "T") + "+08:00"
    }

    /// The moment of a text with any offset or `Z`, with or without a fraction of a second, which
    /// is dropped; nil if the text is none.
    public static func moment(_ text: String) -> Date? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20 else { return nil }
        var zone = bytes[19...]
        if zone.first == UInt8(ascii: ".") {
            let digits = zone.dropFirst().prefix { (0x30...0x39).contains($0) }
            guard (1...9).contains(digits.count) else { return nil }
            zone = bytes[digits.endIndex...]
        }
        guard let ahead = offset(zone) else { return nil }
        return BeijingTime.moment(bytes[..<19], separator: UInt8(ascii: "T"), ahead: ahead)
    }

    private static func offset(_ zone: ArraySlice<UInt8>) -> Int64? {
        let zone = Array(zone)
        if zone == [UInt8(ascii: "Z")] { return 0 }
        guard zone.count == 6, zone[3] == UInt8(ascii: ":"),
            let hours = BeijingTime.number(zone[1..<3]), hours < 24,
            let minutes = BeijingTime.number(zone[4..<6]), minutes < 60
        else { return nil }
        let seconds = hours * 3600 + minutes * 60
        switch zone[0] {
        case UInt8(ascii: "+"): return seconds
        case UInt8(ascii: "-"): return -seconds
        default: return nil
        }
    }
}
