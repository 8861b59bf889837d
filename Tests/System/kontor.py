"""The server as its users have it: a process with a database, an HTTP API and a sandbox.

Everything here rests on the public contract only (command line, routes, JSON), so that these tests
still hold when the inside of the server changes.
"""

import os
import secrets
import signal
import socket
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import requests

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("KONTOR_BIN") or ROOT / ".build/debug/kontor")
POSTGRES = os.environ.get("KONTOR_TEST_POSTGRES")

PASSWORD = "correct-horse-9-battery"
LOCKED = 3  # the exit code of a command that cannot work while a server holds the database


def new_key():
    return secrets.token_hex(16)


def now(**delta):
    return (datetime.now(timezone.utc) + timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")


def eventually(look, seconds=15):
    """Waits until `look` returns something true: for what the server does by a job."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"did not happen within {seconds} s"
        time.sleep(0.05)
    return seen


class Server:
    """One `kontor serve --sandbox` on a database of its own; it can be killed and come back.

    With `database` it is a node on one that is there already.
    """

    def __init__(self, engine, folder, database=None):
        self.folder = folder
        self.process = None
        self.name = f"system_{secrets.token_hex(6)}"
        self.owns_database = database is None
        if database:
            self.database = database
        elif engine == "postgres":
            psql(f"CREATE DATABASE {self.name}")
            self.database = urlunsplit(urlsplit(POSTGRES)._replace(path=f"/{self.name}"))
        else:
            self.database = str(folder / "kontor.db")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        # The tests' own settings must not reach the server.
        clean = {k: v for k, v in os.environ.items() if not k.startswith("KONTOR_")}
        self.environment = {**clean, "KONTOR_RATE_LIMITS": "off"}

    def start(self):
        """Starts the process; returns the seconds until it said that it is ready."""
        self.launch()
        return self.wait_until_ready()

    def launch(self):
        """Starts the process and does not wait for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "serve", "--sandbox", "--port", str(self.port),
                 "--database", self.database, "--public-url", self.url],
                stdout=log, stderr=log, env=self.environment)

    def wait_until_ready(self):
        began = time.monotonic()
        while not self.ready():
            assert self.process.poll() is None, f"kontor serve ended at once:\n{self.log_tail()}"
            assert time.monotonic() - began < 60, f"not ready in 60 s:\n{self.log_tail()}"
            time.sleep(0.02)
        return time.monotonic() - began

    def ready(self):
        try:
            return requests.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def stop(self):
        """Asks it to end, as an operator would; a server that does not is a fault."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("kontor did not stop within 30 s of SIGTERM") from None

    def kill(self):
        """kill -9: no chance to write, flush or say good-bye."""
        assert self.process.poll() is None, f"it was already dead:\n{self.log_tail()}"
        self.process.kill()
        self.process.wait()

    def remove(self):
        self.stop()
        if self.owns_database and self.database.startswith("postgres"):
            psql(f"DROP DATABASE {self.name} WITH (FORCE)")

    def run(self, *arguments, stdin=""):
        """A kontor command on this database."""
        return subprocess.run(
            [BINARY, *arguments, "--database", self.database], input=stdin, text=True,
            capture_output=True, timeout=120, env=self.environment)

    def migrate(self):
        succeeded(self.run("migrate"))

    def add_operator(self, name, password=PASSWORD):
        succeeded(self.run("operator", "add", name, "--password-stdin", stdin=password + "\n"))

    def prove(self):
        """The audit finds nothing. If it cannot run beside the server, the server steps aside."""
        audit = self.run("audit")
        if audit.returncode == LOCKED:
            self.stop()
            audit = self.run("audit")
            self.start()
        succeeded(audit)

    @property
    def log(self):
        return self.folder / f"{self.name}.log"

    def log_tail(self, lines=40):
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def client(self):
        return Client(self.url)

    def operator(self):
        return self.client().log_in("operator")


class Client:
    """Somebody who uses the API: says what it sends, checks the status, returns the JSON."""

    def __init__(self, url):
        self.url = url
        self.http = requests.Session()

    def send(self, method, path, body=None, key=None, **options):
        """One request under /api/v1, whatever the answer."""
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.request(
            method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=30, **options)

    def get(self, path, **query):
        return answered(self.send("GET", path, params=query), 200)

    def post(self, path, body=None, key=None, expect=201):
        return answered(self.send("POST", path, body, key), expect)

    def refused(self, status, code, method, path, body=None, key=None):
        """The request is refused with this status and code, in the form all refusals have."""
        answer = self.send(method, path, body, key)
        assert answer.headers["Content-Type"].startswith("application/problem+json"), answer.text
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (status, code), answer.text
        has(problem, "type title status detail code")
        return problem

    def all(self, path, **query):
        """Every item of a list, page after page."""
        cursor = {}
        while cursor is not None:
            page = self.get(path, limit=100, **query, **cursor)
            has(page, "items nextCursor")
            yield from page["items"]
            cursor = {"cursor": page["nextCursor"]} if page["nextCursor"] else None

    # Who it is

    def sms_code(self, phone):
        """The newest code the sandbox's telephone received."""
        inbox = answered(requests.get(f"{self.url}/sandbox/sms", {"phone": phone}, timeout=10), 200)
        return inbox["items"][0]["code"]

    def register(self, phone=None, username=None):
        self.phone = phone or f"139{secrets.randbelow(10**8):08}"
        self.username = username or f"member{secrets.token_hex(4)}"
        self.post("/verification-codes", {"phone": self.phone, "purpose": "register"}, expect=202)
        self.user = self.post("/users", {
            "phone": self.phone, "username": self.username, "password": PASSWORD,
            "code": self.sms_code(self.phone)})
        return self.log_in(self.username)

    def log_in(self, login, password=PASSWORD):
        self.session = self.post("/sessions", {"login": login, "password": password})
        self.http.headers["Authorization"] = f"Bearer {self.session['accessToken']}"
        return self

    # What it does

    def pay(self, payment, again=False):
        """The payer opens the cashier and pays; `again`: it may be that they already did."""
        opened = requests.get(payment["action"]["url"], timeout=30)
        assert opened.status_code == 200, opened.text
        number = payment["outTradeNo"]
        paid = requests.post(f"{self.url}/sandbox/alipay/trades/{number}/pay", timeout=60)
        assert paid.ok or (again and paid.status_code == 409), f"{paid.status_code} {paid.text}"

    def top_up(self, amount):
        top_up = self.post("/wallet/top-ups", alipay(amount=amount), new_key())
        self.pay(top_up["payment"])
        return top_up

    def claim(self, template):
        return self.post(f"/coupons/{template['id']}/claims", key=new_key())

    def wallet(self):
        wallet = self.get("/wallet")
        return wallet["available"], wallet["held"]

    # What an operator does

    def add_course(self, title, price, days=365):
        return self.post("/admin/courses", {
            "title": title, "status": "on-sale", "policies": [{"days": days, "price": price}]})

    def add_coupon(self, name, kind, scope, **terms):
        return self.post("/admin/coupons", {
            "name": name, "kind": kind, "scope": scope, "quantity": 1000,
            "claimFrom": now(days=-1), "claimUntil": now(days=30), "validDays": 30, **terms})

    def add_example_shop(self):
        """Two courses and two coupons whose sums are worked out by hand in `ExampleShop`."""
        return ExampleShop(self)


class ExampleShop:
    """A worked example: two lines, a coupon on one of them, one on the order, part from the wallet.

    List 122.00 + 599.00 = 721.00; the line coupon takes 60.00 off the second, leaving 661.00; the
    order coupon takes 200.00 off both, 36.91 and 163.09 by largest remainder, leaving 85.09 and
    375.91 = 461.00. Of 100.00 from the wallet 18.46 belong to the first line and 81.54 to the
    second; the gateway gets the rest, 66.63 and 294.37 = 361.00.
    """

    LIST, TOTAL, WALLET, GATEWAY = 72100, 46100, 10000, 36100
    FIRST = {"listPrice": 12200, "lineDiscount": 0, "orderDiscount": 3691, "net": 8509,
             "wallet": 1846, "gateway": 6663}
    SECOND = {"listPrice": 59900, "lineDiscount": 6000, "orderDiscount": 16309, "net": 37591,
              "wallet": 8154, "gateway": 29437}

    def __init__(self, operator):
        mark = secrets.token_hex(3)
        self.first = operator.add_course(f"CRM {mark}", 12200)
        self.second = operator.add_course(f"Crawler {mark}", 59900)
        self.line_coupon = operator.add_coupon(
            f"Crawler 60 {mark}", "threshold-off", {"kind": "course", "id": self.second["id"]},
            value=6000, minimumSpend=10000)
        self.order_coupon = operator.add_coupon(
            f"200 off 500 {mark}", "threshold-off", {"kind": "all"},
            value=20000, minimumSpend=50000)


def alipay(**fields):
    return {**fields, "gateway": "alipay", "channel": "page"}


def answered(answer, status):
    request = answer.request
    assert answer.status_code == status, (
        f"{request.method} {request.url} answered {answer.status_code}, not {status}: {answer.text}")
    return answer.json() if answer.content else None


def has(thing, names):
    missing = set(names.split()) - set(thing)
    assert not missing, f"{', '.join(sorted(missing))} missing in {thing}"


def succeeded(command):
    assert command.returncode == 0, (
        f"{' '.join(map(str, command.args))} exited {command.returncode}:\n"
        f"{command.stdout}{command.stderr}")


def psql(statement):
    succeeded(subprocess.run(
        ["psql", POSTGRES, "-q", "-v", "ON_ERROR_STOP=1", "-c", statement],
        text=True, capture_output=True, timeout=60))
