"""What a test is run against, and what it checks with."""

import contextlib
import os
import sys
import threading
import time

import redis

# How long something may take that is waited for.
PATIENCE_S = 40


class Failure(Exception):
    """What a check says when it does not hold."""


class Bed:
    """A server, its port for memcached's protocol, keys that are the test's own, and somebody who kills the server."""

    def __init__(self, address, settings):
        self.address = address
        self.host, port = address.rsplit(":", 1)
        self.port = int(port)
        self.settings = settings
        self._name = ""
        self._clients = []

    @contextlib.contextmanager
    def test(self, name):
        """For as long as a test runs; its clients are closed afterwards."""
        self._name = name
        self.client().flushall()
        try:
            yield
        finally:
            for client in self._clients:
                client.close()
            self._clients.clear()

    @property
    def protocol(self):
        """2 or 3, as the test's name says."""
        return 3 if "/resp3/" in self._name else 2

    @property
    def name(self):
        """The test's name."""
        return self._name

    def client(self, **options):
        """A client with a pool of its own."""
        options = {"protocol": self.protocol, "decode_responses": True} | options
        client = redis.Redis(host=self.host, port=self.port, **options)
        self._clients.append(client)
        return client

    def memcached(self):
        """(host, port) that speaks memcached's protocol."""
        address = self.settings.get("memcached")
        if not address:
            raise Failure("the program was not given memcached=")
        host, port = address.rsplit(":", 1)
        return host, int(port)

    def kill(self):
        """kill -9 of the server."""
        self._ask(f"harm kill {self.address}")

    def start(self):
        """Starts the killed server and waits until it serves."""
        self._ask(f"harm start {self.address}")

    @staticmethod
    def _ask(harm):
        print(harm, flush=True)
        answer = sys.stdin.readline().strip()
        if answer != "done":
            raise Failure(f"`{harm}` was answered with `{answer}`")


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


def refused(what, error, words, attempt):
    """What is refused, by which exception and with which words."""
    try:
        attempt()
    except error as exception:
        equal(f"{what} is refused: {type(exception).__name__}", words, str(exception))
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


def later(seconds, work):
    """Does something in a thread, after a while; the thread, to be joined."""

    def run():
        time.sleep(seconds)
        work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def unique():
    """Words that no other run of a program uses."""
    return f"{os.getpid()}-{time.monotonic_ns()}"
