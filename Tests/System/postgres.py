"""A PostgreSQL server of a test's own that may be treated badly, and a network before it."""

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path


def programs():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    return found[-1] if found else Path(shutil.which("initdb") or "/initdb").parent


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Cluster:
    """A new cluster in a folder, with fsync as users have it."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            # pytest keeps its folders to itself.
            for parent in [folder, *folder.parents]:
                if parent.owner() == "root" and str(parent).startswith("/tmp/"):
                    parent.chmod(0o711)
            shutil.chown(folder, "postgres")
        self.do("initdb", "-D", folder / "data", "-U", "kontor", "--auth=trust",
                "-E", "UTF8", "--locale=C.UTF-8")
        self.start()

    def do(self, program, *arguments):
        command = [str(programs() / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, cwd="/", check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=90)

    def start(self):
        options = (f"-c listen_addresses=127.0.0.1 -c port={self.port} "
                   "-c unix_socket_directories='' -c max_connections=100")
        self.do("pg_ctl", "start", "-D", self.folder / "data", "-l", self.folder / "log", "-w",
                "-o", options)

    def stop(self, mode="immediate"):
        self.do("pg_ctl", "stop", "-D", self.folder / "data", "-m", mode, "-w")

    def url(self, port=None):
        return f"postgres://kontor@127.0.0.1:{port or self.port}/postgres"

    def query(self, statement):
        answer = subprocess.run(
            ["psql", self.url(), "-qtA", "-v", "ON_ERROR_STOP=1", "-c", statement],
            text=True, capture_output=True, timeout=60)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.strip()

    def terminate(self, count):
        """Ends some of Kontor's connections, whatever they are doing; busy ones first."""
        ended = self.query(
            "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity "
            "WHERE application_name = 'kontor' "
            f"ORDER BY (state = 'active') DESC, random() LIMIT {count}) chosen")
        return int(re.match(r"\d+", ended).group())


class Network:
    """A TCP proxy that can stop carrying anything, in silence."""

    def __init__(self, target):
        self.target = target
        self.carries = threading.Event()
        self.carries.set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            for ends in [(client, server), (server, client)]:
                ends[0].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.carry, args=ends, daemon=True).start()

    def carry(self, source, target):
        """What arrives in the silence is lost for good, and its connection with it."""
        try:
            while data := source.recv(65536):
                if not self.carries.is_set():
                    return  # both ends stay open, and nothing is said on them again
                target.sendall(data)
            if self.carries.is_set():
                target.close()
        except OSError:
            pass

    def close(self):
        self.listener.close()


def wait_for(look, seconds):
    """How long it took until `look` was true."""
    began = time.monotonic()
    while not look():
        assert time.monotonic() - began < seconds, f"did not happen within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - began
