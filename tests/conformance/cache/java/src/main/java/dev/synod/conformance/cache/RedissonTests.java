package dev.synod.conformance.cache;

import static dev.synod.conformance.cache.Check.equal;
import static dev.synod.conformance.cache.Check.eventually;
import static dev.synod.conformance.cache.Check.that;
import static dev.synod.conformance.cache.Check.together;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.redisson.Redisson;
import org.redisson.api.RateType;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** Redisson: locks, limits and collections made of scripts. */
final class RedissonTests {
    private RedissonTests() {}

    static void addTo(Map<String, Test> tests) {
        tests.put("redisson/lock", RedissonTests::lock);
        tests.put("redisson/locks-of-other-kinds", RedissonTests::others);
        tests.put("redisson/rate-limiter", RedissonTests::limits);
        tests.put("redisson/collections", RedissonTests::collections);
        tests.put("redisson/killed", RedissonTests::killed);
    }

    private static RedissonClient client(Bed bed) {
        var config = new Config();
        config.useSingleServer()
                .setAddress("redis://" + bed.address())
                .setConnectionMinimumIdleSize(2)
                .setConnectionPoolSize(16)
                .setRetryAttempts(30)
                .setRetryInterval(200);
        var client = Redisson.create(config);
        bed.ending((AutoCloseable) () -> client.shutdown(0, 2, TimeUnit.SECONDS));
        return client;
    }

    private static void lock(Bed bed) throws Exception {
        var client = client(bed);
        var inside = new AtomicInteger();
        var counted = client.<Integer>getBucket("n");
        counted.set(0);
        together(5, index -> {
            for (int turn = 0; turn < 8; turn++) {
                var lock = client.getLock("lock");
                lock.lock(1, TimeUnit.MINUTES);
                if (inside.incrementAndGet() != 1) {
                    throw new Failure("two holders");
                }
                counted.set(counted.get() + 1);
                inside.decrementAndGet();
                lock.unlock();
            }
        });
        equal("5 holders, 8 times each, one at a time", 40, counted.get());
        var lock = client.getLock("lock");
        lock.lock();
        lock.lock();
        equal("held twice by the same", 2, lock.getHoldCount());
        lock.unlock();
        lock.unlock();
        that("nobody holds it", !lock.isLocked());
    }

    private static void others(Bed bed) throws Exception {
        var client = client(bed);
        var both = client.getReadWriteLock("both");
        both.readLock().lock(1, TimeUnit.MINUTES);
        together(1, index -> that("no writer beside a reader", !both.writeLock().tryLock()));
        together(1, index -> that("but another reader", both.readLock().tryLock(0, 60, TimeUnit.SECONDS)));
        var permits = client.getSemaphore("permits");
        permits.trySetPermits(3);
        that("three permits", permits.tryAcquire(3) && !permits.tryAcquire());
        permits.release(2);
        equal("two are back", 2, permits.availablePermits());
        var latch = client.getCountDownLatch("latch");
        latch.trySetCount(2);
        together(2, index -> latch.countDown());
        that("a latch", latch.await(20, TimeUnit.SECONDS));
        var fair = client.getFairLock("fair");
        that("a fair lock", fair.tryLock(1, 60, TimeUnit.SECONDS));
        fair.unlock();
    }

    private static void limits(Bed bed) throws Exception {
        var limiter = client(bed).getRateLimiter("limit");
        limiter.trySetRate(RateType.OVERALL, 20, Duration.ofMinutes(5));
        var passed = new AtomicInteger();
        together(8, index -> {
            for (int turn = 0; turn < 10; turn++) {
                if (limiter.tryAcquire()) {
                    passed.incrementAndGet();
                }
            }
        });
        equal("80 at once, 20 pass", 20, passed.get());
        equal("none is left", 0L, limiter.availablePermits());
    }

    private static void collections(Bed bed) throws Exception {
        var client = client(bed);
        var map = client.<String, Integer>getMapCache("map");
        map.put("stays", 1);
        map.put("goes", 2, 200, TimeUnit.MILLISECONDS);
        eventually("an entry that expires", () -> !map.containsKey("goes") && map.containsKey("stays"));
        var queue = client.<String>getBlockingQueue("queue");
        Check.later(() -> client.<String>getBlockingQueue("queue").add("a"));
        equal("a queue that is waited for", "a", queue.poll(20, TimeUnit.SECONDS));
        var scores = client.<String>getScoredSortedSet("scores");
        scores.add(2, "b");
        scores.add(1, "a");
        equal("a sorted set", java.util.List.of("a", "b"), java.util.List.copyOf(scores.readAll()));
        var topic = client.getTopic("topic");
        var heard = new AtomicInteger();
        topic.addListener(Integer.class, (channel, number) -> heard.addAndGet(number));
        topic.publish(7);
        eventually("a topic", () -> heard.get() == 7);
        var batch = client.createBatch();
        for (int number = 0; number < 100; number++) {
            batch.getAtomicLong("count").incrementAndGetAsync();
        }
        equal("a batch", 100, batch.execute().getResponses().size());
        equal("what it counted", 100L, client.getAtomicLong("count").get());
    }

    private static void killed(Bed bed) throws Exception {
        var client = client(bed);
        var lock = client.getLock("lock");
        lock.lock(10, TimeUnit.MINUTES);
        bed.kill();
        bed.start();
        eventually("after kill -9 it is still held", lock::isLocked);
        that("by who held it", lock.isHeldByCurrentThread());
        together(1, index -> that("another does not get it", !lock.tryLock()));
        lock.unlock();
        together(1, index -> that("then another does", lock.tryLock()));
    }
}
