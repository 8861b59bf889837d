import Foundation

/// The files below a folder, in a fixed order.
struct FileList {
    let urls: [URL]

    init(folder: URL) {
        let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        urls = (found?.compactMap { $0 as? URL } ?? [])
            .filter { !$0.hasDirectoryPath }
            .sorted { $0.path < $1.path }
    }
}
