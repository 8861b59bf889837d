import Web

/// How WeChat Pay says no, in the words of its protocol.
struct WeChatRefusal: Error, Hashable, Sendable {
    let status: Int
    let code: String
    let message: String
    var detail: JSONValue = .object([:])

    var body: JSONValue {
        .object(["code": .string(code), "message": .string(message), "detail": detail])
    }

    private init(_ status: Int, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }
}

extension WeChatRefusal {
    // The request itself.
    static let noSuchAPI = WeChatRefusal(404, "RESOURCE_NOT_EXISTS", "请求的接口不存在")
    static let malformed = WeChatRefusal(400, "PARAM_ERROR", "无法将输入源映射到目标字段：不是有效的 JSON")
    static func invalid(_ parameter: String) -> WeChatRefusal {
        var refusal = WeChatRefusal(400, "PARAM_ERROR", "输入源“/body/\(parameter)”无效")
        refusal.detail = .object([
            "field": .string("/body/\(parameter)"), "location": "body", "issue": "invalid",
        ])
        return refusal
    }
    static let noAuthorization = WeChatRefusal(
        401, "SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》")
    static let otherMerchant = WeChatRefusal(401, "SIGN_ERROR", "商户号不存在")
    static let otherSerial = WeChatRefusal(401, "SIGN_ERROR", "商户证书序列号有误，请检查证书序列号")
    static let staleRequest = WeChatRefusal(
        401, "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟")
    static let unknownPlatformSerial = WeChatRefusal(
        400, "PARAM_ERROR", "平台证书序列号Wechatpay-Serial错误")
    /// Tells what the signature should have covered, as the real gateway does.
    static func badSignature(_ method: String, _ target: String, over text: [UInt8])
        -> WeChatRefusal
    {
        var refusal = WeChatRefusal(401, "SIGN_ERROR", "错误的签名，验签失败")
        let shown = String(decoding: text.prefix(512), as: UTF8.self)
        refusal.detail = .object([
            "field": "signature", "issue": "sign not match", "location": "authorization",
            "sign_information": .object([
                "method": .string(method), "url": .string(target),
                "truncated_sign_message": .string(shown.replacing("\n", with: "\\n")),
                "sign_message_length": .number(String(text.count)),
            ]),
        ])
        return refusal
    }
    static let unknownMerchant = WeChatRefusal(400, "MCH_NOT_EXISTS", "商户号不存在")
    static let appMismatch = WeChatRefusal(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配")

    // An order.
    static let notOrdered = WeChatRefusal(404, "ORDER_NOT_EXIST", "订单不存在")
    static let orderPaid = WeChatRefusal(400, "ORDERPAID", "该订单已支付")
    static let orderClosed = WeChatRefusal(400, "ORDER_CLOSED", "该订单已关闭")
    static let numberUsed = WeChatRefusal(403, "OUT_TRADE_NO_USED", "商户订单号重复：同一订单号的请求参数不一致")

    // A refund.
    static let noSuchRefund = WeChatRefusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    static let notPaid = WeChatRefusal(400, "INVALID_REQUEST", "订单未支付，不能退款")
    static let refundTooLate = WeChatRefusal(400, "INVALID_REQUEST", "订单已超过可退款的最大期限")
    static let otherTotal = WeChatRefusal(400, "INVALID_REQUEST", "订单金额与之前请求不一致")
    static let tooManyRefunds = WeChatRefusal(400, "INVALID_REQUEST", "订单退款次数超过50次")
    static let refundTooMuch = WeChatRefusal(400, "INVALID_REQUEST", "退款金额大于可退金额")
    static let refundNumberReused = WeChatRefusal(
        400, "INVALID_REQUEST", "请求参数与原退款单不一致")
    static let refundTooSoon = WeChatRefusal(429, "FREQUENCY_LIMITED", "同一订单的退款间隔不得小于一分钟")
    static let notEnough = WeChatRefusal(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")

    // A bill.
    static let noStatement = WeChatRefusal(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    static let statementCreating = WeChatRefusal(400, "STATEMENT_CREATING", "账单生成中")
    static let billTicketExpired = WeChatRefusal(400, "INVALID_REQUEST", "下载地址已失效")

    /// The outcome is unknown to the caller.
    static let systemError = WeChatRefusal(500, "SYSTEM_ERROR", "系统异常，请稍后重试")
}
