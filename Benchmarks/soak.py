"""Load that lasts: mixed traffic at a share of what is possible, with every kind of trouble in it.

`bin/soak [--minutes 30] [--share 0.8]` measures the most that the server does, then asks for that share
of it, stretch after stretch. Every other stretch has a trouble: slow clients, huge bodies, requests that
make no sense, a gateway that loses and repeats, many log-ins at once, a process that stands still, and
once a kill -9. It fails if memory, file handles or latency grow, if any good request is refused, or if
the audit finds anything.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import bench_http
import kontor
import requests

CONNECTIONS = 32


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=30)
    arguments.add_argument("--share", type=float, default=0.8)
    arguments.add_argument("--stretch", type=int, default=20, help="seconds")
    arguments.add_argument("--engine", choices=["sqlite", "postgres"], default="sqlite")
    arguments.add_argument("--json", type=Path)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = kontor.Server(options.engine, Path(folder))
        server.environment["KONTOR_ACCESS_LOG"] = "off"
        try:
            server.migrate()
            server.add_operator("operator")
            server.start()
            rows = Soak(server, options).run()
            server.prove()
        finally:
            server.remove()
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    faults = verdict(rows)
    print("\n".join(faults) or "held: no growth, nothing refused, audit clean")
    raise SystemExit(1 if faults else 0)


class Soak:
    def __init__(self, server, options):
        self.server, self.options = server, options
        bench_http.MEMBERS = CONNECTIONS
        self.people = bench_http.prepare(server)
        self.member = server.client().register()
        self.renewed = time.monotonic()

    def run(self):
        self.ask(10)  # warm
        best = statistics.median(self.ask(10)["requestsPerSecond"] for _ in range(3))
        wanted = best * self.options.share
        pause = 1_000 * CONNECTIONS * (1 / wanted - 1 / best)
        print(f"at most {best:.0f} requests/s; asking for {wanted:.0f}/s", flush=True)
        troubles = [slow_clients, huge_bodies, nonsense, gateway, log_ins, standstill]
        count = round(self.options.minutes * 60 / self.options.stretch)
        rows = []
        for number in range(count):
            self.log_in_again()
            trouble = troubles[number // 2 % len(troubles)] if number % 2 else None
            with trouble(self) if trouble else contextlib.nullcontext():
                found = self.ask(self.options.stretch, pause)
            pause = max(0.5, pause + 1_000 * CONNECTIONS * (
                1 / wanted - 1 / max(1, found["requestsPerSecond"])))
            row = {
                "trouble": trouble.__name__ if trouble else "", **found, **self.size(),
                "lives": 1 + sum(row.get("killed", False) for row in rows)}
            if number == count // 2:
                self.server.kill()
                row["killed"] = True
                row["backAfterSeconds"] = round(self.server.start(), 2)
            rows.append(row)
            show(number, row)
        return rows

    def log_in_again(self, seconds=300):
        """An access token lives for a quarter of an hour; the stretches go on for longer."""
        if time.monotonic() < self.renewed + seconds:
            return
        self.people["tokens"] = [
            self.server.client().log_in(name).session["accessToken"] for name in self.people["names"]]
        self.member.log_in(self.member.username)
        self.renewed = time.monotonic()

    def ask(self, seconds, pause=0):
        found = bench_http.run(
            self.server, self.people, "mixed", CONNECTIONS, seconds, pause)
        names = ["requestsPerSecond", "p50Milliseconds", "p99Milliseconds", "errors"]
        return {name: found[name] for name in names}

    def size(self):
        process = Path(f"/proc/{self.server.process.pid}")
        found = {
            "megabytes": bench_http.memory(self.server),
            "handles": len(list((process / "fd").iterdir())),
            "threads": len(list((process / "task").iterdir()))}
        if self.server.database.startswith("/"):
            log = Path(self.server.database + "-wal")
            found["logMegabytes"] = round(log.stat().st_size / 2**20, 1) if log.exists() else 0
        return found


# Troubles: each is a context in which the good clients are measured.

def in_threads(count, work):
    """Does `work(stop)` in threads until the stretch is over."""
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=(stop,), daemon=True) for _ in range(count)]

    @contextlib.contextmanager
    def running():
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join(timeout=60)
    return running()


def raw(soak):
    return socket.create_connection(("127.0.0.1", soak.server.port), timeout=10)


def slow_clients(soak):
    """Half a request, a byte a second; and answers that nobody takes away."""
    def trickle(stop):
        with contextlib.suppress(OSError):
            some = [raw(soak) for _ in range(50)]
            for connection in some[:25]:
                connection.sendall(b"POST /api/v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n")
            for connection in some[25:]:
                connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
            while not stop.wait(1):
                for connection in some[:25]:
                    connection.sendall(b"X")
        for connection in some:
            connection.close()
    return in_threads(4, trickle)


def huge_bodies(soak):
    def pour(stop):
        block = b"x" * 65_536
        while not stop.is_set():
            with contextlib.suppress(OSError), raw(soak) as connection:
                connection.sendall(
                    b"POST /api/v1/quotes HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
                for _ in range(1_500):
                    connection.sendall(block)
            stop.wait(0.2)
    return in_threads(4, pour)


def nonsense(soak):
    lines = [
        b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"GET /%00%ff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{\"a\":1e3}",
        b"BREW /coffee HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n"]

    def babble(stop):
        while not stop.is_set():
            for line in lines:
                with contextlib.suppress(OSError), raw(soak) as connection:
                    connection.sendall(line)
                    connection.settimeout(0.5)
                    connection.recv(4_096)
            stop.wait(0.05)
    return in_threads(4, babble)


def gateway(soak):
    """Top-ups while the gateway loses answers, drops and repeats notices, and names other sums."""
    faults = [
        {"dropNotify": True}, {"duplicateNotify": 3}, {"loseResponse": True}, {"wrongAmount": 1}, {}]

    def pay(stop):
        number = 0
        while not stop.is_set():
            fault = faults[number % len(faults)]
            number += 1
            top_up = soak.member.post("/wallet/top-ups", kontor.alipay(amount=100), kontor.new_key())
            out_trade_no = top_up["payment"]["outTradeNo"]
            requests.post(
                f"{soak.server.url}/sandbox/alipay/faults", timeout=30,
                json={"outTradeNo": out_trade_no, **fault})
            requests.get(top_up["payment"]["action"]["url"], timeout=30)
            requests.post(f"{soak.server.url}/sandbox/alipay/trades/{out_trade_no}/pay", timeout=60)
            stop.wait(0.2)
    return in_threads(1, pay)


def log_ins(soak):
    def knock(stop):
        while not stop.is_set():
            soak.server.client().log_in(soak.member.username)
    return in_threads(4, knock)


def standstill(soak):
    """The process stands still, as on a machine that moves; then it goes on."""
    def stop_and_go(stop):
        while not stop.wait(5):
            soak.server.process.send_signal(signal.SIGSTOP)
            time.sleep(0.5)
            soak.server.process.send_signal(signal.SIGCONT)
    return in_threads(1, stop_and_go)


def show(number, row):
    if number == 0:
        print(f"{'trouble':14}{'per s':>8}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}"
              f"{'MB':>6}{'handles':>9}{'threads':>9}{'log MB':>8}")
    print(f"{row['trouble']:14}{row['requestsPerSecond']:>8.0f}{row['p50Milliseconds']:>9}"
          f"{row['p99Milliseconds']:>9}{row['errors']:>8}{row['megabytes']:>6}{row['handles']:>9}"
          f"{row['threads']:>9}{row.get('logMegabytes', ''):>8}"
          f"{'  killed, back after %s s' % row['backAfterSeconds'] if row.get('killed') else ''}",
          flush=True)


def verdict(rows):
    """What grew, of the stretches without trouble; each life of the process by itself."""
    faults = [f"stretch {number}: {row['errors']} good requests failed"
              for number, row in enumerate(rows) if row["errors"]]
    for life in (1, 2):
        calm = [row for row in rows if row["lives"] == life and not row["trouble"]]
        third = len(calm) // 3
        if not third:
            continue
        early, late = calm[third:2 * third] or calm[:third], calm[-third:]
        for name, share, extra in [
                ("megabytes", 1.15, 10), ("handles", 1.0, 5), ("threads", 1.0, 2),
                ("p50Milliseconds", 1.3, 1), ("p99Milliseconds", 1.5, 5)]:
            before = statistics.median(row[name] for row in early)
            after = statistics.median(row[name] for row in late)
            if after > before * share + extra:
                faults.append(f"{name} grew from {before} to {after} (life {life})")
    return faults


if __name__ == "__main__":
    main()
