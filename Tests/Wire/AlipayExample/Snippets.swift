import Alipay
import AsyncHTTPClient
import Foundation

// The shorter pieces of docs/guides/alipay.md.

func start(_ appKey: String, _ alipayKey: String, _ orders: any ShopOrders) async throws {
    try await HTTPClient.withHTTPClient(configuration: AlipayTransport.clientConfiguration) {
        let shop = try ShopPayments.make(
            appID: "2021000117650139", sellerID: "2088102169481075", appKey: appKey,
            alipayKey: alipayKey, http: $0, orders: orders)
        // Wrong keys are found here, and not by the first payment.
        _ = try await shop.alipay.query(.outTradeNo("nothing_yet"))
        try await serve(shop)
    }
}

func serve(_ shop: ShopPayments) async throws {}

func credentials(
    _ appKey: String, _ app: String, _ alipay: String, _ roots: String
) throws -> AlipayCredentials {
    try .certificates(
        appKey: AlipayPrivateKey(appKey),
        app: AlipayCertificate(app),  // appCertPublicKey_….crt
        alipay: AlipayCertificate(alipay),  // alipayCertPublicKey_RSA2.crt
        roots: AlipayRootCertificates(roots))  // alipayRootCert.crt
}

func tell(
    _ error: AlipayError, askLater: () -> Void, showPerson: (String) -> Void
) {
    switch error {
    case .invalidRequest(let parameter, let reason): showPerson("\(parameter): \(reason)")
    case .cannotSign(let error): showPerson("\(error)")
    case .refused(let fault) where fault.subCode == AlipaySubCode.sellerBalanceNotEnough:
        showPerson("put money into the account, then send the same refund again")
    case .refused(let fault): showPerson("\(fault.code) \(fault.subCode ?? "") \(fault.message)")
    case .unknown: askLater()
    }
}

func match(_ number: String, _ amount: AlipayAmount, fee: AlipayAmount) throws {}

func reconcile(_ alipay: AlipayClient, yesterday: Date) async throws {
    switch try await alipay.bill(.trades, AlipayBillDate(day: yesterday)) {
    case .trades(let lines):
        for line in lines { try match(line.outTradeNo, line.amount, fee: line.fee) }
    case .account(let entries):
        for entry in entries { try match(entry.businessNo, entry.income, fee: entry.expense) }
    }
}

struct Transfer: Decodable {
    let orderId: String
    let outBizNo: String
}

func payOut(_ alipay: AlipayClient) async throws -> Transfer {
    let answer = try await alipay.call(
        "alipay.fund.trans.uni.transfer",
        json: #"{"out_biz_no":"OUT_7","trans_amount":"88.80","biz_scene":"DIRECT_TRANSFER","#
            + #""product_code":"TRANS_ACCOUNT_NO_PWD","payee_info":{"identity":"2088102169481075","#
            + #""identity_type":"ALIPAY_USER_ID"}}"#)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let transfer = try decoder.decode(Transfer.self, from: Data(answer.signedText))
    guard transfer.outBizNo == "OUT_7" else {
        throw AlipayError.unknown(.otherTrade(asked: "OUT_7", received: transfer.outBizNo))
    }
    return transfer
}
