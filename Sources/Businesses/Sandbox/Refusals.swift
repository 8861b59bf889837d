import Alipay
import Basics

/// How the sandbox's own routes say no.
extension Problem {
    /// No payer has opened the cashier, so there is nothing to pay yet.
    static let sandboxTradeNotOpened = Problem(.notFound, "sandbox-trade-not-opened")
    /// The merchant has not ordered it.
    static let sandboxOrderUnknown = Problem(.notFound, "sandbox-order-unknown")
    static func sandboxNoTrade(at gateway: SandboxGateway) -> Problem {
        gateway == .alipay ? sandboxTradeNotOpened : sandboxOrderUnknown
    }
    static let sandboxTradeClosed = Problem(.conflict, "sandbox-trade-closed")
    /// The payer has not enough (`poorPayer`).
    static let sandboxPayerShort = Problem(.conflict, "sandbox-payer-short")
    static let sandboxPayerPassword = Problem.rule("sandbox-payer-password", "/password")
    /// A code can be scanned for two hours.
    static let sandboxCodeExpired = Problem(.conflict, "sandbox-code-expired")
    /// Neither a code of this gateway's nor an app's order string.
    static let sandboxNothingToPay = Problem.rule("sandbox-nothing-to-pay", "/content")
    static let sandboxNothingToResend = Problem(.conflict, "sandbox-nothing-to-resend")
    /// The clock only goes forward, and not beyond a century.
    static let sandboxClockStep = Problem.rule("sandbox-clock-step", "/advanceSeconds")
    /// The gateway's console does not give this money back; its code says why.
    static func sandboxRefund(_ code: String) -> Problem {
        Problem(.conflict, "sandbox-refund-refused", parameters: ["reason": .text(code)])
    }
    static func sandboxFault(_ name: String) -> Problem {
        Problem(.unreadable, "sandbox-fault-unknown").at("/\(name)")
    }
}

/// How the gateway says no, in the words of its protocol.
struct GatewayRefusal: Error, Hashable {
    let code: String
    let subCode: String
    let message: String

    /// The gateway's own summary of the code.
    var summary: String {
        switch code {
        case "20000": "Service Currently Unavailable"
        case "40001": "Missing Required Arguments"
        case "40002": "Invalid Arguments"
        default: "Business Failed"
        }
    }

    var members: [String: String] {
        ["code": code, "msg": summary, "sub_code": subCode, "sub_msg": message]
    }

    private static func business(_ subCode: String, _ message: String) -> GatewayRefusal {
        GatewayRefusal(code: "40004", subCode: subCode, message: message)
    }

    private static func invalid(_ subCode: String, _ message: String) -> GatewayRefusal {
        GatewayRefusal(code: "40002", subCode: subCode, message: message)
    }
}

extension GatewayRefusal {
    // The request itself.
    static let malformed = invalid("isv.invalid-parameter", "参数无效：无法解析请求")
    static let missingMethod = GatewayRefusal(
        code: "40001", subCode: "isv.missing-method", message: "缺少方法名参数")
    static let missingSignature = GatewayRefusal(
        code: "40001", subCode: "isv.missing-signature", message: "缺少签名参数")
    static let invalidMethod = invalid("isv.invalid-method", "不存在的方法名")
    static let invalidAppID = invalid(AlipaySubCode.invalidAppID, "无效的AppID参数")
    static let invalidSignType = invalid("isv.invalid-signature-type", "无效的签名类型")
    static let invalidCharset = invalid("isv.invalid-charset", "字符集错误")
    static let invalidTimestamp = invalid("isv.invalid-timestamp", "非法的时间戳参数")
    static let appCertNotExist = invalid(
        AlipaySubCode.appCertNotExist, "应用公钥证书不存在或序列号 app_cert_sn 不正确")
    static let rootCertNotExist = invalid(
        "isv.alipay-root-cert-not-exist", "支付宝根证书序列号 alipay_root_cert_sn 不正确")
    static let alipayCertNotExist = business("isv.alipay-cert-not-exist", "支付宝公钥证书不存在")
    static let invalidNotifyURL = invalid(
        "isv.invalid-notify-url", "notify_url 只能指向本机或本服务器的公开地址")
    static let invalidReturnURL = invalid(
        "isv.invalid-return-url", "return_url 和 quit_url 必须是 http 或 https 地址")
    static func invalidParameter(_ name: String) -> GatewayRefusal {
        business("ACQ.INVALID_PARAMETER", "参数有误：\(name)")
    }
    /// Echoes what the signature should have covered, as the real gateway does.
    static func invalidSignature(over text: [UInt8]) -> GatewayRefusal {
        invalid(
            AlipaySubCode.invalidSignature,
            "验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为："
                + String(decoding: text, as: UTF8.self))
    }

    // The trade.
    static let tradeNotExist = business(AlipaySubCode.tradeNotExist, "交易不存在")
    static let tradeStatusError = business(AlipaySubCode.tradeStatusError, "交易状态不合法")
    static let tradeHasSuccess = business(AlipaySubCode.tradeHasSuccess, "交易已被支付")
    static let tradeHasClose = business(AlipaySubCode.tradeHasClose, "交易已经关闭")
    static let tradeHasFinished = business(AlipaySubCode.tradeHasFinished, "交易已经完结")
    static let orderExpired = business(AlipaySubCode.tradeHasClose, "订单已过期，请重新下单")
    static let contextInconsistent = business(
        AlipaySubCode.contextInconsistent, "交易信息被篡改：商户订单号已用于另一笔金额或标题")
    static let totalFeeExceed = business(AlipaySubCode.totalFeeExceed, "订单金额超过限额")

    // A refund.
    static let refundTooMuch = business(
        AlipaySubCode.refundAmountNotEqualTotal, "退款金额超过可退金额")
    static let refundAmount = business(AlipaySubCode.refundFeeError, "退款金额无效")
    static let refundNotAllowed = business("ACQ.TRADE_NOT_ALLOW_REFUND", "当前交易不允许退款")
    static let sellerBalanceNotEnough = business(
        AlipaySubCode.sellerBalanceNotEnough, "商户余额不足")
    static let refundNumberReused = business(
        "ACQ.DISCORDANT_REPEAT_REQUEST", "同一退款请求号的退款信息不一致")

    /// The day is not over, or it is too early in the next.
    static let billNotExist = business("isp.bill_not_exist", "账单不存在：日账单次日10点后可下载")

    /// The gateway does not know what happened, and says so.
    static let unknownError = GatewayRefusal(
        code: "20000", subCode: "isp.unknow-error", message: "系统繁忙")
    /// The outcome is unknown to the caller.
    static let systemError = business(AlipaySubCode.systemError, "系统错误")
}
