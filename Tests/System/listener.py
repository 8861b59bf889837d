"""Somebody who listens to a stream of events."""

import http.client
import json
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

from kontor import alipay, new_key

PATIENCE = 10  # seconds


class Stream:
    """Somebody who listens; as far as it gets, one event after the other."""

    def __init__(self, client, path):
        place = urlsplit(client.url)
        self.connection = http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE)
        self.connection.request("GET", f"/api/v1{path}", headers={
            "Accept": "text/event-stream", "Authorization": client.http.headers["Authorization"]})
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def next(self):
        """The data of the next event, as JSON; None at the end."""
        data = []
        while line := self.answer.readline().decode():
            if line.startswith("data: "):
                data.append(line[6:])
            elif line == "\n" and data:
                return json.loads("".join(data))
        return None

    def status_becomes(self, status, seconds=1):
        """What it is told next, until it is this, in time."""
        began = time.monotonic()
        while (told := self.next()) and told["status"] != status:
            pass
        took = time.monotonic() - began
        assert told, f"the stream ended before {status}"
        assert took < seconds, f"{status} was told after {took:.2f} s"
        return took

    def close(self):
        self.answer.close()
        self.connection.close()


@contextmanager
def listening(client, path):
    stream = Stream(client, path)
    try:
        yield stream
    finally:
        stream.close()


def waiting_order(member, shop):
    quote = member.post("/quotes", {"lines": [
        {"courseId": shop.first["id"], "policyId": shop.first["policies"][0]["id"]}]})
    return member.post("/orders", alipay(
        quoteId=quote["id"], expectedTotal=quote["total"]), new_key())
