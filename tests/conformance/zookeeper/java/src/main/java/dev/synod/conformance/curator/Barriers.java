package dev.synod.conformance.curator;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;

/** Barrier and Double Barrier. */
final class Barriers {
    private static final int PARTIES = 3;
    private static final long ATTEMPT_MS = 200;

    private Barriers() {}

    /** All wait until it is taken away. */
    static void single(Bed bed) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(PARTIES);
        try (CuratorFramework client = Curators.open(bed)) {
            var barrier = new DistributedBarrier(client, bed.path());
            barrier.setBarrier();
            Check.that("closed", !barrier.waitOnBarrier(ATTEMPT_MS, TimeUnit.MILLISECONDS));
            List<Future<Boolean>> waiting = new ArrayList<>();
            for (int i = 0; i < PARTIES; i++) {
                waiting.add(threads.submit(() -> {
                    try (CuratorFramework own = Curators.open(bed)) {
                        return new DistributedBarrier(own, bed.path()).waitOnBarrier(Check.PATIENCE_MS,
                            TimeUnit.MILLISECONDS);
                    }
                }));
            }
            Check.that("nobody passed", waiting.stream().noneMatch(Future::isDone));
            barrier.removeBarrier();
            for (Future<Boolean> passed : waiting) {
                Check.that("passed when it was taken away", passed.get(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            }
        } finally {
            threads.shutdown();
        }
    }

    /** All enter together and leave together. */
    static void twice(Bed bed) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(PARTIES);
        AtomicInteger before = new AtomicInteger();
        AtomicInteger within = new AtomicInteger();
        try {
            List<Future<List<Integer>>> parties = new ArrayList<>();
            for (int i = 0; i < PARTIES; i++) {
                parties.add(threads.submit(() -> {
                    try (CuratorFramework client = Curators.open(bed)) {
                        var barrier = new DistributedDoubleBarrier(client, bed.path(), PARTIES);
                        before.incrementAndGet();
                        boolean entered = barrier.enter(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
                        int seen = before.get();
                        within.incrementAndGet();
                        boolean left = barrier.leave(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
                        return List.of(entered && left ? 1 : 0, seen, within.get());
                    }
                }));
            }
            for (Future<List<Integer>> party : parties) {
                Check.equal("entered and left, after all had come, after all had entered", List.of(1, PARTIES, PARTIES),
                    party.get(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            }
        } finally {
            threads.shutdown();
        }
    }
}
