import Basics
import Store
import Web

extension SandboxWeChatPay {
    /// The payer pays; returns when the merchant has acknowledged it, or the try to tell has ended.
    ///
    /// Paying again is no second payment, unless `doublePay` makes it one.
    /// - Throws: `sandbox-order-unknown`, `sandbox-trade-closed`, `sandbox-payer-short`.
    func pay(_ outTradeNo: String) async throws {
        let notice = try await database.write { [self] tx -> ID<Notice>? in
            guard var order = try tx.lockWeChatOrder(outTradeNo: outTradeNo) else {
                throw Problem.sandboxOrderUnknown
            }
            let faults = try tx.faults(of: outTradeNo, at: .wechatpay)
            if try order.value.pay(at: tx.now, faults) {
                try tx.save(order)
            } else if !faults.has(.doublePay) {
                return nil
            }
            let isSecond = order.value.paidAt.map { $0 < tx.now } ?? false
            return try post.announce(
                outTradeNo, by: .wechatpay, to: order.notifyURL, byHand: true, in: tx
            ) { id in
                let number = isSecond ? order.value.transactionID(of: id.rawValue) : nil
                let content = order.value.transaction(transactionID: number)
                return String(decoding: content.bytes, as: UTF8.self)
            }
        }
        if let notice { try await post.deliver(notice) }
    }

    /// The payer pays on the phone's page, which knows the order by its token.
    ///
    /// - Throws: `sandbox-payer-password`, and what `pay` throws.
    func pay(token: String, password: String?) async throws {
        try SandboxPayer.check(password: password)
        let order = try await database.read { try $0.wechatOrder(token: token) }
        guard let order else { throw Problem.notFound }
        try await pay(order.outTradeNo)
    }
}
