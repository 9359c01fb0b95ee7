"""Workers that take a lock and pass it on, and count under it, until a line comes.

They report what was acknowledged; who runs the program judges.
"""

import os
import sys
import threading
import time

from kazoo.client import KazooClient
from kazoo.exceptions import BadVersionError, KazooException
from kazoo.handlers.threading import KazooTimeoutError
from kazoo.retry import RetryFailedError

WORKERS = 4
ADDITIONS_PER_HOLD = 3
SESSION_S = 30
ATTEMPT_S = 2

START = time.monotonic()
PRINTING = threading.Lock()


def run(bed):
    root = f"/kazoo-faults-{os.getpid()}"
    clients = []
    for _number in range(WORKERS):
        client = KazooClient(bed.connect, timeout=SESSION_S)
        client.start(SESSION_S)
        clients.append(client)
    clients[0].create(root + "/counter", b"0", makepath=True)
    for number, client in enumerate(clients):
        client.create(f"{root}/alive/{number}", ephemeral=True, makepath=True)
        say(f"session {number} {client.client_id[0]}")
    stopped = threading.Event()
    workers = [
        threading.Thread(target=work, args=(root, number, client, stopped)) for number, client in enumerate(clients)
    ]
    for worker in workers:
        worker.start()
    sys.stdin.readline()
    stopped.set()
    for worker in workers:
        worker.join()
    conclude(root, clients)


def say(line):
    with PRINTING:
        print(line, flush=True)


def now_us():
    return int((time.monotonic() - START) * 1_000_000)


def work(root, number, client, stopped):
    while not stopped.is_set():
        lock = client.Lock(root + "/lock", f"worker {number}")
        try:
            session = client.client_id
            if lock.acquire(timeout=ATTEMPT_S):
                hold(root, number, client, lock, session)
        except (KazooException, KazooTimeoutError, RetryFailedError) as exception:
            say(f"trouble {number} {type(exception).__name__}")
            release(lock)


def release(lock):
    """As well as it can be done now; a session that ended took the node with it."""
    try:
        lock.release()
    except (KazooException, KazooTimeoutError, RetryFailedError):
        pass


def hold(root, number, client, lock, session):
    """Counts under the lock.

    The hold is proved from when it was acquired to when the last acknowledged write was sent.
    """
    begin = until = now_us()
    # Without a connection kazoo tells no session; of one that ended meanwhile the lock's node is gone.
    if session is None or client.client_id != session:
        release(lock)
        return
    try:
        for _turn in range(ADDITIONS_PER_HOLD):
            sent = add(root, number, client)
            if client.client_id != session:
                break
            until = sent
    finally:
        say(f"hold {number} {session[0]} {begin} {until}")
        release(lock)


def add(root, number, client):
    """One more, guarded by the version; when the write was sent."""
    data, stat = client.get(root + "/counter")
    value = int(data) + 1
    sent = now_us()
    try:
        client.set(root + "/counter", str(value).encode(), version=stat.version)
    except BadVersionError:
        say(f"refused {number} {value}")
        raise
    except (KazooException, KazooTimeoutError):
        say(f"unsure {number} {value}")
        raise
    say(f"added {number} {value}")
    return sent


def conclude(root, clients):
    for number, client in enumerate(clients):
        client.retry(client.sync, root)
        stat = client.retry(client.exists, f"{root}/alive/{number}")
        say(f"ephemeral {number} {client.client_id[0]} {stat.ephemeralOwner if stat else 0}")
    say(f"final {int(clients[0].retry(clients[0].get, root + '/counter')[0])}")
    for client in clients:
        client.stop()
