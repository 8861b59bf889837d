"""A merchant in another language: python-alipay-sdk against the sandbox's Alipay, in both key modes.

Nothing here is Kontor's but the server. What the SDK signs, the sandbox verifies; what the sandbox
signs, the SDK verifies.

Where the SDK is wrong, the test goes around it and says so:
- wap.pay sends the product code QUICK_WAP_PAY, which Alipay does not have; the right one is passed.
- The gateway's address is a private attribute; there is no other way to another gateway.
- `verify` does not leave `alipay_cert_sn` out of what is signed, as certificate mode demands; the
  test takes it out.
- `alipay.open.app.alipaycert.download` only builds the request; the test sends it.
"""

import csv
import io
import json
import secrets
import threading
import zipfile
from base64 import b64decode
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from alipay import AliPay, DCAliPay

from kontor import answered, eventually


@pytest.fixture(params=["public keys", "certificates"])
def shop(request, server):
    with Shop(server, request.param) as shop:
        yield shop


@pytest.fixture
def certified(server):
    with Shop(server, "certificates") as shop:
        yield shop


class Shop:
    """A merchant with an SDK, a page to come back to, and an ear for notifications."""

    def __init__(self, server, mode):
        self.url = server.url
        self.account = answered(requests.get(f"{self.url}/sandbox/alipay/merchant", timeout=60), 200)
        self.is_certified = mode == "certificates"
        self.notices = []

    def __enter__(self):
        shop = self

        class Ear(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                shop.notices.append(dict(parse_qsl(body, keep_blank_values=True)))
                self.send_response(200)
                self.send_header("Content-Length", "7")
                self.end_headers()
                self.wfile.write(b"success")

            def log_message(self, *_):
                pass

        self.ear = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
        self.notify_url = f"http://127.0.0.1:{self.ear.server_port}/notify"
        threading.Thread(target=self.ear.serve_forever, daemon=True).start()
        self.sdk = self.new_sdk()
        return self

    def __exit__(self, *_):
        self.ear.shutdown()
        self.ear.server_close()

    def new_sdk(self):
        keys = self.account["certificates" if self.is_certified else "publicKeys"]
        common = {"appid": keys["appId"], "app_notify_url": self.notify_url,
                  "app_private_key_string": keys["appPrivateKey"], "sign_type": "RSA2"}
        if self.is_certified:
            sdk = DCAliPay(
                **common, app_public_key_cert_string=keys["appCertificate"],
                alipay_public_key_cert_string=keys["alipayCertificate"],
                alipay_root_cert_string=keys["rootCertificate"])
        else:
            sdk = AliPay(**common, alipay_public_key_string=keys["alipayPublicKey"])
        sdk._gateway = self.account["gatewayUrl"]
        return sdk

    def open(self, query):
        """The payer's browser goes to the cashier."""
        cashier = requests.get(f"{self.account['gatewayUrl']}?{query}", timeout=30)
        assert cashier.status_code == 200 and "cashier-pay" in cashier.text, cashier.text
        return cashier.url

    def pay(self, number):
        answered(requests.post(f"{self.url}/sandbox/alipay/trades/{number}/pay", timeout=60), 200)

    def told(self, number, count):
        """What was told about a trade so far, each verified by the SDK."""
        mine = eventually(
            lambda: (told := [n for n in self.notices if n["out_trade_no"] == number])
            and len(told) >= count and told)
        for notice in mine:
            assert self.is_genuine(notice), notice
        return mine

    def is_genuine(self, notice):
        fields = dict(notice)
        serial = fields.pop("alipay_cert_sn", None)
        assert (serial is not None) == self.is_certified
        return self.sdk.verify(fields, fields.pop("sign"))

    def advance(self, **time):
        seconds = int(timedelta(**time).total_seconds())
        command = {"advanceSeconds": seconds}
        return answered(requests.post(f"{self.url}/sandbox/clock", json=command, timeout=60), 200)

    def today(self):
        """The day in Beijing, by the sandbox's clock."""
        now = answered(requests.get(f"{self.url}/sandbox/clock", timeout=30), 200)["now"]
        utc = datetime.strptime(now[:19], "%Y-%m-%dT%H:%M:%S")
        return (utc + timedelta(hours=8)).strftime("%Y-%m-%d")


def new_number():
    return f"PY{secrets.token_hex(8)}"


def succeeded(answer):
    assert answer["code"] == "10000", answer
    return answer


def refused(answer, code):
    assert (answer["code"], answer["sub_code"]) == ("40004", code), answer


def test_from_page_to_refund(shop):
    number = new_number()
    refused(shop.sdk.api_alipay_trade_query(out_trade_no=number), "ACQ.TRADE_NOT_EXIST")
    cashier = shop.open(shop.sdk.api_alipay_trade_page_pay(
        subject="两门课 & \"more\"", out_trade_no=number, total_amount="361.00",
        return_url=f"{shop.url}/back?mine=1"))
    waiting = succeeded(shop.sdk.api_alipay_trade_query(out_trade_no=number))
    assert waiting["trade_status"] == "WAIT_BUYER_PAY"

    shop.pay(number)
    paid = succeeded(shop.sdk.api_alipay_trade_query(out_trade_no=number))
    assert (paid["trade_status"], paid["total_amount"]) == ("TRADE_SUCCESS", "361.00")
    [notice] = shop.told(number, 1)
    assert (notice["trade_status"], notice["total_amount"]) == ("TRADE_SUCCESS", "361.00")
    assert notice["subject"] == "两门课 & \"more\""
    assert not shop.is_genuine({**notice, "total_amount": "0.01"})
    comes_back(shop, cashier, number)

    first = succeeded(shop.sdk.api_alipay_trade_refund(
        refund_amount="66.63", out_trade_no=number, out_request_no="R1"))
    assert (first["fund_change"], first["refund_fee"]) == ("Y", "66.63")
    again = succeeded(shop.sdk.api_alipay_trade_refund(
        refund_amount="66.63", out_trade_no=number, out_request_no="R1"))
    assert (again["fund_change"], again["refund_fee"]) == ("N", "66.63")
    found = succeeded(shop.sdk.api_alipay_trade_fastpay_refund_query("R1", out_trade_no=number))
    assert (found["refund_status"], found["refund_amount"]) == ("REFUND_SUCCESS", "66.63")
    refused(shop.sdk.api_alipay_trade_refund(
        refund_amount="361.00", out_trade_no=number, out_request_no="R2"),
        "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
    told = shop.told(number, 2)[-1]
    assert (told["trade_status"], told["refund_fee"], told["out_biz_no"]) == (
        "TRADE_SUCCESS", "66.63", "R1")


def comes_back(shop, cashier, number):
    """The browser's way back to the shop is signed, too."""
    page = requests.get(cashier, timeout=30).text
    address = page.split('data-test="cashier-return"')[0].rsplit('href="', 1)[1].split('"')[0]
    fields = dict(parse_qsl(urlsplit(address.replace("&amp;", "&")).query))
    assert fields.pop("mine") == "1"
    assert fields["out_trade_no"] == number
    assert shop.is_genuine(fields)


def test_phone_code_and_app(shop):
    """wap, precreate and app: each becomes a trade in its own way, and hears of its full refund."""
    wap, code, app = new_number(), new_number(), new_number()
    order = {"subject": "课", "total_amount": "0.50"}
    shop.open(shop.sdk.api_alipay_trade_wap_pay(
        out_trade_no=wap, product_code="QUICK_WAP_WAY", **order))

    made = succeeded(shop.sdk.api_alipay_trade_precreate(out_trade_no=code, **order))
    refused(shop.sdk.api_alipay_trade_query(out_trade_no=code), "ACQ.TRADE_NOT_EXIST")
    scanned = requests.get(made["qr_code"], timeout=30)
    assert scanned.status_code == 200 and "cashier-pay" in scanned.text

    order_string = shop.sdk.api_alipay_trade_app_pay(out_trade_no=app, **order)
    phone = f"{shop.url}/sandbox/alipay/app"
    gone = answered(requests.post(
        phone, json={"orderString": order_string, "confirm": False}, timeout=30), 200)
    assert gone["resultStatus"] == "6001"
    paid = answered(requests.post(phone, json={"orderString": order_string}, timeout=60), 200)
    assert paid["resultStatus"] == "9000"
    result = json.loads(paid["result"])["alipay_trade_app_pay_response"]
    assert (result["out_trade_no"], result["total_amount"]) == (app, "0.50")

    for number in (wap, code):
        shop.pay(number)
    for number in (wap, code, app):
        shop.told(number, 1)
        succeeded(shop.sdk.api_alipay_trade_refund(
            refund_amount="0.50", out_trade_no=number, out_request_no="R1"))
        assert shop.sdk.api_alipay_trade_query(
            out_trade_no=number)["trade_status"] == "TRADE_CLOSED"
    for number in (wap, app):
        last = shop.told(number, 2)[-1]
        assert (last["trade_status"], last["refund_fee"]) == ("TRADE_CLOSED", "0.50")
    assert len(shop.told(code, 1)) == 1


def test_close_and_cancel(shop):
    closed, unpaid, paid = new_number(), new_number(), new_number()
    for number in (closed, unpaid, paid):
        refused(shop.sdk.api_alipay_trade_close(out_trade_no=number), "ACQ.TRADE_NOT_EXIST")
        shop.open(shop.sdk.api_alipay_trade_page_pay(
            subject="课", out_trade_no=number, total_amount="1.00"))
    succeeded(shop.sdk.api_alipay_trade_close(out_trade_no=closed))
    answer = requests.post(f"{shop.url}/sandbox/alipay/trades/{closed}/pay", timeout=30)
    assert answer.status_code == 409
    shop.pay(paid)
    refused(shop.sdk.api_alipay_trade_close(out_trade_no=paid), "ACQ.TRADE_STATUS_ERROR")
    for number, action in ((unpaid, "close"), (paid, "refund"), (paid, "refund")):
        answer = succeeded(shop.sdk.api_alipay_trade_cancel(out_trade_no=number))
        assert (answer["action"], answer["retry_flag"]) == (action, "N")
    view = answered(requests.get(f"{shop.url}/sandbox/alipay/trades/{paid}", timeout=30), 200)
    assert (view["status"], view["refunded"]) == ("TRADE_CLOSED", 100)


def test_bill(shop):
    day, numbers = shop.today(), [new_number(), new_number()]
    for number in numbers:
        shop.open(shop.sdk.api_alipay_trade_page_pay(
            subject="a,\"b\" 课", out_trade_no=number, total_amount="361.00"))
        shop.pay(number)
    succeeded(shop.sdk.api_alipay_trade_refund(
        refund_amount="66.63", out_trade_no=numbers[0], out_request_no="R1"))
    refused(bill(shop, day), "isp.bill_not_exist")
    shop.advance(days=2)
    url = succeeded(bill(shop, day))["bill_download_url"]
    lines = read(requests.get(url, timeout=30))
    mine = [line for line in lines if line["商户订单号"] in numbers]
    assert [(line["商户订单号"], line["业务类型"]) for line in mine] == [
        (numbers[0], "交易"), (numbers[1], "交易"), (numbers[0], "退款")]
    assert [line["订单金额（元）"] for line in mine] == ["361.00", "361.00", "-66.63"]
    assert [line["服务费（元）"] for line in mine] == ["-2.17", "-2.17", "0.40"]
    assert [line["退款批次号/请求号"] for line in mine] == ["", "", "R1"]
    assert {line["商品名称"] for line in mine} == {"a,\"b\" 课"}
    shop.advance(seconds=31)
    assert requests.get(url, timeout=30).status_code == 404


def bill(shop, day):
    return shop.sdk.server_api(
        "alipay.data.dataservice.bill.downloadurl.query",
        biz_content={"bill_type": "trade", "bill_date": day})


def read(answer):
    """The lines of the bill with the details, by the names of their columns."""
    assert answer.status_code == 200, answer.text
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    for entry in archive.infolist():
        # Python takes names without a mark for those of an old PC; they are in GBK.
        if "汇总" in entry.filename.encode("cp437").decode("gbk"):
            continue
        text = archive.read(entry).decode("gbk")
        rows = [line for line in text.splitlines() if line and not line.startswith("#")]
        cells = [[cell.strip() for cell in row] for row in csv.reader(rows)]
        return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]
    raise AssertionError(f"no details in {archive.namelist()}")


def test_certificate_changes(certified):
    """Alipay signs with a new certificate: what the old one verifies no more, the new one does."""
    shop, number = certified, new_number()
    shop.open(shop.sdk.api_alipay_trade_wap_pay(
        subject="课", out_trade_no=number, total_amount="1.00", product_code="QUICK_WAP_WAY"))
    before = shop.account["certificates"]["alipayCertSn"]
    changed = answered(
        requests.post(f"{shop.url}/sandbox/alipay/certificates", json={}, timeout=60), 200)
    serial = changed["certificates"]["alipayCertSn"]
    assert serial != before
    shop.pay(number)
    [notice] = eventually(lambda: [n for n in shop.notices if n["out_trade_no"] == number])
    assert notice["alipay_cert_sn"] == serial
    assert not shop.is_genuine(notice)

    request = shop.sdk.api_alipay_open_app_alipaycert_download(serial)
    body = requests.get(f"{shop.account['gatewayUrl']}?{request}", timeout=30).json()
    answer = succeeded(body["alipay_open_app_alipaycert_download_response"])
    shop.account["certificates"]["alipayCertificate"] = b64decode(
        answer["alipay_cert_content"]).decode()
    shop.sdk = shop.new_sdk()
    assert shop.is_genuine(notice)
    paid = succeeded(shop.sdk.api_alipay_trade_query(out_trade_no=number))
    assert paid["trade_status"] == "TRADE_SUCCESS"


def test_foreign_keys_open_nothing(shop):
    """A request with a changed amount, and one of another certificate, are refused."""
    query = shop.sdk.api_alipay_trade_page_pay(
        subject="课", out_trade_no=new_number(), total_amount="361.00")
    page = requests.get(
        f"{shop.account['gatewayUrl']}?{query.replace('361.00', '0.01')}", timeout=30)
    assert "isv.invalid-signature" in page.text
    if shop.is_certified:
        shop.sdk._app_cert_sn = "0" * 32
        answer = shop.sdk.api_alipay_trade_query(out_trade_no=new_number())
        assert (answer["code"], answer["sub_code"]) == ("40002", "isv.app-cert-not-exist")
