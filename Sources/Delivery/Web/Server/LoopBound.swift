import HummingbirdCore
import Logging
import NIOCore

/// Serves each connection on the thread that reads and writes its socket.
///
/// Without it a request changes threads between the socket's loop and Swift's own pool at every
/// `await`: 4 to 12 % of the processor time of a request, on two cores with 64 connections (orders
/// and mixed traffic: no difference). What would keep a loop from its other connections runs elsewhere
/// anyway: writing, surveys and scrypt have threads of their own.
struct LoopBound<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        base.setup(channel: channel, logger: logger)
    }

    func handle(value: Base.Value, logger: Logger) async {
        await withTaskExecutorPreference(LoopExecutor(loop: value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
    }
}

/// An event loop as the executor of a task.
private final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
