"""/openapi.json tells the truth: Schemathesis sends what it describes, and what it forbids.

Whatever is sent, the answer is one the document knows, in the shape it gives, and never a 5xx.
Run as a member, who is refused much, and as an operator, who gets further.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = int(os.environ.get("KONTOR_OPENAPI_SECONDS", "40"))  # for each of the four runs
SEED = os.environ.get("KONTOR_SEED", "1")
CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance",
          "response_schema_conformance")
# Left out: what ends the session that asks or moves the clock (all later answers would be 401),
# and streams, which do not end.
LEFT_OUT = r"/sessions/current$|^/sandbox/|/events$"


@pytest.mark.parametrize("who", ["member", "operator"])
def test_document_is_true(server, who, tmp_path):
    operator = server.operator()
    shop = operator.add_example_shop()
    client = operator
    if who == "member":
        client = server.client().register()
        client.top_up(10000)
        client.claim(shop.order_coupon)

    run = subprocess.run(
        [Path(sys.executable).with_name("st"), "run", f"{server.url}/openapi.json",
         "--origin", server.url,
         "--header", f"Authorization: {client.http.headers['Authorization']}",
         "--checks", ",".join(CHECKS), "--exclude-path-regex", LEFT_OUT,
         "--phases", "examples,coverage,fuzzing", "--max-time", str(SECONDS), "--seed", SEED,
         "--generation-database", "none", "--suppress-health-check", "all",
         "--output-sanitize", "false", "--no-color"],
        cwd=tmp_path, text=True, capture_output=True, timeout=SECONDS + 120)
    assert run.returncode == 0, run.stdout[-20000:] + run.stderr[-2000:]
