package dev.synod.conformance.cache;

import static dev.synod.conformance.cache.Check.equal;
import static dev.synod.conformance.cache.Check.eventually;
import static dev.synod.conformance.cache.Check.later;
import static dev.synod.conformance.cache.Check.refused;
import static dev.synod.conformance.cache.Check.that;
import static dev.synod.conformance.cache.Check.together;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPooled;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.args.ListDirection;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.params.XAddParams;
import redis.clients.jedis.params.XReadGroupParams;
import redis.clients.jedis.resps.Tuple;

/** Jedis: one connection, and its pool. */
final class JedisTests {
    private static final int TIMEOUT_MS = 20_000;
    private static final String WRONG_TYPE = "WRONGTYPE Operation against a key holding the wrong kind of value";

    private JedisTests() {}

    /** A test of one protocol. */
    private interface OfProtocol {
        void run(Bed bed, RedisProtocol protocol) throws Exception;
    }

    static void addTo(Map<String, Test> tests) {
        for (RedisProtocol protocol : RedisProtocol.values()) {
            String prefix = "jedis/resp" + protocol.version() + "/";
            add(tests, prefix + "connect", protocol, JedisTests::connect);
            add(tests, prefix + "values", protocol, JedisTests::values);
            add(tests, prefix + "streams", protocol, JedisTests::streams);
            add(tests, prefix + "pipelines", protocol, JedisTests::pipelines);
            add(tests, prefix + "transactions", protocol, JedisTests::transactions);
            add(tests, prefix + "channels", protocol, JedisTests::channels);
            add(tests, prefix + "blocking", protocol, JedisTests::blocking);
            add(tests, prefix + "scripts", protocol, JedisTests::scripts);
            add(tests, prefix + "scans", protocol, JedisTests::scans);
            add(tests, prefix + "expiry", protocol, JedisTests::expiry);
            add(tests, prefix + "errors", protocol, JedisTests::errors);
            add(tests, prefix + "pools", protocol, JedisTests::pools);
            add(tests, prefix + "killed/nothing-lost", protocol, JedisTests::nothingLost);
        }
    }

    private static void add(Map<String, Test> tests, String name, RedisProtocol protocol, OfProtocol test) {
        tests.put(name, bed -> test.run(bed, protocol));
    }

    static void empty(Bed bed) {
        try (var jedis = new Jedis(bed.host(), bed.port(), TIMEOUT_MS)) {
            jedis.flushAll();
        }
    }

    private static DefaultJedisClientConfig.Builder config(RedisProtocol protocol) {
        return DefaultJedisClientConfig.builder().protocol(protocol).timeoutMillis(TIMEOUT_MS);
    }

    private static Jedis client(Bed bed, RedisProtocol protocol) {
        return bed.ending(new Jedis(new HostAndPort(bed.host(), bed.port()), config(protocol).build()));
    }

    private static JedisPooled pool(Bed bed, RedisProtocol protocol) {
        return bed.ending(new JedisPooled(new HostAndPort(bed.host(), bed.port()), config(protocol).build()));
    }

    private static void connect(Bed bed, RedisProtocol protocol) {
        var config = config(protocol).clientName("of-jedis").database(7).build();
        var jedis = bed.ending(new Jedis(new HostAndPort(bed.host(), bed.port()), config));
        equal("ping", "PONG", jedis.ping());
        equal("the client's name", "of-jedis", jedis.clientGetname());
        String info = jedis.clientInfo();
        that("the database and the protocol", info.contains(" db=7 ") && info.contains(" resp=" + protocol.version()));
        that("a version", jedis.info("server").contains("redis_version:7."));
        equal("config get", Map.of("maxmemory-policy", "noeviction"), jedis.configGet("maxmemory-policy"));
        jedis.aclSetUser("jed", "on", ">secret", "~*", "+@read", "+@connection");
        var reader = new Jedis(
                new HostAndPort(bed.host(), bed.port()), config(protocol).user("jed").password("secret").build());
        equal("a user of its own", null, bed.ending(reader).get("a"));
        jedis.aclDelUser("jed");
    }

    private static void values(Bed bed, RedisProtocol protocol) {
        var r = client(bed, protocol);
        equal("set", "OK", r.set("s", "abc"));
        equal("set nx", null, r.set("s", "x", SetParams.setParams().nx()));
        equal("get", "abc", r.get("s"));
        equal("append", 6L, r.append("s", "def"));
        equal("getrange", "bcd", r.getrange("s", 1, 3));
        equal("incrByFloat", 1.5, r.incrByFloat("f", 1.5));
        equal("mget", Arrays.asList("abcdef", null), r.mget("s", "none"));
        byte[] all = new byte[10_000];
        for (int index = 0; index < all.length; index++) {
            all[index] = (byte) index;
        }
        r.set("raw".getBytes(), all);
        that("all bytes come back", Arrays.equals(all, r.get("raw".getBytes())));
        equal("rpush", 3L, r.rpush("l", "1", "2", "3"));
        equal("lrange", List.of("1", "2", "3"), r.lrange("l", 0, -1));
        equal("lmove", "3", r.lmove("l", "m", ListDirection.RIGHT, ListDirection.LEFT));
        equal("lmpop", List.of("1"), r.lmpop(ListDirection.LEFT, "none", "l").getValue());
        equal("sadd", 2L, r.sadd("set", "a", "b"));
        equal("smembers", Set.of("a", "b"), r.smembers("set"));
        equal("smismember", List.of(true, false), r.smismember("set", "a", "c"));
        equal("zadd", 2L, r.zadd("z", Map.of("a", 1.5, "b", 2.0)));
        equal("zscore", 1.5, r.zscore("z", "a"));
        equal("zrange with scores", List.of(new Tuple("a", 1.5), new Tuple("b", 2.0)), r.zrangeWithScores("z", 0, -1));
        equal("zpopmin", new Tuple("a", 1.5), r.zpopmin("z"));
        equal("hset", 2L, r.hset("h", Map.of("a", "1", "b", "2")));
        equal("hgetAll", Map.of("a", "1", "b", "2"), r.hgetAll("h"));
        equal("hincrBy", 6L, r.hincrBy("h", "a", 5));
        equal("setbit", false, r.setbit("bits", 9, true));
        equal("bitcount", 1L, r.bitcount("bits"));
        equal("bitfield", List.of(0L, 9L), r.bitfield("bf", "SET", "u8", "0", "255", "INCRBY", "u8", "0", "10"));
        r.pfadd("p", "1", "2", "3");
        equal("pfcount", 3L, r.pfcount("p"));
        r.geoadd("g", 13.361389, 38.115556, "Palermo");
        r.geoadd("g", 15.087269, 37.502669, "Catania");
        equal("geodist", 166274.1516, r.geodist("g", "Palermo", "Catania"));
        equal("type", "zset", r.type("g"));
        equal("object encoding", "embstr", r.objectEncoding("s").replace("raw", "embstr"));
    }

    private static void streams(Bed bed, RedisProtocol protocol) {
        var r = client(bed, protocol);
        var first = r.xadd("x", XAddParams.xAddParams().id("1-1"), Map.of("a", "b"));
        equal("xadd", new StreamEntryID("1-1"), first);
        equal("xgroupCreate", "OK", r.xgroupCreate("x", "g", new StreamEntryID("0-0"), false));
        var read = r.xreadGroup("g", "c", new XReadGroupParams(), Map.of("x", StreamEntryID.XREADGROUP_UNDELIVERED_ENTRY));
        equal("xreadGroup", Map.of("a", "b"), read.get(0).getValue().get(0).getFields());
        equal("xpending", 1L, r.xpending("x", "g").getTotal());
        equal("xinfoGroups", "g", r.xinfoGroups("x").get(0).getName());
        equal("xinfoStream", 1L, r.xinfoStream("x").getLength());
        equal("xack", 1L, r.xack("x", "g", first));
        equal("xrange", 1, r.xrange("x", "-", "+").size());
        equal("xdel", 1L, r.xdel("x", first));
    }

    private static void pipelines(Bed bed, RedisProtocol protocol) {
        var r = client(bed, protocol);
        var pipeline = r.pipelined();
        for (int number = 0; number < 2000; number++) {
            pipeline.set("k" + number, "" + number);
            pipeline.incr("k" + number);
        }
        var replies = pipeline.syncAndReturnAll();
        equal("4,000 replies", List.of(4000, 2000L), List.of(replies.size(), replies.get(3999)));
        pipeline.set("a", "x");
        pipeline.incr("a");
        pipeline.get("a");
        replies = pipeline.syncAndReturnAll();
        that("an error in the middle", replies.get(1) instanceof JedisException);
        equal("what stands behind it", "x", replies.get(2));
    }

    private static void transactions(Bed bed, RedisProtocol protocol) {
        var r = client(bed, protocol);
        var other = client(bed, protocol);
        var multi = r.multi();
        multi.set("a", "1");
        multi.incr("a");
        equal("multi and exec", List.of("OK", 2L), multi.exec());
        r.watch("a");
        other.set("a", "other");
        multi = r.multi();
        multi.set("a", "mine");
        equal("watched, and changed", null, multi.exec());
        r.watch("a");
        multi = r.multi();
        multi.set("a", "mine");
        equal("watched, and unchanged", List.of("OK"), multi.exec());
        multi = r.multi();
        multi.set("a", "never");
        equal("discard", "OK", multi.discard());
        equal("nothing of it was done", "mine", r.get("a"));
    }

    private static void channels(Bed bed, RedisProtocol protocol) throws Exception {
        var came = new CopyOnWriteArrayList<String>();
        var listener = new JedisPubSub() {
            @Override
            public void onMessage(String channel, String words) {
                came.add(channel + " " + words);
            }
        };
        var heard = client(bed, protocol);
        var thread = new Thread(() -> heard.subscribe(listener, "news"));
        thread.start();
        eventually("subscribed", listener::isSubscribed);
        var r = client(bed, protocol);
        eventually("one hears it", () -> r.publish("news", "hello") == 1);
        eventually("what it hears", () -> came.contains("news hello"));
        equal("channels", List.of("news"), r.pubsubChannels());
        listener.unsubscribe();
        thread.join(TIMEOUT_MS);
        that("it hears no more", !thread.isAlive());
    }

    private static void blocking(Bed bed, RedisProtocol protocol) {
        var r = client(bed, protocol);
        var other = client(bed, protocol);
        later(() -> other.rpush("l", "a"));
        equal("blpop", List.of("l", "a"), r.blpop(20, "none", "l"));
        equal("blpop of nothing", null, r.blpop(0.1, "l"));
        var another = client(bed, protocol);
        later(() -> another.zadd("z", 2, "m"));
        equal("bzpopmin", new Tuple("m", 2.0), r.bzpopmin(20, "z").getValue());
        var third = client(bed, protocol);
        later(() -> third.rpush("from", "x"));
        equal("blmove", "x", r.blmove("from", "to", ListDirection.LEFT, ListDirection.LEFT, 20));
    }

    private static void scripts(Bed bed, RedisProtocol protocol) {
        var r = client(bed, protocol);
        equal("eval", List.of("k", "a"), r.eval("return {KEYS[1], ARGV[1]}", 1, "k", "a"));
        String digest = r.scriptLoad("return redis.call('INCRBY', KEYS[1], ARGV[1])");
        equal("evalsha", 5L, r.evalsha(digest, 1, "n", "5"));
        equal("scriptExists", true, r.scriptExists(digest));
        r.scriptFlush();
        refused(
                "a digest that is gone",
                "NOSCRIPT No matching script. Please use EVAL.",
                () -> r.evalsha(digest, 1, "n", "5"));
        r.functionLoadReplace("#!lua name=jlib\nredis.register_function('half', function(k, a) return a[1] / 2 end)");
        equal("fcall", 4L, r.fcall("half", List.of(), List.of("8")));
        equal("functionList", "jlib", r.functionList("jlib").get(0).getLibraryName());
        equal("functionDelete", "OK", r.functionDelete("jlib"));
    }

    private static void scans(Bed bed, RedisProtocol protocol) {
        var r = client(bed, protocol);
        var pairs = IntStream.range(0, 1000).boxed().flatMap(it -> List.of("key:" + it, "" + it).stream());
        r.mset(pairs.toArray(String[]::new));
        Set<String> seen = new HashSet<>();
        String cursor = "0";
        do {
            var page = r.scan(cursor, new ScanParams().match("key:*").count(100));
            seen.addAll(page.getResult());
            cursor = page.getCursor();
        } while (!cursor.equals("0"));
        equal("scan", 1000, seen.size());
        equal("dbSize", 1000L, r.dbSize());
        equal("keys", 111, r.keys("key:1*").size());
    }

    private static void expiry(Bed bed, RedisProtocol protocol) throws Exception {
        var r = client(bed, protocol);
        r.set("k", "v", SetParams.setParams().px(80));
        eventually("it expires", () -> r.get("k") == null);
        equal("ttl of nothing", -2L, r.ttl("k"));
        r.setex("k", 100, "v");
        that("pttl", r.pttl("k") > 90_000);
        equal("persist", 1L, r.persist("k"));
        equal("ttl without an end", -1L, r.ttl("k"));
        byte[] dumped = r.dump("k");
        equal("restore", "OK", r.restore("copy", 0, dumped));
        equal("what was restored", "v", r.get("copy"));
    }

    private static void errors(Bed bed, RedisProtocol protocol) {
        var r = client(bed, protocol);
        r.set("s", "abc");
        refused("a wrong type", WRONG_TYPE, () -> r.lpush("s", "1"));
        refused("incr of letters", "ERR value is not an integer or out of range", () -> r.incr("s"));
        refused("no such key", "ERR no such key", () -> r.rename("none", "x"));
        refused("an unknown command", "ERR unknown command 'NOSUCH', with args beginning with: 'a' ", () -> r.sendCommand(() -> "NOSUCH".getBytes(), "a"));
        equal("it still answers", "PONG", r.ping());
    }

    private static void pools(Bed bed, RedisProtocol protocol) throws Exception {
        var pool = pool(bed, protocol);
        together(20, index -> {
            for (int turn = 0; turn < 50; turn++) {
                pool.incr("n");
            }
        });
        equal("20 threads through a pool", "1000", pool.get("n"));
        client(bed, protocol).clientKill(new redis.clients.jedis.params.ClientKillParams().skipMe(
                redis.clients.jedis.params.ClientKillParams.SkipMe.YES));
        eventually("after all were killed, the pool makes others", () -> pool.incr("n") > 1000);
    }

    private static void nothingLost(Bed bed, RedisProtocol protocol) throws Exception {
        var pool = pool(bed, protocol);
        List<String> acknowledged = Collections.synchronizedList(new ArrayList<>());
        var stop = new AtomicBoolean();
        var writers = new ArrayList<Thread>();
        for (int writer = 0; writer < 6; writer++) {
            int number = writer;
            writers.add(new Thread(() -> write(pool, "w" + number + ":", acknowledged, stop)));
        }
        writers.forEach(Thread::start);
        eventually("writes are acknowledged", () -> acknowledged.size() > 100);
        bed.kill();
        int before = acknowledged.size();
        bed.start();
        eventually("the same pool writes again", () -> acknowledged.size() > before + 100);
        stop.set(true);
        for (Thread writer : writers) {
            writer.join(TIMEOUT_MS);
        }
        long lost = acknowledged.stream().filter(key -> !pool.exists(key)).count();
        equal("no acknowledged write is lost", 0L, lost);
    }

    private static void write(JedisPooled pool, String prefix, List<String> acknowledged, AtomicBoolean stop) {
        for (int number = 0; !stop.get(); number++) {
            try {
                pool.set(prefix + number, "" + number);
                acknowledged.add(prefix + number);
            } catch (JedisException exception) {
                // The server is dead, or was a moment ago.
            }
        }
    }
}
