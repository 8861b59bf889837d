import Basics
import Synchronization

/// A statement that runs so often that it is put together once, and not at every call. Its values are
/// given to it one by one, in the order of their places.
package struct PreparedSQL: Sendable {
    let shape: SQLShape
    private let places: Int
    private static let count = Atomic(0)

    /// - Parameter text: with `?` where a value belongs, and nowhere else.
    package init(_ text: StaticString) {
        let texts = text.description.split(separator: "?", omittingEmptySubsequences: false)
        var pieces: [SQLShape.Piece] = []
        for (index, text) in texts.enumerated() {
            if index > 0 { pieces.append(.value) }
            if !text.isEmpty { pieces.append(SQLShape.Piece(kept: String(text))) }
        }
        places = texts.count - 1
        shape = SQLShape(
            pieces: pieces, number: Self.count.add(1, ordering: .relaxed).newValue)
    }

    /// With its values, for who wants them in a list.
    package func with(_ values: (SQLParameters) -> Void) -> SQL {
        let list = ParameterList()
        give(values, to: list)
        return SQL(shape: shape, values: list.values)
    }

    /// A place that is left out would keep the value of the call before, so none ever is.
    func give(_ values: (SQLParameters) -> Void, to sink: some ParameterSink) {
        values(SQLParameters(sink: sink))
        precondition(sink.count == places, "\(sink.count) values for \(places) places")
    }
}

/// Where the values of a statement go: into it, or into a list.
protocol ParameterSink: AnyObject {
    /// How many have come.
    var count: Int { get }
    func take(_ number: Int64)
    func take(_ text: String)
    func take(_ flag: Bool)
    func takeNull(_ type: SQLType)
}

private final class ParameterList: ParameterSink {
    private(set) var values: [SQLValue] = []

    var count: Int { values.count }
    func take(_ number: Int64) { values.append(.int(number)) }
    func take(_ text: String) { values.append(.text(text)) }
    func take(_ flag: Bool) { values.append(.bool(flag)) }
    func takeNull(_ type: SQLType) { values.append(.null(type)) }
}

/// Takes the values of a `PreparedSQL`.
package struct SQLParameters {
    let sink: any ParameterSink

    package func add(_ number: Int64) { sink.take(number) }
    package func add(_ flag: Bool) { sink.take(flag) }
    package func add<E>(_ id: ID<E>) { sink.take(id.rawValue) }
    package func add<E>(_ id: ID<E>?) {
        if let id { sink.take(id.rawValue) } else { sink.takeNull(.int) }
    }
    package func add(_ instant: Instant) { sink.take(instant.microseconds) }
    package func add(_ instant: Instant?) {
        if let instant { sink.take(instant.microseconds) } else { sink.takeNull(.int) }
    }
    package func add(_ text: String) { sink.take(text) }
    package func add(_ text: String?) {
        if let text { sink.take(text) } else { sink.takeNull(.text) }
    }
}
