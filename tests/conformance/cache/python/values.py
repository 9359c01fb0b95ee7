"""redis-py: the types of values."""

from bed import equal, refused
from redis.exceptions import ResponseError

WRONG_TYPE = "Operation against a key holding the wrong kind of value"


def strings(bed):
    r = bed.client()
    equal("set", True, r.set("s", "abc"))
    equal("get", "abc", r.get("s"))
    equal("get of nothing", None, r.get("none"))
    equal("set nx of a key that is there", None, r.set("s", "x", nx=True))
    equal("set xx get", "abc", r.set("s", "abcd", xx=True, get=True))
    equal("append", 6, r.append("s", "ef"))
    equal("strlen", 6, r.strlen("s"))
    equal("getrange", "bcd", r.getrange("s", 1, 3))
    equal("setrange", 6, r.setrange("s", 1, "BC"))
    equal("getset", "aBCdef", r.getset("s", "7"))
    equal("incr", 8, r.incr("s"))
    equal("decrby", 3, r.decrby("s", 5))
    equal("incrbyfloat", 4.5, r.incrbyfloat("s", 1.5))
    equal("mset", True, r.mset({"a": 1, "b": 2}))
    equal("msetnx", False, r.msetnx({"a": 3, "c": 3}))
    equal("mget", ["1", "2", None], r.mget("a", "b", "c"))
    equal("getdel", "1", r.getdel("a"))
    equal("getdel removed it", 0, r.exists("a"))
    r.mset({"ohmy": "ohmytext", "mine": "mynewtext"})
    equal("lcs", "mytext", r.lcs("ohmy", "mine"))
    raw = bed.client(decode_responses=False)
    value = bytes(range(256)) * 40
    raw.set("raw", value)
    equal("all bytes come back", value, raw.get("raw"))


def lists(bed):
    r = bed.client()
    equal("rpush", 3, r.rpush("l", "a", "b", "c"))
    equal("lpush", 4, r.lpush("l", "z"))
    equal("lrange", ["z", "a", "b", "c"], r.lrange("l", 0, -1))
    equal("lindex", "c", r.lindex("l", -1))
    equal("linsert", 5, r.linsert("l", "BEFORE", "b", "x"))
    equal("lpos", 2, r.lpos("l", "x"))
    equal("lset", True, r.lset("l", 0, "y"))
    equal("lrem", 1, r.lrem("l", 1, "x"))
    equal("ltrim", True, r.ltrim("l", 0, 2))
    equal("lpop of two", ["y", "a"], r.lpop("l", 2))
    equal("rpop", "b", r.rpop("l"))
    equal("an empty list is gone", 0, r.exists("l"))
    equal("lpushx of nothing", 0, r.lpushx("l", "a"))
    r.rpush("from", 1, 2, 3)
    equal("lmove", "3", r.lmove("from", "to", "RIGHT", "LEFT"))
    equal("lmpop", ["from", ["1"]], list(r.lmpop(2, "none", "from", direction="LEFT", count=1)))
    equal("llen", 1, r.llen("to"))


def sets(bed):
    r = bed.client()
    equal("sadd", 3, r.sadd("a", 1, 2, 3))
    r.sadd("b", 3, 4)
    equal("smembers", {"1", "2", "3"}, set(r.smembers("a")))
    equal("sismember", 1, r.sismember("a", 2))
    equal("smismember", [1, 0], [int(it) for it in r.smismember("a", [1, 9])])
    equal("sinter", {"3"}, set(r.sinter("a", "b")))
    equal("sunion", {"1", "2", "3", "4"}, set(r.sunion("a", "b")))
    equal("sdiff", {"1", "2"}, set(r.sdiff("a", "b")))
    equal("sinterstore", 1, r.sinterstore("c", "a", "b"))
    equal("sintercard", 1, r.sintercard(2, ["a", "b"]))
    equal("smove", 1, int(r.smove("a", "b", 1)))
    equal("srem", 1, r.srem("a", 2, 9))
    equal("scard", 1, r.scard("a"))
    equal("spop", "3", r.spop("a"))
    r.sadd("words", "x", "y")
    equal("srandmember", {"x", "y"}, set(r.srandmember("words", 5)))


def sorted_sets(bed):
    r = bed.client()
    pairs = lambda came: [tuple(it) for it in came]
    equal("zadd", 3, r.zadd("z", {"a": 1, "b": 2.5, "c": 3}))
    equal("zadd ch", 1, r.zadd("z", {"a": 1.5}, ch=True))
    equal("zscore", 2.5, r.zscore("z", "b"))
    equal("zmscore", [1.5, None], r.zmscore("z", ["a", "none"]))
    equal("zrange with scores", [("a", 1.5), ("b", 2.5), ("c", 3.0)], pairs(r.zrange("z", 0, -1, withscores=True)))
    equal("zrevrange", ["c", "b"], r.zrevrange("z", 0, 1))
    equal("zrangebyscore", ["b", "c"], r.zrangebyscore("z", "(1.5", "+inf"))
    equal("zincrby", 4.5, r.zincrby("z", 3, "a"))
    equal("zrank", 2, r.zrank("z", "a"))
    equal("zrevrank", 0, r.zrevrank("z", "a"))
    equal("zcount", 2, r.zcount("z", 2, 3))
    equal("zpopmin", [("b", 2.5)], pairs(r.zpopmin("z", 1)))
    equal("zpopmax", [("a", 4.5)], pairs(r.zpopmax("z", 1)))
    r.zadd("x", {"a": 1, "b": 2})
    r.zadd("y", {"b": 10, "c": 20})
    equal("zunionstore", 3, r.zunionstore("u", {"x": 2, "y": 1}))
    equal("zunion", [("a", 2.0), ("b", 14.0), ("c", 20.0)], pairs(r.zrange("u", 0, -1, withscores=True)))
    equal("zinter", ["b"], r.zinter(["x", "y"]))
    equal("zdiff", ["a"], r.zdiff(["x", "y"]))
    equal("zremrangebyscore", 2, r.zremrangebyscore("u", 0, 14))
    r.zadd("lex", {"a": 0, "b": 0, "c": 0})
    equal("zrangebylex", ["b", "c"], r.zrangebylex("lex", "(a", "+"))
    equal("zlexcount", 3, r.zlexcount("lex", "-", "+"))
    equal("infinity", float("inf"), (r.zadd("lex", {"z": "inf"}), r.zscore("lex", "z"))[1])


def hashes(bed):
    r = bed.client()
    equal("hset", 2, r.hset("h", mapping={"a": 1, "b": 2}))
    equal("hget", "1", r.hget("h", "a"))
    equal("hmget", ["1", None], r.hmget("h", "a", "none"))
    equal("hgetall", {"a": "1", "b": "2"}, r.hgetall("h"))
    equal("hincrby", 6, r.hincrby("h", "a", 5))
    equal("hincrbyfloat", 2.5, r.hincrbyfloat("h", "b", 0.5))
    equal("hsetnx", 0, int(r.hsetnx("h", "a", 1)))
    equal("hexists", True, bool(r.hexists("h", "a")))
    equal("hkeys", ["a", "b"], sorted(r.hkeys("h")))
    equal("hvals", ["2.5", "6"], sorted(r.hvals("h")))
    equal("hstrlen", 1, r.hstrlen("h", "a"))
    equal("hrandfield", {"a", "b"}, set(r.hrandfield("h", 2)))
    equal("hdel", 1, r.hdel("h", "a"))
    equal("hlen", 1, r.hlen("h"))
    r.hset("big", mapping={f"field{it}": "v" * 100 for it in range(1000)})
    equal("a large hash", 1000, len(r.hgetall("big")))


def streams(bed):
    r = bed.client()
    first = r.xadd("x", {"n": 1}, id="1-1")
    equal("xadd", "1-1", first)
    r.xadd("x", {"n": 2}, id="2-1")
    equal("xlen", 2, r.xlen("x"))
    entries = [("1-1", {"n": "1"}), ("2-1", {"n": "2"})]
    equal("xrange", entries, [tuple(it) for it in r.xrange("x")])
    equal("xrevrange", entries[::-1], [tuple(it) for it in r.xrevrange("x")])
    equal("xgroup create", True, r.xgroup_create("x", "g", "0"))
    refused(
        "the same group again", ResponseError, "BUSYGROUP Consumer Group name already exists", lambda: r.xgroup_create("x", "g")
    )
    check_read("xreadgroup", entries, r.xreadgroup("g", "c", {"x": ">"}))
    equal("xack", 1, r.xack("x", "g", "1-1"))
    equal("xpending", 1, r.xpending("x", "g")["pending"])
    claimed = r.xautoclaim("x", "g", "d", 0)
    equal("xautoclaim", [("2-1", {"n": "2"})], [tuple(it) for it in claimed[1]])
    equal("xpending of a consumer", "d", r.xpending_range("x", "g", "-", "+", 10)[0]["consumer"])
    equal("xinfo stream", 2, r.xinfo_stream("x")["length"])
    equal("xinfo groups", "g", r.xinfo_groups("x")[0]["name"])
    equal("xinfo consumers", {"c", "d"}, {it["name"] for it in r.xinfo_consumers("x", "g")})
    equal("xdel", 1, r.xdel("x", "1-1"))
    equal("xtrim", 1, r.xtrim("x", maxlen=0, approximate=False))


def check_read(what, entries, came):
    """XREAD's reply is a list in RESP2, and a map in RESP3."""
    if isinstance(came, dict):
        batch = came["x"]
        batch = batch[0] if len(batch) == 1 else batch
    else:
        batch = came[0][1]
    equal(what, entries, [tuple(it) for it in batch])


def bits(bed):
    r = bed.client()
    equal("setbit", 0, r.setbit("b", 7, 1))
    equal("getbit", 1, r.getbit("b", 7))
    equal("bitcount", 1, r.bitcount("b"))
    equal("bitpos", 7, r.bitpos("b", 1))
    r.set("c", "\x03")
    equal("bitop", 1, r.bitop("AND", "d", "b", "c"))
    equal("its result", "\x01", r.get("d"))
    field = r.bitfield("f").set("u8", 0, 255).incrby("u8", 0, 10).get("u4", 0).execute()
    equal("bitfield", [0, 9, 0], field)
    equal("bitfield overflow", [255], r.bitfield("g", "SAT").incrby("u8", 0, 300).execute())


def counters(bed):
    r = bed.client()
    equal("pfadd", 1, r.pfadd("p", *range(1000)))
    equal("pfcount is near", True, abs(r.pfcount("p") - 1000) < 30)
    r.pfadd("q", *range(500, 1500))
    equal("pfmerge", True, r.pfmerge("pq", "p", "q"))
    equal("pfcount of both", True, abs(r.pfcount("pq") - 1500) < 45)


def geo(bed):
    r = bed.client()
    places = (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania")
    equal("geoadd", 2, r.geoadd("g", places))
    equal("geodist", 166.2742, r.geodist("g", "Palermo", "Catania", "km"))
    equal("geohash", ["sqc8b49rny0"], r.geohash("g", "Palermo"))
    equal("geopos", 13.36, round(r.geopos("g", "Palermo")[0][0], 2))
    found = r.geosearch("g", longitude=15, latitude=37, radius=200, unit="km", sort="ASC")
    equal("geosearch", ["Catania", "Palermo"], found)


def wrong_types(bed):
    r = bed.client()
    r.set("s", "abc")
    for what, attempt in {
        "lpush of a string": lambda: r.lpush("s", 1),
        "hget of a string": lambda: r.hget("s", "f"),
        "zadd of a string": lambda: r.zadd("s", {"a": 1}),
        "xadd of a string": lambda: r.xadd("s", {"a": 1}),
    }.items():
        refused(what, ResponseError, f"WRONGTYPE {WRONG_TYPE}", attempt)
    refused("incr of letters", ResponseError, "value is not an integer or out of range", lambda: r.incr("s"))


TESTS = {
    "strings": strings,
    "lists": lists,
    "sets": sets,
    "sorted-sets": sorted_sets,
    "hashes": hashes,
    "streams": streams,
    "bits": bits,
    "hyperloglogs": counters,
    "geo": geo,
    "wrong-types": wrong_types,
}
