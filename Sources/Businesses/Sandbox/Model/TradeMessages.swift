import Alipay
import Basics

/// What the gateway tells about a trade: in notices, on the way back to the shop, to a query.
extension SandboxTrade {
    /// The merchant hears of every payment and refund; of an end without payment, of a full refund
    /// and of the end of refunds only if the payer came by phone.
    var isTold: Bool { state == .paid || product == .wap || product == .app }

    /// The body of a notice but for `notify_time` and the signature.
    ///
    /// - Parameter refund: the refund that is the reason for it.
    func noticeForm(notifyID: String, refund: SandboxRefund?, sellerID: String) -> AlipayForm {
        var form = AlipayForm([
            ("notify_type", "trade_status_sync"), ("notify_id", notifyID), ("charset", "utf-8"),
            ("version", "1.0"), ("app_id", app.rawValue), ("auth_app_id", app.rawValue),
            ("trade_no", tradeNo), ("out_trade_no", outTradeNo), ("trade_status", status.rawValue),
            ("subject", subject), ("total_amount", total.yuan), ("seller_id", sellerID),
            ("gmt_create", BusinessCalendar.localText(createdAt)),
        ])
        form["out_biz_no"] = refund?.requestNo
        form["passback_params"] = passback
        form["gmt_close"] = closedAt.map(BusinessCalendar.localText)
        guard let paidAt else { return form }
        form["gmt_payment"] = BusinessCalendar.localText(paidAt)
        form["buyer_id"] = Self.buyerID
        form["buyer_logon_id"] = Self.buyerLogon
        for name in ["receipt_amount", "invoice_amount", "buyer_pay_amount"] {
            form[name] = total.yuan
        }
        form["point_amount"] = "0.00"
        form["fund_bill_list"] = #"[{"amount":"\#(total.yuan)","fundChannel":"ALIPAYACCOUNT"}]"#
        if let refundedAt {
            form["refund_fee"] = refunded.yuan
            // Alone among the times it has a fraction.
            form["gmt_refund"] = BusinessCalendar.localText(refundedAt) + ".000"
        }
        return form
    }

    /// The parameters with which the payer's browser goes back to the shop. There is no status among
    /// them: a return is no proof of payment.
    func returnForm(sellerID: String, at now: Instant) -> AlipayForm {
        AlipayForm([
            ("charset", "utf-8"), ("out_trade_no", outTradeNo),
            ("method", "\(product.method).return"), ("total_amount", total.yuan),
            ("trade_no", tradeNo), ("auth_app_id", app.rawValue), ("version", "1.0"),
            ("app_id", app.rawValue), ("seller_id", sellerID),
            ("timestamp", BusinessCalendar.localText(now)),
        ])
    }

    private var identity: [String: String] {
        ["code": "10000", "msg": "Success", "trade_no": tradeNo, "out_trade_no": outTradeNo]
    }

    /// The answer to a close.
    var closeAnswer: [String: String] { identity }

    /// The answer to a cancel.
    ///
    /// - Parameter action: what it did.
    func cancelAnswer(_ action: CancelAction?, retry: Bool = false) -> [String: String] {
        var answer = identity
        answer["retry_flag"] = retry ? "Y" : "N"
        answer["action"] = action?.rawValue
        return answer
    }

    enum CancelAction: String {
        case close, refund
    }

    /// What an app is handed after it was paid there.
    func appAnswer(sellerID: String, at now: Instant) -> [String: String] {
        var answer = identity
        answer["app_id"] = app.rawValue
        answer["auth_app_id"] = app.rawValue
        answer["seller_id"] = sellerID
        answer["total_amount"] = total.yuan
        answer["charset"] = "utf-8"
        answer["timestamp"] = BusinessCalendar.localText(now)
        return answer
    }

    /// The answer to a query.
    var queryAnswer: [String: String] {
        var answer = identity
        answer["trade_status"] = status.rawValue
        answer["total_amount"] = total.yuan
        answer["buyer_user_id"] = Self.buyerID
        answer["buyer_logon_id"] = Self.buyerLogon
        answer["point_amount"] = "0.00"
        for name in ["receipt_amount", "invoice_amount", "buyer_pay_amount"] {
            answer[name] = paidAt == nil ? "0.00" : total.yuan
        }
        answer["send_pay_date"] = paidAt.map(BusinessCalendar.localText)
        return answer
    }

    /// The answer to a refund; `changed` tells whether money moved by this very call.
    func refundAnswer(_ refund: SandboxRefund, changed: Bool) -> [String: String] {
        var answer = identity
        answer["buyer_user_id"] = Self.buyerID
        answer["buyer_logon_id"] = Self.buyerLogon
        answer["fund_change"] = changed ? "Y" : "N"
        answer["refund_fee"] = refunded.yuan
        answer["send_back_fee"] = changed ? refund.amount.yuan : "0.00"
        answer["gmt_refund_pay"] = BusinessCalendar.localText(refund.createdAt)
        return answer
    }

    /// The answer to a refund query. About a refund that was never made it says nothing but that it
    /// was asked.
    func refundQueryAnswer(_ refund: SandboxRefund?) -> [String: String] {
        guard let refund else { return ["code": "10000", "msg": "Success"] }
        var answer = identity
        answer["out_request_no"] = refund.requestNo
        answer["refund_amount"] = refund.amount.yuan
        answer["total_amount"] = total.yuan
        answer["refund_status"] = "REFUND_SUCCESS"
        answer["refund_reason"] = refund.reason
        answer["gmt_refund_pay"] = BusinessCalendar.localText(refund.createdAt)
        return answer
    }
}
