import Basics
import Store
import Web

extension SandboxWeChatPay {
    /// The merchant places an order, or places it again, which renews what leads the payer to it.
    func prepay(
        _ content: WeChatContent, _ product: WeChatOrder.Product, in tx: Transaction
    ) throws -> JSONValue {
        let offer = try WeChatOffer(content, product, targets: targets)
        let order = try tx.placeWeChatOrder(offer, numbers)
        switch product {
        case .jsapi, .app: return .object(["prepay_id": .string(order.prepayID)])
        case .native: return .object(["code_url": .string(order.codeURL)])
        case .h5: return .object(["h5_url": .string(h5URL(order))])
        }
    }

    /// Where a phone's browser is sent. The merchant may add `redirect_url`.
    private func h5URL(_ order: WeChatOrder) -> String {
        let mark = order.preparedAt.secondsSinceEpoch
        return "\(publicURL)\(Self.folder)/h5?prepay_id=\(order.prepayID)&package=\(mark)"
    }

    /// The merchant closes an unpaid order.
    func close(_ outTradeNo: String, _ faults: FaultSettings, in tx: Transaction) throws {
        guard var order = try tx.lockWeChatOrder(outTradeNo: outTradeNo) else {
            throw WeChatRefusal.notOrdered
        }
        if try tx.take(.closeFails, faults) { throw WeChatRefusal.systemError }
        try order.value.close(at: tx.now)
        try tx.save(order)
    }
}

extension Transaction {
    fileprivate func placeWeChatOrder(
        _ offer: WeChatOffer, _ numbers: SandboxNumbers
    ) throws -> WeChatOrder {
        if var known = try lockWeChatOrder(outTradeNo: offer.outTradeNo) {
            guard known.terms == offer.terms, known.product == offer.product else {
                throw WeChatRefusal.numberUsed
            }
            switch known.state {
            case .paid: throw WeChatRefusal.orderPaid
            case .closed: throw WeChatRefusal.orderClosed
            case .waiting: known.value.preparedAt = now
            }
            try save(known)
            return known.value
        }
        let order = try offer.order(
            try numbers.id(in: self), token: try numbers.token(.order, in: self), at: now)
        // If another request was quicker, its order is the one.
        return try insert(order) ? order : try placeWeChatOrder(offer, numbers)
    }
}
