import Logging

/// Writes what swift-log's own handler writes, but makes a text of the metadata only for a line that
/// is written. That handler makes one whenever they change, and every request is given an id of its own.
struct LateLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata = Logger.Metadata()
    var metadataProvider: Logger.MetadataProvider?
    private let stream: StreamLogHandler

    init(label: String, metadataProvider: Logger.MetadataProvider?) {
        self.metadataProvider = metadataProvider
        stream = .standardError(label: label, metadataProvider: nil)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var event = event
        event.metadata =
            metadata
            .merging(metadataProvider?.get() ?? [:]) { _, provided in provided }
            .merging(event.metadata ?? [:]) { _, told in told }
        stream.log(event: event)
    }
}
