import Foundation

/// Each connection takes a file handle, and an open page is a connection. Programs are started with
/// 1,024 of them, as of old, and may take more.
enum FileHandles {
    /// Takes as many as the process may have.
    /// - Returns: how many those are.
    static func raise() -> Int {
        let files = Int32(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(files, &limit) == 0 else { return 1_024 }
        limit.rlim_cur = limit.rlim_max
        if setrlimit(files, &limit) != 0 { getrlimit(files, &limit) }
        return Int(clamping: limit.rlim_cur)
    }
}
