import Basics
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Store

/// An answer that goes on: how something stands, and again whenever it has changed.
///
/// It ends when the client is gone, when the member is logged out or may no longer look, when its time
/// is over and when the server stops. While nothing happens it holds its connection and nothing else.
package struct LiveStream: Sendable {
    private let hub: LiveHub
    private let context: AppContext
    private let access: Access
    private let ids: [String]
    private let look: @Sendable () async throws -> LiveEvent

    /// - Parameters:
    ///   - ids: whose news call for another look.
    ///   - look: how things stand, and whether this member may know: one read of the database.
    init(
        _ context: AppContext, access: Access, about ids: [String],
        _ look: @escaping @Sendable () async throws -> LiveEvent
    ) throws {
        guard let hub = context.live else { throw Problem.unavailable() }
        self.hub = hub
        self.context = context
        self.access = access
        self.ids = ids
        self.look = look
    }

    /// - Parameter body: the request's, which tells when the client is gone.
    /// - Throws: what `look` throws, and `too-many-requests` or `unavailable` if there are too many.
    func response(_ body: RequestBody) async throws -> Response {
        let session = try context.member()
        let own = [session.id.description, session.memberID.description]
        // First listen, then look: nothing falls between the two.
        let seat = try hub.seat(of: session.memberID, about: ids + own)
        let first = try await look()
        var headers: HTTPFields = [
            .contentType: LiveEvent.mediaType, .cacheControl: "no-store", .accelBuffering: "no",
        ]
        // Waiting for the client's end of the connection uses it up.
        if context.ownsConnection { headers[.connection] = "close" }
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                try await writer.write(LiveEvent.greeting)
                try await writer.write(first.bytes)
                if let channel = context.channel, !first.isLast {
                    try await attend(seat.listener, channel, body) { listener in
                        try await tell(listener, channel, after: first, to: &writer)
                    }
                }
                try await writer.finish(nil)
            })
    }

    /// Runs `body` until the client is gone or the server stops, which call the listener.
    private func attend(
        _ listener: LiveListener, _ channel: any Channel, _ body: RequestBody,
        _ operation: (LiveListener) async throws -> Void
    ) async throws {
        @Sendable func end() {
            listener.call(.end)
            // A client that takes nothing would keep us in the middle of a write.
            channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        }
        try await body.consumeWithInboundCloseHandler { _ in
            try await withTaskCancellationOrGracefulShutdownHandler {
                try await operation(listener)
            } onCancelOrGracefulShutdown: {
                end()
            }
        } onInboundClosed: {
            end()
        }
    }

    private func tell(
        _ listener: LiveListener, _ channel: any Channel, after first: LiveEvent,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        let end = ContinuousClock.now + hub.limits.life
        var last = first
        var isDue = false
        Self.beat(listener, channel, every: hub.limits.heartbeat)
        while true {
            let calls = await listener.calls()
            if calls.contains(.end) || ContinuousClock.now >= end { return }
            guard try await isStillAllowed() else { return }
            if isDue || calls.contains(.news) || !hub.hearsAll {
                let event = try await again()
                isDue = event == nil
                if let event, event != last {
                    try await writer.write(event.bytes)
                    if event.isLast { return }
                    last = event
                }
            }
            if calls.contains(.beat) { try await writer.write(LiveEvent.heartbeat) }
        }
    }

    /// Calls for a sign of life again and again. If the last one is still to be given, the client takes
    /// nothing, and is let go of.
    private static func beat(
        _ listener: LiveListener, _ channel: any Channel, every interval: TimeAmount
    ) {
        channel.eventLoop.scheduleTask(in: interval) { [weak listener] in
            guard let listener else { return }
            guard listener.call(.beat) else { return channel.close(promise: nil) }
            beat(listener, channel, every: interval)
        }
    }

    /// nil while the database is away: how it stands is told when it is back.
    private func again() async throws -> LiveEvent? {
        do {
            return try await look()
        } catch StoreError.unavailable {
            return nil
        }
    }

    private func isStillAllowed() async throws -> Bool {
        guard let credential = context.credential else { return false }
        do {
            var now = context
            now.session = try await hub.session(credential)
            try access.check(now)
            return try now.member().memberID == context.member().memberID
        } catch StoreError.unavailable {
            // Nobody can log anybody out meanwhile either.
            return true
        } catch is Problem {
            return false
        }
    }
}
