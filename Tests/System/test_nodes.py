"""Several nodes on one PostgreSQL database: nothing is sticky, one key has one effect wherever it is
sent, and a node that is killed under load takes nothing with it."""

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

import kontor
from kontor import PASSWORD, Client, alipay, answered, eventually, new_key
from teller import Teller, open_world, told

KILLS = int(os.environ.get("KONTOR_NODE_KILLS", "4"))
SEED = int(os.environ.get("KONTOR_SEED", "1"))
TELLERS = 6


@pytest.fixture
def nodes(tmp_path):
    """Three nodes that start at once on an empty database."""
    if not kontor.POSTGRES:
        pytest.skip("KONTOR_TEST_POSTGRES is not set; `make test` sets it")
    first = kontor.Server("postgres", tmp_path)
    nodes = [first, *(kontor.Server("postgres", tmp_path, first.database) for _ in range(2))]
    try:
        for node in nodes:
            node.launch()
        for node in nodes:
            node.wait_until_ready()
        first.add_operator("operator")
        yield nodes
        first.prove()
    finally:
        for node in nodes:
            print(node.log_tail(8))
        for node in reversed(nodes):
            node.remove()


def token_of(client):
    return client.http.headers["Authorization"]


def test_nothing_is_sticky(nodes):
    """A session, its end and wrong passwords hold at every node."""
    here, there, third = (Client(node.url) for node in nodes)
    here.register()
    there.http.headers["Authorization"] = token_of(here)
    assert there.get("/me")["username"] == here.username
    assert there.wallet() == (0, 0)

    answered(here.send("DELETE", "/sessions/current"), 204)
    eventually(lambda: there.send("GET", "/me").status_code == 401, seconds=1)

    # Five in a row lock, whoever has counted them; then the right one is refused as well.
    with ThreadPoolExecutor(9) as pool:
        wrong = {"login": here.username, "password": "not-the-password"}
        tries = pool.map(lambda n: Client(nodes[n % 3].url).send("POST", "/sessions", wrong),
                         range(18))
        codes = [answer.json()["code"] for answer in tries]
    assert sorted(codes) == ["credentials-wrong"] * 5 + ["login-locked"] * 13
    third.refused(423, "login-locked", "POST", "/sessions",
                  {"login": here.username, "password": PASSWORD})


def test_one_key_at_all_nodes_at_once(nodes):
    """One effect, and everybody hears of the same."""
    clients = [Client(node.url) for node in nodes]
    clients[0].register()
    for client in clients[1:]:
        client.http.headers["Authorization"] = token_of(clients[0])
    with ThreadPoolExecutor(6) as pool:
        for round in range(30):
            key, body = new_key(), alipay(amount=100 + round)
            answers = [answered_at for answered_at in pool.map(
                lambda n: clients[n % 3].send("POST", "/wallet/top-ups", body, key), range(6))]
            assert {answer.status_code for answer in answers} == {201}, [a.text for a in answers]
            assert len({answer.json()["id"] for answer in answers}) == 1
            replays = [a for a in answers if a.headers.get("Idempotent-Replayed") == "true"]
            assert len(replays) == 5
    assert len(list(clients[1].all("/wallet/top-ups"))) == 30


def test_a_node_dies_under_load(nodes):
    """ledger cases 6, 22, 26: killed with requests and jobs in hand, while others go on."""
    dice = random.Random(SEED)
    boss = nodes[0].operator()
    open_world(boss)
    token = token_of(boss).removeprefix("Bearer ")
    # Nobody is told of payments: that these arrive is up to the jobs, and to who is left to run them.
    shopper = Client(nodes[0].url).register()
    answered(requests.post(f"{nodes[0].url}/sandbox/alipay/faults", json={"dropNotify": 1000},
                           timeout=10), 200)
    paid = 0

    tellers = [Teller(f"teller-{n}", nodes, token, dice.random()).open() for n in range(TELLERS)]
    for teller in tellers:
        teller.start()
    for _ in range(KILLS):
        # The first is spared here: it is also the gateway.
        victim = dice.choice(nodes[1:])
        payment = shopper.post("/wallet/top-ups", alipay(amount=1000), new_key())["payment"]
        shopper.pay(payment)
        paid += 1000
        time.sleep(dice.uniform(0.5, 1.5))
        victim.kill()
        time.sleep(dice.uniform(0.5, 1.5))
        victim.start()
    for teller in tellers:
        teller.finish()
    gap = max(teller.gap() for teller in tellers)
    print(f"{KILLS} kills: {told(tellers)}; longest gap {gap:.1f} s")

    for teller in tellers:
        teller.check()
    assert all(len(teller.answers) > 2 * KILLS for teller in tellers), "hardly anything was going on"
    assert gap < 8, f"nothing was acknowledged for {gap:.1f} s"
    eventually(lambda: shopper.wallet() == (paid, 0), seconds=45)
