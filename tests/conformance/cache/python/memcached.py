"""pymemcache: memcached's protocol on the second port."""

import time

from bed import check, equal, eventually, refused, together
from pymemcache.client.base import Client, PooledClient
from pymemcache.client.hash import HashClient
from pymemcache.client.retrying import RetryingClient
from pymemcache.exceptions import MemcacheClientError, MemcacheUnexpectedCloseError


def client(bed):
    c = Client(bed.memcached(), connect_timeout=20, timeout=20)
    c.flush_all(noreply=False)
    return c


def values(bed):
    c = client(bed)
    equal("set", True, c.set("k", b"v", noreply=False))
    equal("get", b"v", c.get("k"))
    equal("get of nothing", None, c.get("none"))
    equal("add of a key that is there", False, c.add("k", b"w", noreply=False))
    equal("replace", True, c.replace("k", b"w", noreply=False))
    equal("append", True, c.append("k", b"x", noreply=False))
    equal("prepend", True, c.prepend("k", b"v", noreply=False))
    equal("what came of it", b"vwx", c.get("k"))
    equal("set_many", [], c.set_many({f"m{it}": str(it).encode() for it in range(100)}, noreply=False))
    equal("get_many", 100, len(c.get_many([f"m{it}" for it in range(200)])))
    equal("delete", True, c.delete("k", noreply=False))
    equal("delete of nothing", False, c.delete("k", noreply=False))
    large = bytes(range(256)) * 2000
    c.set("large", large, noreply=False)
    equal("half a megabyte of all bytes", large, c.get("large"))
    c.set("quiet", b"1", noreply=True)
    eventually("without a reply", lambda: c.get("quiet") == b"1")
    check("version", len(c.version()) > 0)


def check_and_set(bed):
    c = client(bed)
    c.set("k", b"1", noreply=False)
    value, token = c.gets("k")
    equal("gets", b"1", value)
    equal("cas", True, c.cas("k", b"2", token, noreply=False))
    equal("cas of an old token", False, c.cas("k", b"3", token, noreply=False))
    equal("cas of nothing", None, c.cas("none", b"3", token, noreply=False))

    def count(_):
        mine, done = Client(bed.memcached(), timeout=20), 0
        while done < 20:
            now, token = mine.gets("k")
            done += bool(mine.cas("k", str(int(now) + 1).encode(), token, noreply=False))

    together(6, count)
    equal("6 who count at once", b"122", c.get("k"))


def numbers(bed):
    c = client(bed)
    c.set("n", b"10", noreply=False)
    equal("incr", 15, c.incr("n", 5))
    equal("decr", 12, c.decr("n", 3))
    equal("decr below nothing", 0, c.decr("n", 100))
    equal("incr of nothing", None, c.incr("none", 1))
    c.set("w", b"words", noreply=False)
    refused(
        "incr of words",
        MemcacheClientError,
        "b'cannot increment or decrement non-numeric value'",
        lambda: c.incr("w", 1),
    )


def expiry(bed):
    c = client(bed)
    c.set("k", b"v", expire=1, noreply=False)
    equal("it is there", b"v", c.get("k"))
    eventually("it expires", lambda: c.get("k") is None)
    c.set("k", b"v", expire=1, noreply=False)
    equal("touch", True, c.touch("k", 100, noreply=False))
    time.sleep(2.1)
    equal("touched, it stays", b"v", c.get("k"))
    c.set("past", b"v", expire=-1, noreply=False)
    equal("a time that is over", None, c.get("past"))


def pools(bed):
    client(bed)
    pool = PooledClient(bed.memcached(), max_pool_size=8, timeout=20)
    pool.set("n", b"0", noreply=False)
    together(8, lambda _: [pool.incr("n", 1) for _ in range(100)])
    equal("8 threads through a pool", b"800", pool.get("n"))
    hashed = HashClient([bed.memcached()], timeout=20, use_pooling=True)
    hashed.set_many({f"h{it}": b"v" for it in range(50)})
    equal("a client that hashes", 50, len(hashed.get_many([f"h{it}" for it in range(50)])))


def killed(bed):
    retrying = RetryingClient(
        Client(bed.memcached(), timeout=20), attempts=50, retry_delay=0.1, retry_for=[MemcacheUnexpectedCloseError, OSError]
    )
    retrying.set("k", b"v", noreply=False)
    bed.kill()
    bed.start()
    came = retrying.get("k")
    check(f"the same client is answered again: {came!r}", came in (b"v", None))
    equal("and writes", True, retrying.set("k", b"w", noreply=False))


def kept(bed):
    if bed.settings.get("memcached_keeps") != "yes":
        print("  memcached itself keeps nothing over a restart: not compared", flush=True)
        return
    c = client(bed)
    c.set_many({f"m{it}": str(it).encode() for it in range(300)}, noreply=False)
    bed.kill()
    bed.start()
    again = Client(bed.memcached(), timeout=20)
    equal("what was acknowledged is there", 300, len(again.get_many([f"m{it}" for it in range(300)])))
    equal("as a string of Redis", "7", bed.client().get("m7"))


TESTS = {
    "pymemcache/values": values,
    "pymemcache/cas": check_and_set,
    "pymemcache/numbers": numbers,
    "pymemcache/expiry": expiry,
    "pymemcache/pools": pools,
    "pymemcache/killed": killed,
    "pymemcache/kept": kept,
}
