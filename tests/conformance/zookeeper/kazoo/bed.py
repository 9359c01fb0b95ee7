"""What a test is run against, and what it checks with."""

import contextlib
import os
import sys
import threading
import time

from kazoo.client import KazooClient

# How long something may take that is waited for, and a session's timeout.
PATIENCE_S = 20
SESSION_S = 10


class Failure(Exception):
    """What a check says when it does not hold."""


class Bed:
    """Members, settings, a part of the tree that is the test's own, and somebody who kills members."""

    def __init__(self, connect, settings):
        self.connect = connect
        self.members = connect.split(",")
        self.settings = settings
        self._name = ""
        self._clients = []

    @contextlib.contextmanager
    def test(self, name):
        """For as long as a test runs; its clients are closed afterwards."""
        self._name = name
        try:
            yield
        finally:
            for client in self._clients:
                client.stop()
                client.close()
            self._clients.clear()

    def client(self, hosts=None, **options):
        """A client of all members, connected."""
        client = KazooClient(hosts or self.connect, timeout=SESSION_S, **options)
        self._clients.append(client)
        client.start(PATIENCE_S)
        return client

    def path(self):
        """A path of the test's own; nothing is there yet."""
        return f"/{self._name.replace('/', '-')}-{os.getpid()}"

    def kill(self, member):
        """kill -9 of the member that serves clients at this address."""
        self._ask(f"harm kill {member}")

    def start(self, member):
        """Starts a killed member and waits until it serves."""
        self._ask(f"harm start {member}")

    @staticmethod
    def _ask(harm):
        print(harm, flush=True)
        answer = sys.stdin.readline().strip()
        if answer != "done":
            raise Failure(f"`{harm}` was answered with `{answer}`")


def member(client):
    """host:port of the member that a client is connected to."""
    host, port = client._connection._socket.getpeername()[:2]
    return f"{host}:{port}"


def check(what, holds):
    """What is true."""
    if not holds:
        raise Failure(f"not so: {what}")
    print(f"  {what}", flush=True)


def equal(what, expected, came):
    """What is equal."""
    if expected != came:
        raise Failure(f"{what}: expected {expected!r}, came {came!r}")
    print(f"  {what}", flush=True)


def eventually(what, holds):
    """What becomes true."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            raise Failure(f"not so after {PATIENCE_S} s: {what}")
        time.sleep(0.01)
    print(f"  {what}", flush=True)


def refused(what, error, attempt):
    """What is refused, and how."""
    try:
        attempt()
    except error as exception:
        print(f"  {what} is refused: {type(exception).__name__}", flush=True)
        return
    raise Failure(f"{what}: not refused")


def together(count, work):
    """What `work(0)`, `work(1)`, ... return that run at once."""
    results = [None] * count
    errors = []

    def run(index):
        try:
            results[index] = work(index)
        except Exception as exception:
            errors.append(exception)

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
        if thread.is_alive():
            raise Failure(f"one of {count} at once does not end")
    if errors:
        raise errors[0]
    return results
