"""The client itself: requests, rights, watches, transactions, retries."""

import threading

from kazoo.client import KazooState
from kazoo.exceptions import (
    AuthFailedError,
    BadVersionError,
    ConnectionClosedError,
    NoAuthError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
    RuntimeInconsistency,
    SessionExpiredError,
)
from kazoo.protocol.states import EventType, KeeperState
from kazoo.retry import KazooRetry
from kazoo.security import OPEN_ACL_UNSAFE, make_acl, make_digest_acl

from bed import PATIENCE_S, check, equal, eventually, refused


def nodes(bed):
    """Made, read, written, listed, deleted."""
    zk, path = bed.client(), bed.path()
    zk.ensure_path(path + "/a/b")
    check("made with its parents", zk.exists(path + "/a/b"))
    made, stat = zk.create(path + "/c", b"1", include_data=True)
    equal("its path", path + "/c", made)
    equal("its stat", (0, 1, 0), (stat.version, stat.dataLength, stat.ephemeralOwner))
    refused("a second", NodeExistsError, lambda: zk.create(path + "/c"))
    refused("one without a parent", NoNodeError, lambda: zk.create(path + "/x/y"))
    equal("made with its parents in one call", path + "/x/y", zk.create(path + "/x/y", makepath=True))
    equal("a number", path + "/s-0000000003", zk.create(path + "/s-", sequence=True))
    owner = zk.exists(zk.create(path + "/e", ephemeral=True)).ephemeralOwner
    equal("the owner of an ephemeral node", zk.client_id[0], owner)
    equal("a write", 1, zk.set(path + "/c", b"22", version=0).version)
    refused("a stale write", BadVersionError, lambda: zk.set(path + "/c", b"3", version=0))
    equal("what is read", b"22", zk.get(path + "/c")[0])
    children, stat = zk.get_children(path, include_data=True)
    equal("children", ["a", "c", "e", "s-0000000003", "x"], sorted(children))
    equal("their number", 5, stat.numChildren)
    refused("deleting a parent", NotEmptyError, lambda: zk.delete(path + "/a"))
    zk.delete(path, recursive=True)
    equal("deleted with all below", None, zk.exists(path))
    large = bytes(1_000_000)
    zk.create(path, large)
    equal("a million bytes", large, zk.get(path)[0])


def asynchronous(bed):
    """Answers in the order of asking."""
    zk, path = bed.client(), bed.path()
    zk.create(path, b"0")
    answers = []
    asked = []
    for number in range(100):
        asked.append(zk.set_async(path, str(number).encode()))
        asked.append(zk.get_async(path))
        asked[-1].rawlink(lambda result: answers.append(result.get()[0]))
    for result in asked:
        result.get(timeout=PATIENCE_S)
    eventually("a hundred reads are answered", lambda: len(answers) == 100)
    equal("each after the write before it", [str(number).encode() for number in range(100)], answers)


def rights(bed):
    """Digest, address and world."""
    zk, other, path = bed.client(), bed.client(), bed.path()
    zk.add_auth("digest", "ann:one")
    zk.create(path, b"x", acl=[make_digest_acl("ann", "one", all=True)])
    equal("the owner reads", b"x", zk.get(path)[0])
    other.sync(path)
    refused("another's read", NoAuthError, lambda: other.get(path))
    zk.set_acls(path, [make_acl("ip", "127.0.0.1", read=True)])
    equal("by address", b"x", other.get(path)[0])
    refused("but not a write", NoAuthError, lambda: other.set(path, b"y"))
    open_path = path + "-open"
    zk.create(open_path)
    equal("anybody", OPEN_ACL_UNSAFE, zk.get_acls(open_path)[0])
    own = bed.client(auth_data=[("digest", "ann:one")], default_acl=[make_digest_acl("ann", "one", all=True)])
    own.create(path + "-own")
    refused("what a client guards by default", NoAuthError, lambda: zk_without(bed).get(path + "-own"))


def zk_without(bed):
    """A client that has proved nothing and has seen all."""
    zk = bed.client()
    zk.sync("/")
    return zk


def sasl(bed):
    """A login by DIGEST-MD5."""
    user, password = bed.settings["sasl_user"], bed.settings["sasl_password"]
    options = {"mechanism": "DIGEST-MD5", "username": user, "password": password}
    zk, path = bed.client(sasl_options=options), bed.path()
    zk.create(path, b"x", acl=[make_acl("sasl", user, all=True)])
    equal("who logged in reads", b"x", zk.get(path)[0])
    refused("who did not does not", NoAuthError, lambda: zk_without(bed).get(path))
    wrong = {**options, "password": "wrong"}
    failed = bed.client(sasl_options=wrong)
    ended = (KeeperState.AUTH_FAILED, KeeperState.CLOSED)
    eventually("not with a wrong password", lambda: failed.client_state in ended)
    errors = (AuthFailedError, SessionExpiredError, ConnectionClosedError)
    refused("a request then", errors, lambda: failed.exists(path))


def auth_refused(bed):
    """An unknown scheme."""
    zk = bed.client()
    refused("a scheme that is none", AuthFailedError, lambda: zk.add_auth("none", "x"))


def tls(bed):
    """The port for TLS, with and without a certificate of the client's."""
    path, trust = bed.path(), bed.settings["tls_trust"]
    zk = bed.client(bed.settings["tls"], use_ssl=True, ca=trust, verify_certs=True)
    zk.create(path, b"x")
    plain = zk_without(bed)
    equal("one tree on both ports", b"x", plain.get(path)[0])
    identity = bed.settings["tls_identity"]
    named = bed.client(bed.settings["tls"], use_ssl=True, ca=trust, certfile=identity, keyfile=identity)
    named.create(path + "/own", b"y", acl=[make_acl("x509", bed.settings["tls_name"], all=True)])
    plain.sync(path)
    refused("what is for a certificate's name", NoAuthError, lambda: plain.get(path + "/own"))
    equal("is for that", b"y", named.get(path + "/own")[0])


def watches(bed):
    """Each kind once; one that fires does not fire again."""
    zk, path = bed.client(), bed.path()
    events = []
    zk.exists(path, watch=events.append)
    zk.create(path)
    eventually("created", lambda: [event.type for event in events] == [EventType.CREATED])
    zk.get(path, watch=events.append)
    zk.get_children(path, watch=events.append)
    zk.set(path, b"1")
    zk.set(path, b"2")
    zk.create(path + "/c")
    zk.create(path + "/d")
    expected = [EventType.CREATED, EventType.CHANGED, EventType.CHILD]
    eventually("written, a child", lambda: [event.type for event in events] == expected)
    zk.exists(path + "/d", watch=events.append)
    zk.delete(path + "/d")
    eventually("deleted", lambda: [event.type for event in events] == [*expected, EventType.DELETED])
    equal("with its path", path + "/d", events[-1].path)


def transactions(bed):
    """All or nothing."""
    zk, path = bed.client(), bed.path()
    transaction = zk.transaction()
    transaction.create(path, b"1")
    transaction.create(path + "/s-", sequence=True)
    transaction.set_data(path, b"2", version=0)
    transaction.check(path, version=1)
    results = transaction.commit()
    equal("the paths", [path, path + "/s-0000000000"], results[:2])
    equal("the write and the check", (1, True), (results[2].version, results[3]))
    failing = zk.transaction()
    failing.delete(path + "/s-0000000000")
    failing.check(path, version=7)
    failing.create(path + "/never")
    kinds = [type(result) for result in failing.commit()]
    equal("of a failing one", [RolledBackError, BadVersionError, RuntimeInconsistency], kinds)
    equal("nothing was done", ["s-0000000000"], zk.get_children(path))


def retry(bed):
    """What fails at first is done again."""
    zk, path = bed.client(), bed.path()
    tries = []

    def late():
        tries.append(1)
        if len(tries) < 3:
            raise KazooRetry.RETRY_EXCEPTIONS[0]()
        return zk.create(path)

    equal("done at the third try", path, KazooRetry(max_tries=5, delay=0.01)(late))
    equal("a client's own", b"", zk.retry(zk.get, path)[0])


def commands(bed):
    """The words of four letters, and the version in them."""
    zk = bed.client()
    equal("ruok", "imok", zk.command(b"ruok"))
    check("the server's version", zk.server_version() >= (3, 8))
    check("stat", "Mode: " in zk.command(b"stat"))


def chroot(bed):
    """A part of the tree as all of it."""
    outside, path = bed.client(), bed.path()
    outside.create(path)
    inside = bed.client(bed.connect + path)
    inside.sync("/")
    equal("the path inside", "/a", inside.create("/a", b"x"))
    outside.sync(path)
    equal("seen from outside", b"x", outside.get(path + "/a")[0])
    inside.chroot = ""
    equal("the root can be moved", b"x", inside.get(path + "/a")[0])


def session(bed):
    """Its states; ephemeral nodes go with it."""
    watching, zk, path = bed.client(), bed.client(), bed.path()
    states = []
    zk.add_listener(states.append)
    zk.create(path, ephemeral=True)
    gone = threading.Event()
    watching.sync(path)
    watching.exists(path, watch=lambda event: gone.set())
    zk.stop()
    check("the node goes", gone.wait(PATIENCE_S))
    equal("the client lost its session", [KazooState.LOST], states)
    zk.start(PATIENCE_S)
    equal("and has another", [KazooState.LOST, KazooState.CONNECTED], states)
    # At another member: one that has a connection of a session closes it when a second comes.
    first = bed.client(bed.members[0])
    known = first.client_id
    second = bed.client(bed.members[1], client_id=known)
    equal("one session by two clients", known, second.client_id)


TESTS = {
    "nodes": nodes,
    "asynchronous": asynchronous,
    "rights": rights,
    "auth-refused": auth_refused,
    "sasl-digest-md5": sasl,
    "tls": tls,
    "watches": watches,
    "transactions": transactions,
    "retry": retry,
    "commands": commands,
    "chroot": chroot,
    "session": session,
}
