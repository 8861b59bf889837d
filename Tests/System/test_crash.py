"""kill -9 in the middle of traffic: nothing acknowledged is lost, nothing happens twice.

Every command is written down before it is sent, every answer after it came. After each crash the
commands without an answer are sent again under their keys; then what the server lists must be
exactly what was written down, to the fen.
"""

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests

from kontor import alipay, answered, eventually, new_key

CRASHES = int(os.environ.get("KONTOR_CRASHES", "25"))
SEED = int(os.environ.get("KONTOR_SEED", "1"))
MEMBERS = 4
FUNDS = 500_000
PRICE = 300


@dataclass
class Command:
    """A money request: what was sent, and what came back if anything did."""

    path: str
    body: dict
    key: str
    answer: dict | None = None
    paid: bool = False

    @property
    def wallet_part(self):
        return self.answer.get("walletAmount", 0)


class Buyer:
    """A member who tops up and buys, one thing after another, and keeps a record."""

    def __init__(self, client, course, dice):
        self.client = client.register()
        self.course = course
        self.dice = dice
        self.commands = []
        self.checked = 0  # commands before this one survived an earlier crash already
        client.top_up(FUNDS)

    def work(self, crashed):
        """Until the server is gone; a connection lost any earlier is a fault of its own."""
        try:
            while True:
                self.dice.choice((self.top_up, self.buy))()
        except requests.RequestException:
            if not crashed.is_set():
                raise

    def top_up(self):
        self.begin("/wallet/top-ups", alipay(amount=self.dice.randrange(100, 1000)))

    def buy(self):
        """From the wallet, through Alipay, or half and half."""
        from_wallet = self.dice.choice((PRICE, PRICE // 2, 0))
        line = {"courseId": self.course["id"], "policyId": self.course["policies"][0]["id"]}
        quote = self.client.post("/quotes", {"lines": [line], "walletAmount": from_wallet})
        order = {"quoteId": quote["id"], "expectedTotal": PRICE}
        self.begin("/orders", order if from_wallet == PRICE else alipay(**order))

    def begin(self, path, body):
        command = Command(path, body, new_key())
        self.commands.append(command)
        self.finish(command)

    def finish(self, command, again=False):
        if command.answer is None:
            command.answer = self.client.post(command.path, command.body, command.key)
        if command.answer["payment"] and not command.paid:
            self.client.pay(command.answer["payment"], again)
            command.paid = True

    def recover(self):
        """After a crash: log in, and send again whatever has no answer, under the same key."""
        self.client.log_in(self.client.username)
        self.check_acknowledged()
        for command in self.commands[self.checked:]:
            self.finish(command, again=True)
        eventually(self.everything_arrived, seconds=30)

    def check_acknowledged(self):
        """What the server or the gateway confirmed before the crash is there, without any help."""
        orders = {order["id"]: order for order in self.client.all("/orders")}
        topped_up = self.topped_up()
        for command in self.commands[self.checked:]:
            if command.answer is None:
                continue
            number = command.answer["id"]
            is_order = command.path == "/orders"
            assert not is_order or number in orders, f"acknowledged order {number} is lost"
            if command.paid and is_order:
                assert orders[number]["status"] == "completed", f"paid order {number} is not"
            if command.paid and not is_order:
                assert self.entries_of(command, topped_up) == 1, f"paid top-up {number} is lost"

    def everything_arrived(self):
        """All payments are made by now, so all orders complete and all top-ups get booked."""
        orders = list(self.client.all("/orders"))
        topped_up = self.topped_up()
        return all(order["status"] == "completed" for order in orders) and all(
            self.entries_of(command, topped_up) for command in self.sent("/wallet/top-ups"))

    def check(self):
        """The server's lists are the record: every id once, none more, and the sums agree."""
        orders = list(self.client.all("/orders"))
        sent = self.sent("/orders")
        assert sorted(order["id"] for order in orders) == sorted(c.answer["id"] for c in sent)
        payments = {order["id"]: (order["payment"] or {}).get("id") for order in orders}
        for command in sent:
            expected = (command.answer["payment"] or {}).get("id")
            assert payments[command.answer["id"]] == expected, "the payment has changed"

        top_ups, topped_up = self.sent("/wallet/top-ups"), self.topped_up()
        assert len({command.answer["id"] for command in top_ups}) == len(top_ups)
        for command in top_ups:
            assert self.entries_of(command, topped_up) == 1, "a top-up was booked twice"

        balance = FUNDS + sum(c.body["amount"] for c in top_ups) - sum(c.wallet_part for c in sent)
        assert self.client.wallet() == (balance, 0)

        for command in self.commands[self.checked:][-20:]:
            replay = self.client.send("POST", command.path, command.body, command.key)
            assert answered(replay, 201)["id"] == command.answer["id"]
            assert replay.headers["Idempotent-Replayed"] == "true"
        self.checked = len(self.commands)

    def sent(self, path):
        return [command for command in self.commands if command.path == path]

    def topped_up(self):
        """What came into the wallet, by what it refers to."""
        return [entry["reference"]["id"]
                for entry in self.client.all("/wallet/entries") if entry["direction"] == "in"]

    @staticmethod
    def entries_of(command, references):
        answer = command.answer
        return sum(references.count(name) for name in (answer["id"], answer["payment"]["id"]))


def test_kill_under_load(server):
    """ledger cases 6, 22: killed under load, everything acknowledged is there once."""
    dice = random.Random(SEED)
    operator = server.operator()
    course = operator.add_course("Crash course", PRICE, days=1)
    buyers = [Buyer(server.client(), course, random.Random(dice.random())) for _ in range(MEMBERS)]
    interrupted = 0

    for _ in range(CRASHES):
        crashed = threading.Event()
        with ThreadPoolExecutor(MEMBERS) as pool:
            working = [pool.submit(buyer.work, crashed) for buyer in buyers]
            time.sleep(dice.uniform(0.1, 1.5))
            crashed.set()
            server.kill()
        for work in working:
            work.result()
        interrupted += sum(c.answer is None for buyer in buyers for c in buyer.commands)

        seconds = server.start()
        assert seconds < 5, f"it took {seconds:.1f} s to come back"
        for buyer in buyers:
            buyer.recover()
            buyer.check()
        server.prove()

    commands = sum(len(buyer.commands) for buyer in buyers)
    print(f"{CRASHES} crashes, {commands} commands, {interrupted} cut off without an answer")
    assert commands >= CRASHES, "hardly anything was going on when it crashed"
