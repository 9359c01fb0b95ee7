"""redis-py: `kill -9` of the server, which keeps every write before it acknowledges it."""

import threading

from bed import PATIENCE_S, check, equal, eventually
from redis.exceptions import ConnectionError, TimeoutError

# How many writers there are, and how many writes are acknowledged before the server dies.
WRITERS = 8
WRITES_BEFORE = 150


def nothing_lost(bed):
    """What was acknowledged while the server died is there afterwards."""
    acknowledged, stop = [], threading.Event()

    def write(writer):
        r = bed.client()
        number = 0
        while not stop.is_set():
            number += 1
            key = f"w{writer}:{number}"
            try:
                r.set(key, number)
                acknowledged.append(key)
            except (ConnectionError, TimeoutError):
                pass

    threads = [threading.Thread(target=write, args=(it,), daemon=True) for it in range(WRITERS)]
    for thread in threads:
        thread.start()
    eventually("writes are acknowledged", lambda: len(acknowledged) >= WRITES_BEFORE)
    bed.kill()
    before = len(acknowledged)
    bed.start()
    eventually("the same clients write again", lambda: len(acknowledged) >= before + WRITES_BEFORE)
    stop.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    r = bed.client()
    lost = [key for key in acknowledged if not r.exists(key)]
    equal("no acknowledged write is lost", [], lost)


def types_kept(bed):
    """Every type, an expiry and a group of consumers are as they were."""
    r = bed.client()
    r.set("s", "v", ex=1000)
    r.rpush("l", *range(500))
    r.sadd("set", *range(200), "x")
    r.hset("h", mapping={f"f{it}": it for it in range(200)})
    r.zadd("z", {f"m{it}": it / 3 for it in range(200)})
    r.xadd("x", {"a": 1}, id="1-1")
    r.xgroup_create("x", "g", "0")
    r.xreadgroup("g", "c", {"x": ">"})
    r.setbit("bits", 1000, 1)
    r.pfadd("p", *range(100))
    r.function_load("#!lua name=kept\nredis.register_function('kept', function() return 'kept' end)", replace=True)
    names = ["s", "l", "set", "h", "z", "x", "bits", "p"]
    raw = bed.client(decode_responses=False)
    seen = lambda: {
        "types": [r.type(name) for name in names],
        "list": r.lrange("l", 0, -1),
        "set": set(r.smembers("set")),
        "hash": r.hgetall("h"),
        "zset": [tuple(it) for it in r.zrange("z", 0, -1, withscores=True)],
        "pending": r.xpending("x", "g"),
        "bits": raw.get("bits"),
        "count": r.pfcount("p"),
        "expires": r.expiretime("s"),
        "function": r.fcall("kept", 0),
    }
    before = seen()
    bed.kill()
    bed.start()
    eventually("the same client is answered again", lambda: answers(r))
    after = seen()
    for what, value in before.items():
        equal(f"after kill -9: {what}", value, after[what])
    r.function_delete("kept")


def waiting_ends(bed):
    """Who waits for a list's value when the server dies hears of it, and can wait again."""
    r = bed.client()
    told = []

    def wait():
        try:
            told.append(r.blpop("l", timeout=60))
        except (ConnectionError, TimeoutError) as error:
            told.append(error)

    heard = bed.client().pubsub()
    heard.subscribe("news")
    equal("subscribed", "subscribe", heard.get_message(timeout=PATIENCE_S)["type"])
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    other = bed.client()
    eventually("it waits", lambda: any(it["cmd"] == "blpop" for it in other.client_list()))
    bed.kill()
    bed.start()
    eventually("the server answers", lambda: answers(other))
    eventually("who waited failed, or waits again", lambda: told or waits(other))
    if not told:
        other.rpush("l", "late")
        thread.join(PATIENCE_S)
        check("who waited is given the value", told and tuple(told[0]) == ("l", "late"))
    eventually("the subscriber is there again", lambda: hears(heard, other))


def waits(r):
    """Whether somebody waits for a list."""
    return any(it["cmd"] == "blpop" for it in r.client_list())


def hears(heard, other):
    """Whether a subscriber, which subscribes anew when it finds its connection broken, is given a message."""
    try:
        heard.get_message(timeout=0.05)
        other.publish("news", "again")
        message = heard.get_message(timeout=1)
        return message is not None and message["data"] == "again"
    except (ConnectionError, TimeoutError):
        return False


def answers(r):
    """Whether it answers."""
    try:
        return r.ping()
    except (ConnectionError, TimeoutError):
        return False


TESTS = {
    "killed/nothing-lost": nothing_lost,
    "killed/types-kept": types_kept,
    "killed/waiting": waiting_ends,
}
