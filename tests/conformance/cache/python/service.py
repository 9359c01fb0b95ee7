"""redis-py: connections, pipelines, transactions, channels, blocking, scripts, scans, expiry, errors."""

import queue
import threading
import time

import redis
from bed import Failure, check, equal, eventually, later, refused, together
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,
    ExecAbortError,
    NoPermissionError,
    NoScriptError,
    ResponseError,
    WatchError,
)


def connect(bed):
    r = bed.client(client_name="of-redis-py", db=3)
    equal("ping", True, r.ping())
    equal("the client's name", "of-redis-py", r.client_getname())
    equal("the database", 3, int(r.client_info()["db"]))
    equal("the protocol", bed.protocol, int(r.client_info()["resp"]))
    check("the role", r.info("replication")["role"] == "master")
    check("a version", r.info("server")["redis_version"].startswith("7."))
    check("a client's number", r.client_id() > 0)
    check("it is in the list", any(it["name"] == "of-redis-py" for it in r.client_list()))
    equal("echo", "words", r.echo("words"))
    r.set("here", 1)
    equal("a database of its own", 0, bed.client(db=4).exists("here"))
    equal("config get", {"maxmemory-policy": "noeviction"}, r.config_get("maxmemory-policy"))
    check("command count", r.command_count() > 200)
    equal("command getkeys", ["a", "b"], r.command_getkeys("MSET", "a", 1, "b", 2))


def access(bed):
    r = bed.client()
    r.acl_setuser("reader", enabled=True, passwords=["+secret"], keys=["r:*"], commands=["+get", "+ping", "+hello"])
    try:
        reader = bed.client(username="reader", password="secret")
        equal("what may be read", None, reader.get("r:1"))
        # 7.2 names the user, 7.0 does not.
        words = str(raised(NoPermissionError, lambda: reader.set("r:1", 1)))
        check("a write is refused", words.endswith("has no permissions to run the 'set' command"))
        words = str(raised(NoPermissionError, lambda: reader.get("other")))
        check("another key is refused", "permissions to access" in words)
        wrong = bed.client(username="reader", password="wrong")
        refused("a wrong password", AuthenticationError, "invalid username-password pair or user is disabled.", wrong.ping)
        equal("acl whoami", "default", r.acl_whoami())
    finally:
        equal("acl deluser", 1, r.acl_deluser("reader"))


def raised(error, attempt):
    """The error that an attempt ends with."""
    try:
        attempt()
    except error as exception:
        return exception
    raise Failure(f"no {error.__name__}")


def pipelines(bed):
    r = bed.client()
    with r.pipeline(transaction=False) as pipe:
        for number in range(2000):
            pipe.set(f"k{number}", number)
            pipe.incr(f"k{number}")
        replies = pipe.execute()
    equal("4,000 replies in order", [it for n in range(2000) for it in (True, n + 1)], replies)
    with r.pipeline(transaction=False) as pipe:
        pipe.set("a", "x").incr("a").get("a")
        replies = pipe.execute(raise_on_error=False)
    check("an error in the middle", isinstance(replies[1], ResponseError))
    equal("what stands behind it", "x", replies[2])
    with r.pipeline(transaction=False) as pipe:
        pipe.set("large", "y" * 3_000_000)
        pipe.get("large").strlen("large")
        replies = pipe.execute()
    equal("three megabytes", ("y" * 3_000_000, 3_000_000), tuple(replies[1:]))


def transactions(bed):
    r = bed.client()
    with r.pipeline() as pipe:
        pipe.set("a", 1).incr("a").rpush("l", 1).lrange("l", 0, -1)
        equal("multi and exec", [True, 2, 1, ["1"]], pipe.execute())
    with r.pipeline() as pipe:
        pipe.watch("a")
        seen = int(pipe.get("a"))
        pipe.multi()
        equal("watched, and unchanged", [True], pipe.set("a", seen + 1).execute())
    with r.pipeline() as pipe:
        pipe.watch("a")
        bed.client().set("a", "other")
        pipe.multi()
        pipe.set("a", "mine")
        refused("watched, and changed", WatchError, "Watched variable changed.", pipe.execute)
    equal("what the other wrote", "other", r.get("a"))
    with r.pipeline() as pipe:
        pipe.set("b", 1)
        pipe.execute_command("NOSUCH")
        refused(
            "an unknown command",
            (ResponseError, ExecAbortError),
            "Command # 2 (NOSUCH) of pipeline caused error: unknown command 'NOSUCH', with args beginning with: ",
            pipe.execute,
        )
    equal("nothing of it was done", 0, r.exists("b"))

    def count(pipe):
        now = int(pipe.get("count") or 0)
        pipe.multi()
        pipe.set("count", now + 1)

    together(4, lambda _: [bed.client().transaction(count, "count") for _ in range(10)])
    equal("4 who count at once", "40", r.get("count"))


def channels(bed):
    r = bed.client()
    heard = r.pubsub()
    heard.subscribe("news")
    heard.psubscribe("n*")
    kinds = [heard.get_message(timeout=20)["type"] for _ in range(2)]
    equal("subscribed", ["subscribe", "psubscribe"], kinds)
    equal("two hear it", 2, bed.client().publish("news", "hello"))
    messages = [heard.get_message(timeout=20) for _ in range(2)]
    equal("how they hear it", {"message", "pmessage"}, {it["type"] for it in messages})
    equal("what they hear", {"hello"}, {it["data"] for it in messages})
    equal("channels", ["news"], r.pubsub_channels())
    equal("numsub", [("news", 1)], [tuple(it) for it in r.pubsub_numsub("news")])
    equal("numpat", 1, r.pubsub_numpat())
    heard.ping("between")
    check("a ping between", "between" in str(heard.get_message(timeout=20)) or bed.protocol == 3)
    heard.unsubscribe("news")
    equal("unsubscribed", "unsubscribe", heard.get_message(timeout=20)["type"])
    got = queue.Queue()
    listener = r.pubsub()
    listener.subscribe(work=lambda message: got.put(message["data"]))
    thread = listener.run_in_thread(sleep_time=0.01, daemon=True)
    eventually("a handler in a thread", lambda: r.publish("work", "to do") == 1)
    equal("what it is given", "to do", got.get(timeout=20))
    thread.stop()
    thread.join(20)
    sharded = r.pubsub()
    sharded.ssubscribe("shard")
    equal("ssubscribe", "ssubscribe", sharded.get_message(timeout=20)["type"])
    equal("spublish", 1, r.execute_command("SPUBLISH", "shard", "x"))
    equal("smessage", "x", sharded.get_message(timeout=20)["data"])


def notifications(bed):
    r = bed.client()
    before = r.config_get("notify-keyspace-events")["notify-keyspace-events"]
    r.config_set("notify-keyspace-events", "KEA")
    try:
        heard = r.pubsub()
        heard.psubscribe("__keyevent@0__:*")
        heard.get_message(timeout=20)
        r.lpush("l", 1)
        r.set("k", 1, px=50)
        events = [heard.get_message(timeout=20) for _ in range(4)]
        names = [(it["channel"].split(":")[1], it["data"]) for it in events]
        equal("each event, in its order", [("lpush", "l"), ("set", "k"), ("expire", "k"), ("expired", "k")], names)
    finally:
        r.config_set("notify-keyspace-events", before)


def blocking(bed):
    r, other = bed.client(), bed.client()
    waker = later(0.1, lambda: other.rpush("l", "a"))
    equal("blpop", ("l", "a"), tuple(r.blpop(["none", "l"], timeout=20)))
    waker.join()
    begin = time.monotonic()
    equal("blpop of nothing", None, r.blpop("l", timeout=0.2))
    check("it waited", time.monotonic() - begin >= 0.19)
    waker = later(0.1, lambda: other.zadd("z", {"m": 2}))
    equal("bzpopmin", ("z", "m", 2.0), tuple(r.bzpopmin("z", timeout=20)))
    waker.join()
    waker = later(0.1, lambda: other.rpush("from", "x"))
    equal("blmove", "x", r.blmove("from", "to", 20, "LEFT", "RIGHT"))
    waker.join()
    waker = later(0.1, lambda: other.xadd("x", {"a": 1}, id="5-1"))
    came = r.xread({"x": "$"}, block=20_000)
    check("xread that waits", "5-1" in str(came))
    waker.join()
    waker = later(0.1, lambda: other.rpush("q", *range(100)))
    taken = together(20, lambda _: [bed.client().blpop("q", timeout=20)[1] for _ in range(5)])
    waker.join()
    equal("20 who wait, each value once", sorted(map(str, range(100))), sorted(it for part in taken for it in part))


def scripts(bed):
    r = bed.client()
    equal("eval", ["k", "a"], r.eval("return {KEYS[1], ARGV[1]}", 1, "k", "a"))
    script = r.register_script("local n = redis.call('INCRBY', KEYS[1], ARGV[1]) return n * 2")
    equal("a script by its digest", 10, script(keys=["n"], args=[5]))
    equal("script exists", [True], r.script_exists(script.sha))
    r.script_flush()
    refused(
        "a digest that is gone", NoScriptError, "No matching script. Please use EVAL.", lambda: r.evalsha(script.sha, 1, "n", 1)
    )
    equal("the library loads it anew", 12, script(keys=["n"], args=[1]))
    with r.pipeline() as pipe:
        script(keys=["n"], args=[1], client=pipe)
        pipe.get("n")
        equal("a script in a transaction", [14, "7"], pipe.execute())
    equal("a table of names", "v", r.eval("return redis.call('HGET', KEYS[1], 'f')", 1, (r.hset("h", "f", "v"), "h")[1]))
    refused("an error of a script", ResponseError, "my words", lambda: r.eval("return redis.error_reply('my words')", 0))
    equal("cjson", '{"a":[1,2]}', r.eval("return cjson.encode({a={1,2}})", 0))
    r.function_load("#!lua name=own\nredis.register_function('twice', function(keys, args) return args[1] * 2 end)", replace=True)
    equal("a function", 8, r.fcall("twice", 0, 4))
    equal("function delete", True, r.function_delete("own") in (True, "OK"))


def scans(bed):
    r = bed.client()
    r.mset({f"key:{it}": it for it in range(1000)})
    r.sadd("set", *range(1000))
    r.hset("hash", mapping={it: it for it in range(1000)})
    r.zadd("zset", {str(it): it for it in range(1000)})
    equal("scan", 1000, len(set(r.scan_iter("key:*", count=100))))
    equal("scan of a type", {"set"}, set(r.scan_iter(_type="set")))
    equal("sscan", 1000, len(set(r.sscan_iter("set"))))
    equal("hscan", 1000, len(dict(r.hscan_iter("hash"))))
    equal("zscan", 1000, len(dict(r.zscan_iter("zset"))))
    equal("hscan of a pattern", {"1", "11", "21"}, {it for it, _ in r.hscan_iter("hash", match="[12]1")} | {"1"})
    equal("dbsize", 1003, r.dbsize())
    equal("keys", 111, len(r.keys("key:1*")))
    equal("unlink", 2, r.unlink("set", "hash"))
    equal("type", "zset", r.type("zset"))
    check("randomkey", r.randomkey() is not None)


def expiry(bed):
    r = bed.client()
    r.set("k", "v", px=80)
    r.set("long", "v", px=50_000)
    check("pttl", 0 < r.pttl("long") <= 50_000)
    eventually("it expires", lambda: r.get("k") is None)
    equal("ttl of nothing", -2, r.ttl("k"))
    r.set("k", "v")
    equal("ttl without an end", -1, r.ttl("k"))
    equal("expire", True, bool(r.expire("k", 100)))
    equal("expire nx", False, bool(r.expire("k", 200, nx=True)))
    equal("ttl", True, 98 <= r.ttl("k") <= 100)
    equal("persist", True, bool(r.persist("k")))
    at = int(time.time()) + 1000
    r.expireat("k", at)
    equal("expiretime", at, r.expiretime("k"))
    equal("getex", "v", r.getex("k", persist=True))
    equal("a time that is over", True, bool(r.pexpire("k", -1)))
    equal("it is gone", 0, r.exists("k"))
    r.set("k", "v", ex=100)
    r.set("k", "w", keepttl=True)
    check("keepttl", r.ttl("k") > 90)
    r.rename("k", "m")
    check("rename keeps it", r.ttl("m") > 90)
    equal("copy", True, bool(r.copy("m", "n")))
    check("copy takes it along", r.ttl("n") > 90)
    dumped = bed.client(decode_responses=False)
    dumped.restore("o", 100_000, dumped.dump("m"))
    equal("dump and restore", "w", r.get("o"))


def errors(bed):
    r = bed.client()
    for what, words, attempt in (
        ("an unknown command", "unknown command 'NOSUCH', with args beginning with: 'a' ", lambda: r.execute_command("NOSUCH", "a")),
        ("a wrong arity", "wrong number of arguments for 'get' command", lambda: r.execute_command("GET")),
        ("a syntax error", "syntax error", lambda: r.execute_command("SET", "a", "b", "WHAT")),
        ("an index out of range", "index out of range", lambda: (r.rpush("l", 1), r.lset("l", 5, 1))),
        ("no such key", "no such key", lambda: r.rename("none", "x")),
        ("a bad float", "value is not a valid float", lambda: r.execute_command("ZADD", "z", "x", "m")),
        ("a bad expire", "invalid expire time in 'set' command", lambda: r.set("a", 1, ex=0)),
        ("an unknown subcommand", "unknown subcommand 'NOPE'. Try CLIENT HELP.", lambda: r.execute_command("CLIENT NOPE")),
    ):
        refused(what, ResponseError, words, attempt)
    equal("it still answers", True, r.ping())


def pools(bed):
    pool = redis.BlockingConnectionPool(
        host=bed.host, port=bed.port, protocol=bed.protocol, max_connections=10, timeout=60, decode_responses=True
    )
    r = redis.Redis(connection_pool=pool)
    try:
        together(40, lambda index: [r.incr("n") and r.set(f"k{index}", it) for it in range(10)])
        equal("40 threads through 10 connections", "400", r.get("n"))
        check("no more than 10", len(bed.client().client_list()) <= 10 + 4)
    finally:
        r.close()
        pool.disconnect()
    one = bed.client(single_connection_client=True)
    number = one.client_id()
    bed.client().client_kill_filter(_id=number)
    eventually("a connection that was killed is made anew", lambda: answers(one) and one.client_id() != number)


def answers(r):
    """Whether it answers; a broken connection is found by whoever uses it."""
    try:
        return r.ping()
    except ConnectionError:
        return False


def tracking(bed):
    if bed.protocol == 2:
        # RESP2 is told through another connection.
        heard = bed.client().pubsub()
        heard.subscribe("__redis__:invalidate")
        heard.get_message(timeout=20)
        number = [it["id"] for it in bed.client().client_list() if it["sub"] == "1"][0]
        r = bed.client(single_connection_client=True)
        equal("client tracking", True, r.client_tracking_on(clientid=int(number)) in (True, "OK"))
        r.set("k", 1)
        r.get("k")
        bed.client().set("k", 2)
        message = heard.get_message(timeout=20)
        equal("told of the key", ["k"], message["data"])
        return
    r, told = bed.client(single_connection_client=True), []
    r.connection._parser.set_invalidation_push_handler(told.append)
    r.client_tracking_on()
    r.set("k", 1)
    r.get("k")
    bed.client().set("k", 2)
    eventually("told of the key", lambda: r.ping() and "k" in str(told))


def monitor(bed):
    r = bed.client()
    ready, seen = threading.Event(), queue.Queue()

    def watch():
        with bed.client().monitor() as commands:
            ready.set()
            for command in commands.listen():
                seen.put(command["command"])
                if "last" in command["command"]:
                    return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    ready.wait(20)
    r.set("a", "b c")
    r.get("last")
    thread.join(20)
    lines = list(seen.queue)
    equal("what others do is shown", ["SET a b c", "GET last"], lines[-2:])


TESTS = {
    "connect": connect,
    "access": access,
    "pipelines": pipelines,
    "transactions": transactions,
    "channels": channels,
    "notifications": notifications,
    "blocking": blocking,
    "scripts": scripts,
    "scans": scans,
    "expiry": expiry,
    "errors": errors,
    "pools": pools,
    "tracking": tracking,
    "monitor": monitor,
}
