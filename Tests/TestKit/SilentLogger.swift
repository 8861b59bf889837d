import Logging

extension Logger {
    /// For tests that break things on purpose.
    package static var silent: Logger { Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() } }
}
