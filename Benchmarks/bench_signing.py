"""Signs orders and verifies notifications with python-alipay-sdk and with Kontor's library, in turns."""

import argparse
import base64
import json
import os
import statistics
import subprocess
import time
from importlib.metadata import version
from urllib.parse import parse_qsl, urlencode

from alipay import AliPay
from Cryptodome.Hash import SHA256
from Cryptodome.PublicKey import RSA
from Cryptodome.Signature import PKCS1_v1_5

KONTOR = os.environ["KONTOR_BIN"]

# The order and the notification of `kontor bench gateway-signing`.
ORDER = {"subject": "Swift 与 Python 课程", "total_amount": "361.00", "time_expire": "2025-03-01 11:17:16",
         "return_url": "https://shop.example/back"}
NOTIFICATION = {
    "gmt_create": "2025-03-01 10:47:10", "charset": "utf-8", "seller_email": "seller@example.com",
    "subject": "Swift 与 Python 课程", "buyer_id": "2088102169481076", "invoice_amount": "361.00",
    "notify_id": "2025030100222104715043110511234567",
    "fund_bill_list": '[{"amount":"361.00","fundChannel":"ALIPAYACCOUNT"}]',
    "notify_type": "trade_status_sync", "trade_status": "TRADE_SUCCESS", "receipt_amount": "361.00",
    "app_id": "2021000117650139", "buyer_pay_amount": "361.00", "seller_id": "2088102169481075",
    "gmt_payment": "2025-03-01 10:47:15", "notify_time": "2025-03-01 10:47:16", "version": "1.0",
    "out_trade_no": "KT_7", "total_amount": "361.00", "trade_no": "2025030122001477861000811871",
    "auth_app_id": "2021000117650139", "point_amount": "0.00"}


def rate(work, seconds):
    def run(limit):
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < limit:
            for _ in range(16):
                work()
            count += 16
        return count / (time.perf_counter() - start)

    run(0.5)
    return int(run(seconds))


def python(seconds):
    app, alipay = RSA.generate(2048), RSA.generate(2048)
    client = AliPay(
        appid="2021000117650139", app_notify_url="https://shop.example/notify",
        app_private_key_string=app.export_key().decode(),
        alipay_public_key_string=alipay.public_key().export_key().decode(), sign_type="RSA2")
    text = "&".join(f"{name}={value}" for name, value in sorted(NOTIFICATION.items()))
    sign = PKCS1_v1_5.new(alipay).sign(SHA256.new(text.encode()))
    body = urlencode({**NOTIFICATION, "sign_type": "RSA2", "sign": base64.b64encode(sign).decode()})
    numbers = iter(range(10**9))

    def order():
        client.api_alipay_trade_page_pay(out_trade_no=f"KT_{next(numbers)}", **ORDER)

    def notification():
        fields = dict(parse_qsl(body, keep_blank_values=True))
        assert client.verify(fields, fields.pop("sign"))

    return {"ordersPerSecond": rate(order, seconds),
            "notificationsPerSecond": rate(notification, seconds)}


def kontor(seconds):
    command = [KONTOR, "bench", "gateway-signing", "--json", "--seconds", str(seconds)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    runs = {"kontor": [], "python-alipay-sdk": []}
    for _ in range(arguments.rounds):
        runs["kontor"].append(kontor(arguments.seconds))
        runs["python-alipay-sdk"].append(python(arguments.seconds))
    print(f"python-alipay-sdk {version('python-alipay-sdk')}, pycryptodomex "
          f"{version('pycryptodomex')}, {os.cpu_count()} cores, one thread each, "
          f"medians of {arguments.rounds}")
    for what in ("ordersPerSecond", "notificationsPerSecond"):
        ours, theirs = (statistics.median(run[what] for run in runs[who]) for who in runs)
        print(f"{what:24} {ours:8.0f} {theirs:8.0f}  x {ours / theirs:.1f}")


if __name__ == "__main__":
    main()
