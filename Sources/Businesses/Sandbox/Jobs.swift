import Basics
import Scheduling

extension SandboxModule {
    /// Those of notices, then of each gateway's trades.
    package var jobs: [JobHandler] { post.jobs + alipay.jobs + wechatpay.jobs }
}

extension PostOffice {
    var jobs: [JobHandler] {
        [
            .task(Self.job) { [self] job in
                guard let id = ID<Notice>(job.key) else { return }
                try await deliver(id)
            }
        ]
    }
}

extension SandboxAlipay {
    static let deadlineJob = "sandbox-trade-deadline"

    var jobs: [JobHandler] {
        [.timer(Self.deadlineJob) { [self] tx, job in try meetDeadline(job, in: tx) }]
    }
}

extension SandboxWeChatPay {
    static let refundJob = "sandbox-wechat-refund"

    /// Orders need none: nobody is told when one closes, and it is closed by the clock alone.
    var jobs: [JobHandler] {
        [.timer(Self.refundJob) { [self] tx, job in try finishRefund(job, in: tx) }]
    }
}
