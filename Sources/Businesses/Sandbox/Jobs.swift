import Basics
import Scheduling

extension SandboxAlipay {
    static let noticeJob = "sandbox-notice"
    static let deadlineJob = "sandbox-trade-deadline"

    var jobs: [JobHandler] {
        [
            .task(Self.noticeJob) { [self] job in
                guard let id = ID<Notice>(job.key) else { return }
                try await deliver(id)
            },
            .timer(Self.deadlineJob) { [self] tx, job in try meetDeadline(job, in: tx) },
        ]
    }
}
