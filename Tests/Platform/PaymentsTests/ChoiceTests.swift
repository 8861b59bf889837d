import Basics
import Money
import Testing

@testable import Payments

/// Which other ways to pay the page of something unpaid offers.
@Suite struct ChoiceTests {
    private func payment(
        _ status: PaymentAttempt.Status, _ channel: String = "page", problem: ActionProblem? = nil
    ) -> PaymentView {
        let attempt = PaymentAttempt(
            id: .make(), intentID: .make(), gateway: "alipay", channel: channel,
            amount: Amount(100), outTradeNo: "K1", status: status, createdAt: Instant(seconds: 0),
            timeExpire: Instant(seconds: 1_800))
        var view = PaymentView(attempt)
        view.actionProblem = problem
        return view
    }

    private func offered(beside payment: PaymentView?) -> [String] {
        let choices = [("alipay", "page"), ("wechatpay", "native")].map { gateway, channel in
            PaymentChoice(gateway: gateway, channel: channel, label: gateway, isFirst: false)
        }
        return choices.filter { $0.isAnother(than: payment) }.map(\.gateway)
    }

    @Test(arguments: PaymentAttempt.Status.allCases)
    func `the way that is being paid by is no other way`(_ status: PaymentAttempt.Status) {
        let expected: [String] =
            switch status {
            case .created, .submitted: ["wechatpay"]
            // Money that does not fit waits for a person.
            case .needsReview: []
            case .unknown, .closing, .closed, .failed, .paid: ["alipay", "wechatpay"]
            }
        #expect(offered(beside: payment(status)) == expected)
    }

    @Test(arguments: ActionProblem.allCases)
    func `where it does not work it is offered once more`(_ problem: ActionProblem) {
        let all = ["alipay", "wechatpay"]
        #expect(offered(beside: payment(.created, problem: problem)) == all)
        #expect(offered(beside: payment(.submitted, problem: problem)) == all)
        #expect(offered(beside: nil) == all)
    }

    @Test func `what was begun in an app can be paid in the browser instead`() {
        #expect(offered(beside: payment(.submitted, "app")) == ["alipay", "wechatpay"])
    }
}
