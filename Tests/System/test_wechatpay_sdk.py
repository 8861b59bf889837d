"""A client that others wrote (wechatpayv3 from PyPI) is a merchant of the sandbox's WeChat Pay.

Kontor's own client and the sandbox share a library, and might share its mistakes. This client knows
WeChat Pay from elsewhere: what it signs the sandbox has to verify, and what the sandbox signs and
encrypts it has to believe.
"""

import gzip
import hashlib
import http.server
import json
import secrets
import threading
import time
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
import requests
from kontor import answered, eventually
from wechatpayv3 import WeChatPay, WeChatPayType, core, utils

ADDRESS = "/sandbox/wechatpay"


class Shop:
    """The address that notices are posted to; keeps them as they come and says 204."""

    def __init__(self):
        notices = self.notices = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                notices.append((dict(self.headers), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/notify"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def shop():
    shop = Shop()
    yield shop
    shop.close()


class Merchant:
    """The client with the keys that the sandbox shows, and the sandbox's clock."""

    def __init__(self, server, shop, monkeypatch, mode):
        self.url = server.url + ADDRESS
        self.shop = shop
        self.ahead = 0
        keys = answered(requests.get(f"{self.url}/merchant", timeout=10), 200)
        # The client's one address is written into it.
        monkeypatch.setattr(
            core.Core, "_gate_way", property(lambda _: keys["baseUrl"], lambda *_: None),
            raising=False)
        monkeypatch.setattr(
            utils, "time", SimpleNamespace(time=lambda: time.time() + self.ahead))
        public = {"public_key": keys["publicKey"], "public_key_id": keys["publicKeyId"]}
        self.sdk = WeChatPay(
            wechatpay_type=WeChatPayType.NATIVE, mchid=keys["mchId"], appid=keys["appId"],
            private_key=keys["privateKey"], cert_serial_no=keys["serialNo"],
            apiv3_key=keys["apiV3Key"], notify_url=shop.url,
            **(public if mode == "public-key" else {}))

    def sandbox(self, path, body=None):
        return answered(requests.post(f"{self.url}{path}", json=body or {}, timeout=60), 200)

    def order(self, number, fen=36100, **options):
        return read(self.sdk.pay(
            description="两门课 <b>", out_trade_no=number, amount={"total": fen, "currency": "CNY"},
            **options), 200)

    def paid(self, number):
        self.order(number)
        return self.sandbox(f"/trades/{number}/pay")

    def refund(self, number, fen, refund_no, status=200):
        return read(self.sdk.refund(
            out_refund_no=refund_no, out_trade_no=number, reason="一课",
            amount={"refund": fen, "total": 36100, "currency": "CNY"}), status)

    def notice(self, index=-1):
        """A notice as the client verified and decrypted it; None if it does not believe it."""
        return self.sdk.callback(*self.shop.notices[index])

    def advance(self, seconds):
        url = self.url.replace(ADDRESS, "/sandbox/clock")
        clock = answered(requests.post(url, json={"advanceSeconds": seconds}, timeout=60), 200)
        self.ahead = clock["offsetSeconds"]
        return datetime.fromisoformat(clock["now"].replace("Z", "+00:00")) + timedelta(hours=8)


@pytest.fixture(params=["public-key", "certificate"])
def merchant(request, server, shop, monkeypatch):
    merchant = Merchant(server, shop, monkeypatch, request.param)
    # A merchant who knows no public key is sent nothing that is signed with it.
    if request.param == "certificate":
        merchant.sandbox("/faults", {"certificatePercent": 100})
    return merchant


def read(answer, status):
    code, text = answer
    assert code == status, text
    return json.loads(text) if text else None


def new_number():
    return f"SDK{secrets.token_hex(8)}"


def test_from_order_to_refund(merchant):
    number, refund_no = new_number(), new_number()
    code = merchant.order(number)["code_url"]
    assert code.startswith("weixin://wxpay/bizpayurl?pr=")
    assert merchant.order(number)["code_url"] == code
    assert read(merchant.sdk.query(out_trade_no=number), 200)["trade_state"] == "NOTPAY"

    phone = requests.get(f"{merchant.url}/scan", {"code_url": code}, timeout=10)
    assert phone.status_code == 200 and "cashier-pay" in phone.text
    view = merchant.sandbox(f"/trades/{number}/pay")
    assert [notify["status"] for notify in view["notifies"]] == ["acknowledged"]
    notice = merchant.notice()
    assert notice["event_type"] == "TRANSACTION.SUCCESS"
    paid = notice["resource"]
    assert (paid["out_trade_no"], paid["trade_state"]) == (number, "SUCCESS")
    assert paid["amount"] == {
        "total": 36100, "payer_total": 36100, "currency": "CNY", "payer_currency": "CNY"}
    found = read(merchant.sdk.query(transaction_id=paid["transaction_id"]), 200)
    assert found == paid

    accepted = merchant.refund(number, 6663, refund_no)
    assert accepted["status"] == "PROCESSING"
    assert merchant.refund(number, 6663, refund_no)["refund_id"] == accepted["refund_id"]
    merchant.advance(6)
    assert read(merchant.sdk.query_refund(refund_no), 200)["status"] == "SUCCESS"
    eventually(lambda: len(merchant.shop.notices) == 2)
    told = merchant.notice()
    assert told["event_type"] == "REFUND.SUCCESS"
    assert told["resource"]["out_refund_no"] == refund_no
    assert told["resource"]["amount"]["refund"] == 6663
    assert read(merchant.sdk.query(out_trade_no=number), 200)["trade_state"] == "REFUND"
    assert merchant.refund(number, 36100, new_number(), 400)["code"] == "INVALID_REQUEST"


def test_close(merchant):
    number = new_number()
    merchant.order(number)
    for _ in range(2):
        assert merchant.sdk.close(number) == (204, b"")
    assert read(merchant.sdk.query(out_trade_no=number), 200)["trade_state"] == "CLOSED"
    assert read(merchant.sdk.query(out_trade_no=new_number()), 404)["code"] == "ORDER_NOT_EXIST"
    paid = new_number()
    merchant.paid(paid)
    assert read(merchant.sdk.close(paid), 400)["code"] == "ORDERPAID"


def test_what_leads_the_payer_there(merchant):
    opened = merchant.order(
        new_number(), pay_type=WeChatPayType.H5,
        scene_info={"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}})
    page = requests.get(opened["h5_url"], timeout=10)
    assert page.status_code == 200 and "cashier-pay" in page.text

    prepay_id = merchant.order(
        new_number(), pay_type=WeChatPayType.JSAPI, payer={"openid": "oSomebody"})["prepay_id"]
    app_id = answered(requests.get(f"{merchant.url}/merchant", timeout=10), 200)["appId"]
    parameters = {"timeStamp": str(int(time.time())), "nonceStr": secrets.token_hex(16),
                  "package": f"prepay_id={prepay_id}"}
    sign = merchant.sdk.sign([app_id, *parameters.values()])
    page = requests.get(f"{merchant.url}/jsapi", {**parameters, "paySign": sign}, timeout=10)
    assert "cashier-pay" in page.text
    parameters["nonceStr"] = "another"
    page = requests.get(f"{merchant.url}/jsapi", {**parameters, "paySign": sign}, timeout=10)
    assert "cashier-refused" in page.text


def test_what_is_not_to_be_believed(merchant):
    """Forged notices and probes; and a request that was changed on its way."""
    number = new_number()
    merchant.sandbox("/faults", {"outTradeNo": number, "badSignature": 1})
    merchant.paid(number)
    assert merchant.notice() is None
    probed = new_number()
    merchant.sandbox("/faults", {"outTradeNo": probed, "signatureProbe": 1})
    merchant.paid(probed)
    headers = [headers for headers, _ in merchant.shop.notices[-2:]]
    assert headers[0]["Wechatpay-Signature"].startswith("WECHATPAY/SIGNTEST/")
    assert merchant.notice(-1)["resource"]["out_trade_no"] == probed

    signed = merchant.sdk._core.request
    refused = json.loads(signed(f"/v3/pay/transactions/out-trade-no/{number}?mchid=1")[1])
    assert refused["code"] == "MCH_NOT_EXISTS"
    authorization = utils.build_authorization(
        "/v3/certificates", "GET", merchant.sdk._mchid, merchant.sdk._core._cert_serial_no,
        merchant.sdk._core._private_key)
    for path, status in [("/v3/certificates", 200), ("/v3/certificates?a=b", 401)]:
        answer = requests.get(
            merchant.url + path, headers={"Authorization": authorization}, timeout=10)
        assert answer.status_code == status
    merchant.ahead = -301
    assert read(merchant.sdk.query(out_trade_no=number), 401)["code"] == "SIGN_ERROR"


def test_both_ways_to_sign_at_once(server, shop, monkeypatch):
    """A merchant who migrates: some notices are signed by the certificate, some by the key."""
    merchant = Merchant(server, shop, monkeypatch, "public-key")
    merchant.sandbox("/faults", {"certificatePercent": 50})
    numbers = [new_number() for _ in range(24)]
    for number in numbers:
        merchant.paid(number)
    serials = {headers["Wechatpay-Serial"] for headers, _ in shop.notices}
    assert len(serials) == 2
    believed = [merchant.notice(index)["resource"]["out_trade_no"] for index in range(24)]
    assert believed == numbers


def test_trade_bill(merchant):
    number, refund_no = new_number(), new_number()
    merchant.paid(number)
    merchant.refund(number, 6663, refund_no)
    day = merchant.advance(6)
    today = day.strftime("%Y-%m-%d")
    assert read(merchant.sdk.trade_bill(today), 400)["code"] == "PARAM_ERROR"
    morning = (day + timedelta(days=1)).replace(hour=10, minute=0, second=5, microsecond=0)
    merchant.advance(int((morning - day).total_seconds()))

    ticket = read(merchant.sdk.trade_bill(today), 200)
    status, packed = merchant.sdk.download_bill(ticket["download_url"])
    assert status == 200
    file = gzip.decompress(packed)
    assert ticket["hash_type"] == "SHA1" and ticket["hash_value"] == hashlib.sha1(file).hexdigest()
    names, *rows, _, totals = file.decode("utf-8-sig").splitlines()
    lines = [dict(zip(names.split(","), row[1:].split(",`"))) for row in rows]
    assert [line["交易状态"] for line in lines] == ["SUCCESS", "REFUND"]
    assert [line["商户订单号"] for line in lines] == [number, number]
    assert lines[0]["订单金额"] == "361.00" and lines[1]["退款金额"] == "66.63"
    assert lines[1]["商户退款单号"] == refund_no
    assert totals.startswith("`2,`361.00,`66.63,")
    merchant.advance(301)
    assert merchant.sdk.download_bill(ticket["download_url"])[0] == 400
