package dev.synod.conformance.cache;

import static dev.synod.conformance.cache.Check.equal;
import static dev.synod.conformance.cache.Check.eventually;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import net.spy.memcached.CASResponse;
import net.spy.memcached.MemcachedClient;

/** spymemcached, at the port that speaks memcached's protocol. */
final class MemcachedTests {
    private MemcachedTests() {}

    static void addTo(Map<String, Test> tests) {
        tests.put("spymemcached/values", MemcachedTests::values);
        tests.put("spymemcached/killed", MemcachedTests::killed);
    }

    private static MemcachedClient client(Bed bed) throws Exception {
        String[] parts = bed.setting("memcached").split(":");
        var client = new MemcachedClient(new InetSocketAddress(parts[0], Integer.parseInt(parts[1])));
        bed.ending((AutoCloseable) client::shutdown);
        client.flush().get();
        return client;
    }

    private static void values(Bed bed) throws Exception {
        var client = client(bed);
        equal("set", true, client.set("k", 100, "v").get());
        equal("get", "v", client.get("k"));
        equal("get of nothing", null, client.get("none"));
        equal("add of what is there", false, client.add("k", 100, "w").get());
        equal("replace", true, client.replace("k", 100, "w").get());
        equal("get of many", Map.of("k", "w"), client.getBulk(List.of("k", "none")));
        var seen = client.gets("k");
        equal("cas", CASResponse.OK, client.cas("k", seen.getCas(), "x"));
        equal("cas of an old token", CASResponse.EXISTS, client.cas("k", seen.getCas(), "y"));
        client.set("n", 0, "10").get();
        equal("incr", 15L, client.incr("n", 5));
        equal("decr", 0L, client.decr("n", 50));
        equal("delete", true, client.delete("k").get());
        client.set("short", 1, "v").get();
        eventually("it expires", () -> client.get("short") == null);
    }

    private static void killed(Bed bed) throws Exception {
        var client = client(bed);
        client.set("k", 0, "v").get();
        bed.kill();
        bed.start();
        eventually("the same client writes again", () -> client.set("k", 0, "w").get());
        equal("and reads", "w", client.get("k"));
    }
}
