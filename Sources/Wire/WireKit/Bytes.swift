import Foundation

/// Base64 of RFC 4648 with its padding and nothing else; nil for every other text.
///
/// Decoders differ in what they forgive (white space, missing padding, spare bits), so the result
/// is encoded again: one byte string has exactly one accepted text.
package func strictBase64(_ text: [UInt8]) -> Data? {
    let text = Data(text)
    guard let data = Data(base64Encoded: text), data.base64EncodedData() == text else {
        return nil
    }
    return data
}

/// Equality of bytes: `==` on `String` takes composed and decomposed letters for the same.
package func isSameText(_ left: String?, _ right: String?) -> Bool {
    switch (left, right) {
    case (let left?, let right?): left.utf8.elementsEqual(right.utf8)
    case (nil, nil): true
    default: false
    }
}

/// The value of one hexadecimal digit in ASCII.
package func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
