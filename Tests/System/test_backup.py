"""A copy taken while the server writes is whole: restored elsewhere, it knows every key it had seen."""

import shutil
import sqlite3
import subprocess
import threading
from urllib.parse import urlsplit, urlunsplit

import requests

import kontor
from kontor import new_key
from postgres import programs

FUNDS = 500_000
PRICE = 300


class Buyer:
    def __init__(self, server, course):
        self.client = server.client().register()
        self.client.top_up(FUNDS)
        self.course = course
        self.answers = {}  # by key: what was sent, and the answer to the letter

    def buy(self):
        quote = self.client.post("/quotes", {
            "lines": [{"courseId": self.course["id"], "policyId": self.course["policies"][0]["id"]}],
            "walletAmount": PRICE})
        key, body = new_key(), {"quoteId": quote["id"], "expectedTotal": PRICE}
        answer = self.client.send("POST", "/orders", body, key)
        assert answer.status_code == 201, answer.text
        self.answers[key] = (body, answer.text)

    def buy_until(self, stop):
        try:
            while not stop.is_set():
                self.buy()
        except requests.RequestException:
            assert stop.is_set(), "the server went away"


def test_a_backup_under_load_is_restored_to_a_new_place(server, engine, tmp_path):
    buyer = Buyer(server, server.operator().add_course("Backup", PRICE))
    for _ in range(10):
        buyer.buy()
    stop = threading.Event()
    worker = threading.Thread(target=buyer.buy_until, args=(stop,))
    worker.start()
    kontor.eventually(lambda: len(buyer.answers) > 20)
    acknowledged = dict(buyer.answers)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    place = copy(server, engine, folder)
    kontor.eventually(lambda: len(buyer.answers) > len(acknowledged) + 10)
    stop.set()
    worker.join()
    server.kill()

    restored = kontor.Server(engine, folder, database=place)
    try:
        restored.start()
        restored.prove()
        check(restored, buyer, acknowledged)
        restored.prove()
    finally:
        restored.remove()
        server.start()
        if engine == "postgres":
            kontor.psql(f"DROP DATABASE {urlsplit(place).path[1:]} WITH (FORCE)")


def check(restored, buyer, acknowledged):
    """What was answered before the copy is in it; what came later is done once more, or not at all."""
    buyer.client.url = restored.url
    known = {order["id"] for order in buyer.client.all("/orders")}
    assert len(known) >= len(acknowledged)
    for key, (body, text) in acknowledged.items():
        for _ in range(2):
            again = buyer.client.send("POST", "/orders", body, key)
            assert (again.status_code, again.text) == (201, text)
    assert {order["id"] for order in buyer.client.all("/orders")} == known
    assert buyer.client.wallet() == (FUNDS - PRICE * len(known), 0)

    lost = [key for key, (_, text) in buyer.answers.items()
            if not any(order in text for order in known)]
    assert lost, "the copy is not older than what it was copied from"
    body, _ = buyer.answers[lost[-1]]
    # Its quote was lost with it: the client hears so, and nothing is paid.
    buyer.client.refused(404, "not-found", "POST", "/orders", body, lost[-1])
    assert buyer.client.wallet() == (FUNDS - PRICE * len(known), 0)


def copy(server, engine, folder):
    """As docs/OPERATING.md says; returns the place of the copy."""
    if engine == "sqlite":
        place = folder / "kontor.db"
        source, target = sqlite3.connect(server.database), sqlite3.connect(place)
        source.backup(target, pages=50)
        source.close()
        target.close()
        return str(place)
    name = f"{server.name}_restored"
    kontor.psql(f"CREATE DATABASE {name}")
    place = urlunsplit(urlsplit(kontor.POSTGRES)._replace(path=f"/{name}"))
    dump = folder / "dump"
    for program, *arguments in [
            ("pg_dump", "--format=custom", "--file", dump, server.database),
            ("pg_restore", "--exit-on-error", "--no-owner", "--dbname", place, dump)]:
        path = programs() / program
        kontor.succeeded(subprocess.run(
            [path if path.exists() else shutil.which(program), *map(str, arguments)],
            text=True, capture_output=True, timeout=120))
    return place


def test_a_database_of_another_version_is_not_said_to_be_wrong(tmp_path):
    (tmp_path / "empty.db").touch()
    audit = subprocess.run(
        [kontor.BINARY, "audit", "--database", str(tmp_path / "empty.db")],
        text=True, capture_output=True, timeout=60)
    assert audit.returncode == 4 and not audit.stdout, audit
    assert "kontor migrate" in audit.stderr
