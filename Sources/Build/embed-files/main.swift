import Foundation

// embed-files FOLDER OUTPUT: writes a Swift table of every file below FOLDER, as base64 text.
// Base64 in a StaticString compiles in no time; a literal array of bytes takes half a minute.

let folder = URL(fileURLWithPath: CommandLine.arguments[1]).standardizedFileURL
let output = URL(fileURLWithPath: CommandLine.arguments[2])

let names = (FileManager.default.subpaths(atPath: folder.path) ?? []).sorted()
var source = "/// The files of this target's `Templates` folder, base64.\n"
source += "enum Embedded {\n    static let files: [(name: String, base64: StaticString)] = [\n"
for name in names where !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) {
    let url = folder.appending(path: name)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder),
        !isFolder.boolValue
    else { continue }
    source += "        (\"\(name)\", \"\(try Data(contentsOf: url).base64EncodedString())\"),\n"
}
source += "    ]\n}\n"
try Data(source.utf8).write(to: output)
