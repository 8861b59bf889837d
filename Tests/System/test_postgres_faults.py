"""PostgreSQL is killed, restarted and cut off under load: what was acknowledged is there once, every
failure is one that is promised, and nothing of Kontor has to be started anew.

The network is broken at every single message in `Tests/Platform/BooksTests/BadNetworkTests.swift`.
"""

import os
import random
import time

import pytest
import requests

import kontor
from postgres import Cluster, Network, wait_for
from teller import Teller, open_world, told

SECONDS = float(os.environ.get("KONTOR_FAULT_SECONDS", "8"))
SEED = int(os.environ.get("KONTOR_SEED", "1"))
TELLERS = 6


@pytest.fixture
def cluster(tmp_path):
    if not kontor.POSTGRES:
        pytest.skip("KONTOR_TEST_POSTGRES is not set; `make test` sets it")
    folder = tmp_path / "postgres"
    folder.mkdir()
    cluster = Cluster(folder)
    yield cluster
    cluster.stop()


@pytest.fixture
def network(cluster):
    network = Network(cluster.port)
    yield network
    network.close()


@pytest.fixture
def node(cluster, network, tmp_path):
    """A server that reaches its database through the network; proved without it."""
    node = kontor.Server("postgres", tmp_path, cluster.url(network.port))
    try:
        node.migrate()
        node.add_operator("operator")
        node.start()
        yield node
        node.prove()
    finally:
        print(node.log_tail(8))
        node.remove()


def tellers_at(node):
    boss = node.operator()
    open_world(boss)
    token = boss.http.headers["Authorization"].removeprefix("Bearer ")
    tellers = [Teller(f"teller-{n}", [node], token, SEED + n).open() for n in range(TELLERS)]
    for teller in tellers:
        teller.start()
    return tellers


def settle(tellers):
    for teller in tellers:
        teller.finish()
    for teller in tellers:
        teller.check()
    return told(tellers)


def status(node, path, patience=30):
    return requests.get(f"{node.url}{path}", timeout=patience).status_code


def test_backends_are_terminated_at_any_moment(node, cluster):
    dice = random.Random(SEED)
    tellers = tellers_at(node)
    killed = 0
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        killed += cluster.terminate(dice.randrange(1, 4))
        time.sleep(dice.uniform(0, 0.05))
    print(f"{killed} backends terminated: {settle(tellers)}")
    assert killed > SECONDS * 5
    assert status(node, "/readyz") == 200


def test_the_server_stops_at_once_and_comes_back(node, cluster):
    tellers = tellers_at(node)
    for away in (0, 1.5):
        time.sleep(1)
        cluster.stop()
        assert status(node, "/healthz", patience=1) == 200
        assert status(node, "/readyz", patience=5) == 503
        time.sleep(away)
        cluster.start()
        took = wait_for(lambda: status(node, "/readyz") == 200, seconds=10)
        print(f"ready {took:.1f} s after PostgreSQL")
    time.sleep(1)
    print(f"2 restarts: {settle(tellers)}")


def test_a_network_that_swallows_everything(node, network):
    """Nobody hangs, /healthz answers, /readyz says no, and afterwards it works by itself."""
    tellers = tellers_at(node)
    time.sleep(1)
    network.carries.clear()
    dark = time.monotonic()
    time.sleep(0.2)
    assert status(node, "/readyz", patience=4) == 503
    while time.monotonic() - dark < 6:
        assert status(node, "/healthz", patience=1) == 200
        time.sleep(0.1)
    network.carries.set()
    took = wait_for(lambda: status(node, "/readyz") == 200, seconds=20)
    time.sleep(1)
    said = settle(tellers)
    gap = max(teller.gap() for teller in tellers)
    print(f"dark for 6 s, ready {took:.1f} s later, longest gap {gap:.1f} s: {said}")
    assert gap < 25, f"a request hung for {gap:.1f} s"
