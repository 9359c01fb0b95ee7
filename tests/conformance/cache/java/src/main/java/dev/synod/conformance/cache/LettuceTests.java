package dev.synod.conformance.cache;

import static dev.synod.conformance.cache.Check.equal;
import static dev.synod.conformance.cache.Check.eventually;
import static dev.synod.conformance.cache.Check.later;
import static dev.synod.conformance.cache.Check.refused;
import static dev.synod.conformance.cache.Check.that;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisLoadingException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.support.caching.CacheAccessor;
import io.lettuce.core.support.caching.ClientSideCaching;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Lettuce: one connection for all, with futures. */
final class LettuceTests {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final Duration RECONNECT = Duration.ofMillis(100);

    private LettuceTests() {}

    /** A test of one protocol. */
    private interface OfProtocol {
        void run(Bed bed, ProtocolVersion protocol) throws Exception;
    }

    static void addTo(Map<String, Test> tests) {
        for (ProtocolVersion protocol : ProtocolVersion.values()) {
            String prefix = "lettuce/resp" + (protocol == ProtocolVersion.RESP2 ? 2 : 3) + "/";
            add(tests, prefix + "connect", protocol, LettuceTests::connect);
            add(tests, prefix + "values", protocol, LettuceTests::values);
            add(tests, prefix + "pipelines", protocol, LettuceTests::pipelines);
            add(tests, prefix + "transactions", protocol, LettuceTests::transactions);
            add(tests, prefix + "channels", protocol, LettuceTests::channels);
            add(tests, prefix + "blocking", protocol, LettuceTests::blocking);
            add(tests, prefix + "scripts", protocol, LettuceTests::scripts);
            add(tests, prefix + "scans", protocol, LettuceTests::scans);
            add(tests, prefix + "errors", protocol, LettuceTests::errors);
            add(tests, prefix + "killed/reconnects", protocol, LettuceTests::reconnects);
        }
        tests.put("lettuce/resp3/client-side-caching", LettuceTests::caching);
    }

    private static void add(Map<String, Test> tests, String name, ProtocolVersion protocol, OfProtocol test) {
        tests.put(name, bed -> test.run(bed, protocol));
    }

    private static RedisClient client(Bed bed, ProtocolVersion protocol) {
        var address = RedisURI.builder().withHost(bed.host()).withPort(bed.port()).withTimeout(TIMEOUT);
        var resources = ClientResources.builder().reconnectDelay(Delay.constant(RECONNECT)).build();
        var client = RedisClient.create(resources, address.withClientName("of-lettuce").withDatabase(1).build());
        client.setOptions(ClientOptions.builder().protocolVersion(protocol).build());
        bed.ending((AutoCloseable) () -> resources.shutdown(0, 1, TimeUnit.SECONDS).sync());
        bed.ending((AutoCloseable) () -> client.shutdown(0, 1, TimeUnit.SECONDS));
        return client;
    }

    private static RedisCommands<String, String> commands(Bed bed, ProtocolVersion protocol) {
        return client(bed, protocol).connect().sync();
    }

    private static void connect(Bed bed, ProtocolVersion protocol) {
        var r = commands(bed, protocol);
        equal("ping", "PONG", r.ping());
        equal("the client's name", "of-lettuce", r.clientGetname());
        that("the database", r.clientList().contains(" db=1 "));
        that("a version", r.info("server").contains("redis_version:7."));
        equal("config get", Map.of("maxmemory-policy", "noeviction"), r.configGet("maxmemory-policy"));
        that("command count", r.commandCount() > 200);
        that("role", r.role().get(0).equals("master"));
    }

    @SuppressWarnings("unchecked")
    private static void values(Bed bed, ProtocolVersion protocol) {
        var r = commands(bed, protocol);
        equal("set", "OK", r.set("s", "abc"));
        equal("set nx", null, r.set("s", "x", SetArgs.Builder.nx()));
        equal("get", "abc", r.get("s"));
        equal("mget", List.of("abc"), r.mget("s", "none").stream().filter(KeyValue::hasValue).map(KeyValue::getValue).toList());
        equal("rpush", 3L, r.rpush("l", "1", "2", "3"));
        equal("lrange", List.of("1", "2", "3"), r.lrange("l", 0, -1));
        equal("sadd", 2L, r.sadd("set", "a", "b"));
        equal("smembers", Set.of("a", "b"), r.smembers("set"));
        equal("zadd", 1L, r.zadd("z", 1.5, "a"));
        equal("zscore", 1.5, r.zscore("z", "a"));
        equal("zrange with scores", List.of(ScoredValue.just(1.5, "a")), r.zrangeWithScores("z", 0, -1));
        equal("hset", 2L, r.hset("h", Map.of("a", "1", "b", "2")));
        equal("hgetall", Map.of("a", "1", "b", "2"), r.hgetall("h"));
        equal("xadd", "1-1", r.xadd("x", new XAddArgs().id("1-1"), "a", "b"));
        equal("xread", "1-1", r.xread(XReadArgs.StreamOffset.from("x", "0")).get(0).getId());
        equal("setbit", 0L, r.setbit("bits", 9, 1));
        equal("bitcount", 1L, r.bitcount("bits"));
        r.pfadd("p", "1", "2", "3");
        equal("pfcount", 3L, r.pfcount("p"));
        r.geoadd("g", 13.361389, 38.115556, "Palermo");
        equal("geohash", "sqc8b49rny0", r.geohash("g", "Palermo").get(0).getValue());
        r.psetex("t", 50_000, "v");
        that("pttl", r.pttl("t") > 40_000);
        equal("restore", "OK", r.restore("copy", 0, r.dump("s")));
    }

    private static void pipelines(Bed bed, ProtocolVersion protocol) {
        var connection = client(bed, protocol).connect();
        var async = connection.async();
        connection.setAutoFlushCommands(false);
        List<RedisFuture<?>> futures = new ArrayList<>();
        for (int number = 0; number < 2000; number++) {
            futures.add(async.set("k" + number, "" + number));
            futures.add(async.incr("k" + number));
        }
        connection.flushCommands();
        boolean all = LettuceFutures.awaitAll(TIMEOUT, futures.toArray(RedisFuture<?>[]::new));
        that("4,000 replies", all);
        connection.setAutoFlushCommands(true);
        equal("the last", "2000", connection.sync().get("k1999"));
    }

    private static void transactions(Bed bed, ProtocolVersion protocol) {
        var client = client(bed, protocol);
        var r = client.connect().sync();
        var other = client.connect().sync();
        r.multi();
        r.set("a", "1");
        r.incr("a");
        var done = r.exec();
        equal("multi and exec", List.of("OK", 2L), done.stream().toList());
        r.watch("a");
        other.set("a", "other");
        r.multi();
        r.set("a", "mine");
        that("watched, and changed", r.exec().wasDiscarded());
        r.watch("a");
        r.multi();
        r.set("a", "mine");
        that("watched, and unchanged", !r.exec().wasDiscarded());
        equal("what was written", "mine", other.get("a"));
    }

    private static void channels(Bed bed, ProtocolVersion protocol) throws Exception {
        var client = client(bed, protocol);
        var heard = client.connectPubSub();
        var came = new CopyOnWriteArrayList<String>();
        heard.addListener(new RedisPubSubAdapter<String, String>() {
            @Override
            public void message(String channel, String words) {
                came.add(words);
            }

            @Override
            public void message(String pattern, String channel, String words) {
                came.add(pattern + words);
            }
        });
        heard.sync().subscribe("news");
        heard.sync().psubscribe("n*");
        var r = client.connect().sync();
        equal("two hear it", 2L, r.publish("news", "hello"));
        eventually("what they hear", () -> Set.copyOf(came).equals(Set.of("hello", "n*hello")));
        equal("channels", List.of("news"), r.pubsubChannels());
        heard.sync().unsubscribe("news");
        eventually("one hears it", () -> r.publish("news", "more") == 1);
    }

    @SuppressWarnings("unchecked")
    private static void blocking(Bed bed, ProtocolVersion protocol) {
        var client = client(bed, protocol);
        var r = client.connect().sync();
        var other = client.connect().sync();
        later(() -> other.rpush("l", "a"));
        equal("blpop", KeyValue.just("l", "a"), r.blpop(10, "none", "l"));
        equal("blpop of nothing", null, r.blpop(0.1, "l"));
        later(() -> other.zadd("z", 2, "m"));
        equal("bzpopmin", KeyValue.just("z", ScoredValue.just(2, "m")), r.bzpopmin(10, "z"));
        later(() -> other.xadd("x", "a", "b"));
        equal("xread that waits", 1, r.xread(XReadArgs.Builder.block(10_000), XReadArgs.StreamOffset.latest("x")).size());
    }

    private static void scripts(Bed bed, ProtocolVersion protocol) {
        var r = commands(bed, protocol);
        List<Object> came = r.eval("return {KEYS[1], ARGV[1]}", ScriptOutputType.MULTI, new String[] {"k"}, "a");
        equal("eval", List.of("k", "a"), came);
        String digest = r.scriptLoad("return redis.call('INCRBY', KEYS[1], ARGV[1])");
        equal("evalsha", 5L, r.<Long>evalsha(digest, ScriptOutputType.INTEGER, new String[] {"n"}, "5"));
        r.scriptFlush();
        refused(
                "a digest that is gone",
                "NOSCRIPT No matching script. Please use EVAL.",
                () -> r.evalsha(digest, ScriptOutputType.INTEGER, new String[] {"n"}, "5"));
        r.functionLoad("#!lua name=llib\nredis.register_function('half', function(k, a) return a[1] / 2 end)", true);
        equal("fcall", 4L, r.<Long>fcall("half", ScriptOutputType.INTEGER, new String[] {}, "8"));
    }

    private static void scans(Bed bed, ProtocolVersion protocol) {
        var r = commands(bed, protocol);
        r.mset(IntStream.range(0, 1000).boxed().collect(Collectors.toMap(it -> "key:" + it, String::valueOf)));
        Set<String> seen = new HashSet<>();
        KeyScanCursor<String> cursor = r.scan(ScanArgs.Builder.limit(100).match("key:*"));
        seen.addAll(cursor.getKeys());
        while (!cursor.isFinished()) {
            cursor = r.scan(cursor, ScanArgs.Builder.limit(100).match("key:*"));
            seen.addAll(cursor.getKeys());
        }
        equal("scan", 1000, seen.size());
    }

    private static void errors(Bed bed, ProtocolVersion protocol) {
        var r = commands(bed, protocol);
        r.set("s", "abc");
        refused(
                "a wrong type",
                "WRONGTYPE Operation against a key holding the wrong kind of value",
                () -> r.lpush("s", "1"));
        refused("incr of letters", "ERR value is not an integer or out of range", () -> r.incr("s"));
        refused("no such key", "ERR no such key", () -> r.rename("none", "x"));
        equal("it still answers", "PONG", r.ping());
    }

    private static void reconnects(Bed bed, ProtocolVersion protocol) throws Exception {
        var client = client(bed, protocol);
        StatefulRedisConnection<String, String> connection = client.connect();
        var heard = client.connectPubSub();
        var came = new CopyOnWriteArrayList<String>();
        heard.addListener(new RedisPubSubAdapter<String, String>() {
            @Override
            public void message(String channel, String words) {
                came.add(words);
            }
        });
        heard.sync().subscribe("news");
        var acknowledged = new ArrayList<String>();
        for (int number = 0; number < 200; number++) {
            connection.sync().set("k" + number, "v");
            acknowledged.add("k" + number);
        }
        bed.kill();
        // What is written while the server is away waits for it.
        var waiting = connection.async().set("meanwhile", "v");
        bed.start();
        if (isWritten(waiting)) {
            acknowledged.add("meanwhile");
        }
        eventually("it subscribes anew and hears", () -> {
            connection.sync().publish("news", "again");
            return came.contains("again");
        });
        equal(
                "no acknowledged write is lost",
                (long) acknowledged.size(),
                connection.sync().exists(acknowledged.toArray(String[]::new)));
        equal("it is in the same database", "of-lettuce", connection.sync().clientGetname());
    }

    /** Whether what was asked for meanwhile is done; a server that still reads its files may refuse it. */
    private static boolean isWritten(RedisFuture<String> waiting) throws Exception {
        try {
            equal("what was asked for meanwhile", "OK", waiting.get(20, TimeUnit.SECONDS));
            return true;
        } catch (ExecutionException exception) {
            that("or refused", exception.getCause() instanceof RedisLoadingException);
            return false;
        }
    }

    private static void caching(Bed bed) throws Exception {
        var client = client(bed, ProtocolVersion.RESP3);
        var connection = client.connect();
        Map<String, String> near = new ConcurrentHashMap<>();
        var cache = ClientSideCaching.enable(CacheAccessor.forMap(near), connection, TrackingArgs.Builder.enabled());
        var other = client.connect().sync();
        other.set("k", "1");
        equal("read", "1", cache.get("k"));
        equal("kept by the client", Map.of("k", "1"), near);
        other.set("k", "2");
        eventually("told of another's write", () -> !near.containsKey("k"));
        equal("read anew", "2", cache.get("k"));
    }
}
