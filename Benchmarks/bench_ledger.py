"""Runs `kontor bench ledger`, its rival and pgbench in rounds, and prints medians and ratios."""

import argparse
import glob
import json
import os
import re
import statistics
import subprocess
import sys

KONTOR = os.environ["KONTOR_BIN"]
SERVER = os.environ["KONTOR_TEST_POSTGRES"]
WORKLOADS = ["uniform", "hot", "hot-floor", "holds", "random-keys"]


def psql(statement):
    subprocess.run(["psql", "-q", SERVER, "-c", statement], check=True, stderr=subprocess.DEVNULL)


def kontor(engine, workload, seconds, rival):
    command = [KONTOR, "bench", "ledger", "--json", "--workload", workload, "--seconds", str(seconds)]
    if rival:
        command.append("--rival")
    if engine == "postgresql":
        psql("DROP DATABASE IF EXISTS kontor_bench WITH (FORCE)")
        psql("CREATE DATABASE kontor_bench")
        command += ["--database", SERVER.rsplit("/", 1)[0] + "/kontor_bench"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def pgbench_program():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/pgbench"))
    return found[-1] if found else "pgbench"


def pgbench(seconds, clients, mode):
    answer = subprocess.run(
        [pgbench_program(), "-n", "-c", str(clients), "-j", "2", "-T", str(int(max(1, seconds))),
         "-M", mode, SERVER],
        check=True, capture_output=True, text=True)
    return float(re.search(r"tps = ([0-9.]+)", answer.stdout).group(1))


def rounds(arguments):
    subprocess.run([pgbench_program(), "-q", "-i", "-s", "50", SERVER], check=True, capture_output=True)
    runs = {}
    for number in range(arguments.rounds):
        for engine in ["sqlite", "postgresql"]:
            for workload in WORKLOADS:
                for rival in [False, True]:
                    if rival and workload not in ["uniform", "hot-floor"]:
                        continue
                    report = kontor(engine, workload, arguments.seconds, rival)
                    runs.setdefault((engine, report["design"], workload), []).append(report)
                    print(f"round {number + 1}: {engine} {report['design']} {workload}: "
                          f"{report['transfersPerSecond']:.0f}/s", file=sys.stderr)
        for mode in ["simple", "prepared"]:
            tps = pgbench(arguments.seconds, 16, mode)
            runs.setdefault(("postgresql", "pgbench", mode), []).append({"transfersPerSecond": tps})
            print(f"round {number + 1}: pgbench {mode}: {tps:.0f}/s", file=sys.stderr)
    return runs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    rows = []
    for (engine, design, workload), reports in sorted(rounds(arguments).items()):
        row = {"engine": engine, "design": design, "workload": workload}
        for key in ["transfersPerSecond", "processorMicrosecondsPerTransfer", "bytesPerTransfer"]:
            if key in reports[0]:
                row[key] = statistics.median(report[key] for report in reports)
        if "latency" in reports[0]:
            for key in ["p50", "p99"]:
                row[key] = statistics.median(report["latency"][key] for report in reports)
            row["conditions"] = reports[0]["conditions"]
        rows.append(row)
    best = max(row["transfersPerSecond"] for row in rows if row["design"] == "pgbench")
    uniform = {(row["engine"], row["design"]): row["transfersPerSecond"]
               for row in rows if row["workload"] == "uniform"}
    print(f"{'':40}{'per s':>9}{'p50 µs':>9}{'p99 µs':>9}{'CPU µs':>8}{'bytes':>7}  ratios")
    for row in rows:
        ratios = []
        if row["design"] != "pgbench":
            ratios.append(f"{row['transfersPerSecond'] / uniform[row['engine'], 'rival']:.1f} x rival")
            if row["engine"] == "postgresql":
                ratios.append(f"{row['transfersPerSecond'] / best:.1f} x pgbench")
            if row["workload"] != "uniform" and row["design"] == "kontor":
                ratios.append(f"{row['transfersPerSecond'] / uniform[row['engine'], 'kontor']:.2f} of uniform")
        name = f"{row['engine']} {row['design']} {row['workload']}"
        print(f"{name:40}{row['transfersPerSecond']:9.0f}{row.get('p50', 0):9.0f}{row.get('p99', 0):9.0f}"
              f"{row.get('processorMicrosecondsPerTransfer', 0):8.1f}{row.get('bytesPerTransfer', 0):7.0f}"
              f"  {', '.join(ratios)}")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(rows, file, indent=1)


main()
