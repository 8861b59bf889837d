/// A QR code as the numbers of an inline SVG: no picture is fetched from anywhere.
package struct QRPicture: Sendable {
    /// Modules on each side, with the quiet zone of four around.
    package let size: Int
    /// The dark modules, row by row.
    package let path: String

    /// - Returns: nil if the text is too long for a code.
    package init?(_ text: String) {
        guard let code = QRCode(text) else { return nil }
        size = code.size + 8
        var path = ""
        for y in 0..<code.size {
            var x = 0
            while x < code.size {
                let start = x
                while x < code.size && code.isDark(x, y) { x += 1 }
                if x > start {
                    path += "M\(start + 4) \(y + 4)h\(x - start)v1h-\(x - start)z"
                } else {
                    x += 1
                }
            }
        }
        self.path = path
    }
}
