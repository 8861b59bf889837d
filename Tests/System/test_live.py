"""Streams of events: what changes is told at once, to whom it belongs, on both engines and at any node,
and an open page costs nothing but its connection."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

import kontor
from kontor import Client, answered, eventually, new_key
from listener import listening, waiting_order
from postgres import Cluster


def handles(server):
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def open_streams(server):
    metrics = requests.get(f"{server.url}/metrics", timeout=10).text
    found = [line for line in metrics.splitlines()
             if line.startswith("http_server_event_streams ")]
    return float(found[0].split()[1]) if found else 0


def test_an_order_is_told_of_as_it_changes(server):
    shop = server.operator().add_example_shop()
    member = server.client().register()
    order = waiting_order(member, shop)
    path = f"/orders/{order['id']}/events"
    with listening(member, path) as stream:
        assert stream.answer.getheader("Content-Type") == "text/event-stream"
        first = stream.next()
        assert (first["status"], first["payment"]["status"]) == ("pending-payment", "submitted")
        stranger = server.client().register()
        stranger.refused(404, "not-found", "GET", path)
        member.pay(order["payment"])
        # The gateway's notification has been answered by then: the event is older.
        print(f"told after {stream.status_becomes('completed'):.3f} s")

    expiring = waiting_order(member, shop)
    with listening(member, f"/orders/{expiring['id']}/events") as stream:
        assert stream.next()["status"] == "pending-payment"
        member.post(f"/orders/{expiring['id']}/cancel", expect=200)
        stream.status_becomes("cancelled")
        operator = server.operator()
        lines = [line["id"] for line in order["lines"]]
        with listening(member, path) as paid:
            assert paid.next()["status"] == "completed"
            operator.post(f"/admin/orders/{order['id']}/refunds",
                          {"lines": lines, "reason": "test"}, new_key())
            paid.status_becomes("refunded")


def test_the_end_of_a_session_ends_its_streams(server):
    shop = server.operator().add_example_shop()
    member = server.client().register()
    order = waiting_order(member, shop)
    other = server.client().log_in(member.username)
    path = f"/orders/{order['id']}/events"
    with listening(member, path) as gone, listening(other, path) as stays:
        assert gone.next() and stays.next()
        began = time.monotonic()
        answered(member.send("DELETE", "/sessions/current"), 204)
        assert gone.next() is None
        assert time.monotonic() - began < 1
        other.pay(order["payment"])
        stays.status_becomes("completed")


def test_a_member_has_four(server):
    shop = server.operator().add_example_shop()
    member = server.client().register()
    path = f"/orders/{waiting_order(member, shop)['id']}/events"
    with ExitStack() as streams:
        opened = [streams.enter_context(listening(member, path)) for _ in range(4)]
        member.refused(429, "too-many-requests", "GET", path)
        opened[0].close()
        eventually(lambda: open_streams(server) == 3, seconds=2)
        assert streams.enter_context(listening(member, path)).status == 200


def test_stopping_with_streams_open(server):
    shop = server.operator().add_example_shop()
    with ThreadPoolExecutor(4) as pool:
        members = list(pool.map(lambda _: server.client().register(), range(13)))
    with ExitStack() as streams:
        opened = []
        for member in members:
            path = f"/orders/{waiting_order(member, shop)['id']}/events"
            opened += [streams.enter_context(listening(member, path)) for _ in range(4)]
        for stream in opened:
            assert stream.next()["status"] == "pending-payment"
        began = time.monotonic()
        server.stop()
        took = time.monotonic() - began
        print(f"stopped with {len(opened)} streams in {took:.2f} s")
        assert took < 5
        for stream in opened:
            assert stream.next() is None
    server.start()


def test_nothing_is_left_of_500(server):
    shop = server.operator().add_example_shop()
    member = server.client().register()
    path = f"/orders/{waiting_order(member, shop)['id']}/events"
    before = None
    for number in range(500):
        with listening(member, path) as stream:
            assert stream.status == 200 and stream.next()
        # A client is gone when the server has read so; the next may be quicker.
        eventually(lambda: open_streams(server) < 4 if number % 3 == 2 else True)
        if number == 50:
            before = handles(server)
    eventually(lambda: open_streams(server) == 0)
    eventually(lambda: handles(server) <= before + 5)


@pytest.fixture
def pair(tmp_path):
    """Two nodes on a PostgreSQL of their own."""
    if not kontor.POSTGRES:
        pytest.skip("KONTOR_TEST_POSTGRES is not set; `make test` sets it")
    folder = tmp_path / "postgres"
    folder.mkdir()
    cluster = Cluster(folder)
    nodes = []
    try:
        for _ in range(2):
            nodes.append(kontor.Server("postgres", tmp_path, cluster.url()))
            nodes[-1].start()
        nodes[0].add_operator("operator")
        yield *nodes, cluster
        nodes[0].prove()
    finally:
        for node in reversed(nodes):
            print(node.log_tail(8))
            node.remove()
        cluster.stop()


def test_what_happens_at_one_node_is_told_at_the_other(pair):
    here, there, cluster = pair
    shop = here.operator().add_example_shop()
    member = here.client().register()
    listener = Client(there.url)
    listener.http.headers["Authorization"] = member.http.headers["Authorization"]

    order = waiting_order(member, shop)
    with listening(listener, f"/orders/{order['id']}/events") as stream:
        assert stream.next()["status"] == "pending-payment"
        member.pay(order["payment"])
        print(f"told after {stream.status_becomes('completed'):.3f} s")

    # What was told while nobody carried it is looked up when somebody does again.
    order = waiting_order(member, shop)
    with listening(listener, f"/orders/{order['id']}/events") as stream:
        assert stream.next()["status"] == "pending-payment"
        cut = cluster.query("SELECT count(pg_terminate_backend(pid)) FROM pg_locks "
                            "WHERE locktype = 'advisory' AND classid = 75318")
        assert cut == "2"
        member.post(f"/orders/{order['id']}/cancel", expect=200)
        print(f"told after {stream.status_becomes('cancelled', seconds=4):.3f} s")

    with listening(listener, f"/orders/{order['id']}/events") as stream:
        assert stream.next()
        answered(member.send("DELETE", "/sessions/current"), 204)
        assert stream.next() is None
