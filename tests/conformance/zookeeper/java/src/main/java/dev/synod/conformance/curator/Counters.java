package dev.synod.conformance.curator;

import static dev.synod.conformance.curator.Curators.bytes;
import static dev.synod.conformance.curator.Curators.text;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.atomic.AtomicValue;
import org.apache.curator.framework.recipes.atomic.CachedAtomicInteger;
import org.apache.curator.framework.recipes.atomic.CachedAtomicLong;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicInteger;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicValue;
import org.apache.curator.framework.recipes.atomic.PromotedToLock;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.shared.SharedValue;
import org.apache.curator.retry.RetryNTimes;

/** Counters and values. */
final class Counters {
    private static final int SESSIONS = 3;
    private static final int ADDITIONS = 20;
    private static final RetryNTimes RETRIES = new RetryNTimes(200, 1);

    private Counters() {}

    /** A number that all see, written if it is what one believes. */
    static void sharedCount(Bed bed) throws Exception {
        try (CuratorFramework one = Curators.open(bed); CuratorFramework two = Curators.open(bed);
            var mine = new SharedCount(one, bed.path(), 5); var other = new SharedCount(two, bed.path(), 7)) {
            mine.start();
            other.start();
            Check.equal("the seed of who came first", List.of(5, 5), List.of(mine.getCount(), other.getCount()));
            mine.setCount(6);
            Check.eventually("the other sees a change", () -> other.getCount() == 6);
            var stale = mine.getVersionedValue();
            Check.that("written if nobody wrote meanwhile", other.trySetCount(other.getVersionedValue(), 7));
            Check.that("not written if somebody did", !mine.trySetCount(stale, 8));
            Check.eventually("then the value is told", () -> mine.getCount() == 7);
        }
    }

    /** The same with any bytes. */
    static void sharedValue(Bed bed) throws Exception {
        try (CuratorFramework one = Curators.open(bed); CuratorFramework two = Curators.open(bed);
            var mine = new SharedValue(one, bed.path(), bytes("a"));
            var other = new SharedValue(two, bed.path(), bytes("b"))) {
            mine.start();
            other.start();
            Check.equal("the seed", "a", text(other.getValue()));
            other.setValue(bytes("c"));
            Curators.becomes("the other sees", "c", () -> text(mine.getValue()));
        }
    }

    /** Sessions that add at once lose nothing; by a lock if tries do not suffice. */
    static void atomicLong(Bed bed) throws Exception {
        var promoted = PromotedToLock.builder().lockPath(bed.path() + "-lock")
            .retryPolicy(new RetryNTimes(10, 10)).timeout(Check.PATIENCE_MS, TimeUnit.MILLISECONDS).build();
        List<Long> values = together(bed, client -> {
            var number = new DistributedAtomicLong(client, bed.path(), RETRIES, promoted);
            return () -> taken(number.increment());
        });
        Check.equal("each value once", SESSIONS * ADDITIONS, new TreeSet<>(values).size());
        try (CuratorFramework client = Curators.open(bed)) {
            var number = new DistributedAtomicLong(client, bed.path(), RETRIES);
            Check.equal("the sum", (long) SESSIONS * ADDITIONS, taken(number.get()));
            Check.equal("after adding", 100L, taken(number.add(100L - SESSIONS * ADDITIONS)));
            Check.equal("after subtracting", 98L, taken(number.subtract(2L)));
            Check.equal("one less", 97L, taken(number.decrement()));
            Check.that("no exchange with another", !number.compareAndSet(1L, 2L).succeeded());
            Check.that("exchange", number.compareAndSet(97L, 2L).succeeded());
            number.forceSet(3L);
            Check.equal("forced", 3L, taken(number.get()));
            Check.that("no second beginning", !number.initialize(9L));
        }
    }

    /** With 32 bits. */
    static void atomicInteger(Bed bed) throws Exception {
        List<Integer> values = together(bed, client -> {
            var number = new DistributedAtomicInteger(client, bed.path(), RETRIES);
            return () -> taken(number.increment());
        });
        Check.equal("each value once", SESSIONS * ADDITIONS, new TreeSet<>(values).size());
    }

    /** Any bytes, exchanged. */
    static void atomicValue(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            var value = new DistributedAtomicValue(client, bed.path(), RETRIES);
            Check.that("a beginning", value.initialize(bytes("a")));
            Check.that("no exchange with another", !value.compareAndSet(bytes("x"), bytes("y")).succeeded());
            Check.that("exchange", value.compareAndSet(bytes("a"), bytes("b")).succeeded());
            Check.equal("the value before a write", "b", text(value.trySet(bytes("c")).preValue()));
            Check.equal("the value", "c", text(value.get().postValue()));
        }
    }

    /** Numbers fetched in bulk. */
    static void cached(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            var number = new DistributedAtomicLong(client, bed.path(), RETRIES);
            var first = new CachedAtomicLong(number, 10);
            var second = new CachedAtomicLong(number, 10);
            TreeSet<Long> values = new TreeSet<>();
            for (int i = 0; i < 15; i++) {
                values.add(taken(first.next()));
                values.add(taken(second.next()));
            }
            Check.equal("each value once", 30, values.size());
            Check.equal("four times ten were fetched", 40L, taken(number.get()));
            var small = new CachedAtomicInteger(new DistributedAtomicInteger(client, bed.path() + "-int", RETRIES), 5);
            Check.equal("with 32 bits", List.of(taken(small.next()) + 1), List.of(taken(small.next())));
        }
    }

    private static <T> T taken(AtomicValue<T> value) {
        if (!value.succeeded()) {
            throw new Failure("not done, after " + value.getStats().getOptimisticTries() + " tries");
        }
        return value.postValue();
    }

    /** What an action returns that several sessions do at once, again and again. */
    private static <T> List<T> together(Bed bed, Actions<T> actions) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(SESSIONS);
        List<Callable<List<T>>> sessions = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            sessions.add(() -> {
                List<T> values = new ArrayList<>();
                try (CuratorFramework client = Curators.open(bed)) {
                    Callable<T> action = actions.of(client);
                    for (int turn = 0; turn < ADDITIONS; turn++) {
                        values.add(action.call());
                    }
                }
                return values;
            });
        }
        List<T> all = new ArrayList<>();
        for (var session : threads.invokeAll(sessions, Check.PATIENCE_MS, TimeUnit.MILLISECONDS)) {
            all.addAll(session.get());
        }
        threads.shutdown();
        return all;
    }

    private interface Actions<T> {
        Callable<T> of(CuratorFramework client) throws Exception;
    }
}
