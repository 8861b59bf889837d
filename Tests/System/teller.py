"""Somebody who moves money without pause, at any node, and keeps a record of it."""

import random
import threading
import time

import requests

from kontor import Client, alipay, eventually, new_key

DOCUMENTED = {(503, "unavailable"), (504, "outcome-unknown")}


class Teller(threading.Thread):
    """Posts journals of its own account and starts top-ups; what has no answer is sent again under
    its key, at another node, until it has one."""

    def __init__(self, name, nodes, token, seed, retry_seconds=30):
        super().__init__(daemon=True)
        self.account = f"ext:{name}"
        self.dice = random.Random(seed)
        self.clients = [Client(node.url) for node in nodes]
        for client in self.clients:
            client.http.headers["Authorization"] = f"Bearer {token}"
        self.retry_seconds = retry_seconds
        self.total = 0
        self.answers = []  # (path, body, key, id), once each
        self.retried = 0
        self.refusals = {}
        self.replays = 0
        self.acknowledged_at = [time.monotonic()]
        self.failure = None
        self.ends = threading.Event()

    def open(self):
        self.clients[0].post("/admin/ledger/accounts", {"address": self.account, "currency": "CNY"})
        return self

    def run(self):
        try:
            while not self.ends.is_set():
                self.move()
        except BaseException as failure:  # told to whoever joins
            self.failure = failure

    def finish(self):
        self.ends.set()
        self.join(timeout=90)
        assert not self.is_alive(), "a request hangs"
        if self.failure:
            raise self.failure

    def move(self):
        amount = self.dice.randrange(1, 1000)
        if self.dice.random() < 0.1:
            path, body = "/wallet/top-ups", alipay(amount=amount)
        else:
            path, body = "/admin/ledger/journals", {
                "kind": "pay", "reference": "till", "transfers": [
                    {"debit": "ext:world", "credit": self.account, "amount": amount}]}
            self.total += amount
        self.settle(path, body, new_key())

    def settle(self, path, body, key):
        answer = self.insist(path, body, key)
        self.replays += answer.headers.get("Idempotent-Replayed") == "true"
        self.answers.append((path, body, key, answer.json()["id"]))
        self.acknowledged_at.append(time.monotonic())

    def insist(self, path, body, key):
        """Asks until it is done, perhaps elsewhere."""
        deadline = time.monotonic() + self.retry_seconds
        client = self.dice.choice(self.clients)
        while (answer := self.once(client, path, body, key)) is None:
            assert time.monotonic() < deadline, f"no answer in {self.retry_seconds} s"
            self.retried += 1
            time.sleep(0.05)
            client = self.dice.choice([c for c in self.clients if c is not client] or [client])
        return answer

    def once(self, client, path, body, key):
        """An answer, or nothing if it failed in a way that is promised."""
        try:
            answer = client.send("POST", path, body, key)
        except requests.ConnectionError:
            self.refusals["gone"] = self.refusals.get("gone", 0) + 1
            return None
        if answer.status_code == 201:
            return answer
        reason = (answer.status_code, answer.json().get("code"))
        assert reason in DOCUMENTED, f"{reason}: {answer.text}"
        self.refusals[reason[1]] = self.refusals.get(reason[1], 0) + 1
        return None

    def gap(self):
        """The longest time without an acknowledgement."""
        times = [*self.acknowledged_at, time.monotonic()] if self.is_alive() else self.acknowledged_at
        return max(later - earlier for earlier, later in zip(times, times[1:]))

    def check(self):
        """Everything is there, once, and every key says what it said.

        The last trouble may still be about, so what is refused for now is asked again."""
        ids = [made for *_, made in self.answers]
        assert len(set(ids)) == len(ids), "one effect was told for two keys"
        account = eventually(self.look_at_account)
        assert account["balance"] == self.total, f"{account['balance']}, not {self.total}"
        for path, body, key, made in self.answers[-20:]:
            again = self.insist(path, body, key)
            assert again.json()["id"] == made, again.text
            assert again.headers["Idempotent-Replayed"] == "true"

    def look_at_account(self):
        answer = self.clients[0].send("GET", f"/admin/ledger/accounts/{self.account}")
        return answer.json() if answer.status_code == 200 else None


def open_world(client):
    """Where the money of all tellers comes from: an account that everybody is at."""
    client.post("/admin/ledger/accounts", {
        "address": "ext:world", "currency": "CNY", "floor": None})


def told(tellers):
    """What happened, in a line."""
    refusals = {}
    for teller in tellers:
        for reason, count in teller.refusals.items():
            refusals[reason] = refusals.get(reason, 0) + count
    done = sum(len(teller.answers) for teller in tellers)
    replays = sum(teller.replays for teller in tellers)
    return f"{done} commands, {refusals} on the way, {replays} had been done all the same"
