"""Kontor over HTTP under wrk: log-in, lists, quotes, orders paid from the wallet, at 1 and 64 connections.

`bin/bench-http [--seconds 5] [--json FILE]` prints a table. Where requests follow from answers, each wrk
thread is one member on one connection of its own. Every money request is durable: the answer follows
the fsync.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests/System"))
import kontor  # noqa: E402

MEMBERS = 64
LUA = Path(__file__).resolve().parent / "bench_http.lua"
SCENARIOS = {
    "healthz": "a plain request",
    "log-in": "POST /sessions with a password (scrypt)",
    "me": "GET /me with an access token",
    "courses": "GET /courses?limit=10",
    "quote": "POST /quotes",
    "order": "POST /quotes, POST /orders paid from the wallet",
    "journal": "POST /admin/ledger/journals with one transfer",
    "bulk": "POST /admin/ledger/journals with a batch of 50",
    "mixed": "mostly reads, some quotes, orders and journals",
    "check-out": "PUT /cart/items, POST /quotes from the cart, POST /orders from the wallet",
}
REQUESTS = {"order": 2, "check-out": 3}  # for one of what is counted
PIECES = {"bulk": 50}  # counted in one request
ONE_EACH = {"order", "check-out", "journal", "bulk", "mixed"}  # a wrk thread for every connection
ACCOUNTS = 1_000


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--engine", choices=["sqlite", "postgres"], action="append")
    arguments.add_argument("--scenario", choices=SCENARIOS, action="append")
    arguments.add_argument("--connections", type=int, action="append")
    arguments.add_argument("--json", type=Path)
    options = arguments.parse_args()
    options.connections = options.connections or [1, 64]
    results = [measure(engine, options) for engine in options.engine or ["sqlite", "postgres"]]
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))


def measure(engine, options):
    with tempfile.TemporaryDirectory() as folder:
        server = kontor.Server(engine, Path(folder))
        # As in production, but for the limits: no line of log for each request that went well.
        server.environment["KONTOR_ACCESS_LOG"] = "off"
        try:
            server.migrate()
            server.add_operator("operator")
            start = server.start()
            idle = memory(server)
            people = prepare(server)
            runs = [
                run(server, people, name, connections, options.seconds)
                for name in options.scenario or SCENARIOS for connections in options.connections]
            peak = memory(server, "VmHWM")
            server.prove()
        finally:
            server.remove()
    found = {
        "engine": engine, "cores": os.cpu_count(), "cpu": cpu(), "binary": str(kontor.BINARY),
        "startSeconds": round(start, 3), "idleMegabytes": idle, "peakMegabytes": peak,
        "runs": runs}
    show(found)
    return found


def prepare(server):
    """Members with money and a token, and courses to buy; the audit is happy with all of it."""
    operator = server.operator()
    courses = [
        operator.post("/admin/courses", {
            "title": f"Course {n}", "status": "on-sale", "policies": [{"days": 30, "price": 100}]})
        for n in range(12)]
    people = []
    for _ in range(MEMBERS):
        member = server.client().register()
        member.top_up(10_000_000)
        people.append(member)
    course = courses[0]
    key = operator.post("/admin/api-keys", {"name": "bench", "roles": ["finance"]})["key"]
    for number in range(ACCOUNTS):
        operator.post("/admin/ledger/accounts", {
            "address": f"ext:bench:{number}", "currency": "CNY", "floor": None})
    return {
        "apiKey": key,
        "tokens": [member.session["accessToken"] for member in people],
        "names": [member.username for member in people], "password": kontor.PASSWORD,
        "course": course["id"], "policy": course["policies"][0]["id"]}


def run(server, people, name, connections, seconds, pause=0):
    environment = {
        **os.environ, "BENCH": name, "TOKENS": ",".join(people["tokens"]),
        "NAMES": ",".join(people["names"]), "PASSWORD": people["password"],
        "PAUSE": str(pause), "API_KEY": people["apiKey"], "ACCOUNTS": str(ACCOUNTS),
        "COURSE": people["course"], "POLICY": people["policy"], "RUN": kontor.new_key()}
    threads = connections if name in ONE_EACH else min(connections, 2)
    command = [
        "wrk", "-t", str(threads), "-c", str(connections), "-d", f"{seconds}s", "--latency",
        "--timeout", "30s", "-s", str(LUA), server.url]
    before = cpu_seconds(server)
    output = subprocess.run(
        command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    spent = cpu_seconds(server) - before
    total = int(re.search(r"(\d+) requests in", output)[1])
    result = {
        "scenario": name, "connections": connections,
        "requestsPerSecond": float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]),
        "errors": int(re.search(r"refused=(\d+)", output)[1]),
        "serverCPUMicrosecondsPerRequest": round(spent / max(total, 1) * 1e6, 1)}
    for percent in (50, 99):
        found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s)\s*$", output, re.MULTILINE)
        scale = {"us": 1e-3, "ms": 1, "s": 1e3}[found[2]]
        result[f"p{percent}Milliseconds"] = round(float(found[1]) * scale, 3)
    result["perSecond"] = round(result["requestsPerSecond"] * PIECES.get(name, 1) / REQUESTS.get(name, 1), 1)
    if result["errors"]:
        print(output, file=sys.stderr)
    return result


def show(found):
    print(f"\n{found['engine']}: {found['cores']} cores ({found['cpu']}), start "
          f"{found['startSeconds']} s, memory idle {found['idleMegabytes']} MB, "
          f"peak {found['peakMegabytes']} MB")
    print(f"{'':12}{'conn.':>6}{'per second':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}{'errors':>8}")
    for run in found["runs"]:
        print(f"{run['scenario']:12}{run['connections']:>6}{run['perSecond']:>12}"
              f"{run['p50Milliseconds']:>9}{run['p99Milliseconds']:>9}"
              f"{run['serverCPUMicrosecondsPerRequest']:>9}{run['errors']:>8}", flush=True)


def memory(server, field="VmRSS"):
    """MB of the server's process."""
    time.sleep(0.2)
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return round(int(re.search(rf"{field}:\s+(\d+)", status)[1]) / 1024)


def cpu_seconds(server):
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu():
    names = re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
