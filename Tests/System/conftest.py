"""Fixtures: a running server per test, on each engine, whose ledger is proved when the test ends."""

import pytest

pytest.register_assert_rewrite("browser", "kontor")  # so that their asserts explain themselves

import kontor  # noqa: E402


def pytest_sessionstart(session):
    if not kontor.BINARY.exists() and not session.config.option.collectonly:
        pytest.exit(f"{kontor.BINARY} is missing: swift build, or set KONTOR_BIN", returncode=2)


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request):
    return request.param


@pytest.fixture
def server(engine, tmp_path):
    """A server with an operator named "operator" and nothing else in its database."""
    if engine == "postgres" and not kontor.POSTGRES:
        pytest.skip("KONTOR_TEST_POSTGRES is not set; `make test` sets it")
    server = kontor.Server(engine, tmp_path)
    try:
        server.migrate()
        server.add_operator("operator")
        server.start()
        yield server
        server.prove()
    finally:
        print(server.log_tail())  # pytest shows it when something failed
        server.remove()
