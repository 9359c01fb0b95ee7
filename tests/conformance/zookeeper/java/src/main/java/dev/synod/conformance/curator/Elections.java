package dev.synod.conformance.curator;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;

/** Leader Latch and Leader Election. */
final class Elections {
    private static final int CANDIDATES = 3;

    private Elections() {}

    /** One of several leads; when it goes, the next; also when its session ends. */
    static void latch(Bed bed) throws Exception {
        List<CuratorFramework> clients = new ArrayList<>();
        List<LeaderLatch> latches = new ArrayList<>();
        try {
            for (int i = 0; i < CANDIDATES; i++) {
                clients.add(Curators.open(bed));
                latches.add(new LeaderLatch(clients.get(i), bed.path(), "candidate " + i));
                latches.get(i).start();
                if (i == 0) {
                    Check.that("the first leads", latches.get(0).await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
                }
            }
            Check.eventually("all take part", () -> latches.get(0).getParticipants().size() == CANDIDATES);
            Check.equal("the others see who leads", "candidate 0", latches.get(2).getLeader().getId());
            Check.equal("one leads", 1L, latches.stream().filter(LeaderLatch::hasLeadership).count());
            latches.get(0).close();
            Check.that("the second follows", latches.get(1).await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            Check.that("the third does not", !latches.get(2).hasLeadership());
            Curators.endSession(bed, clients.get(1));
            Check.that("the third follows the end of a session",
                latches.get(2).await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            Check.eventually("the second knows that it lost", () -> !latches.get(1).hasLeadership());
            Check.eventually("and takes part anew", () -> latches.get(2).getParticipants().size() == 2);
        } finally {
            for (LeaderLatch latch : latches) {
                if (latch.getState() == LeaderLatch.State.STARTED) {
                    latch.close();
                }
            }
            clients.forEach(CuratorFramework::close);
        }
    }

    /** Each leads in its turn, never two at once. */
    static void selector(Bed bed) throws Exception {
        List<CuratorFramework> clients = new ArrayList<>();
        List<LeaderSelector> selectors = new ArrayList<>();
        AtomicInteger leading = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch turns = new CountDownLatch(CANDIDATES * 2);
        try {
            for (int i = 0; i < CANDIDATES; i++) {
                clients.add(Curators.open(bed));
                AtomicInteger own = new AtomicInteger();
                var selector = new LeaderSelector(clients.get(i), bed.path(), new LeaderSelectorListenerAdapter() {
                    @Override
                    public void takeLeadership(CuratorFramework client) throws Exception {
                        most.accumulateAndGet(leading.incrementAndGet(), Math::max);
                        client.checkExists().forPath(bed.path());
                        leading.decrementAndGet();
                        if (own.incrementAndGet() <= 2) {
                            turns.countDown();
                        }
                    }
                });
                selector.setId("candidate " + i);
                selector.autoRequeue();
                selectors.add(selector);
                selector.start();
            }
            Check.that("each of three led twice", turns.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            Check.equal("at most at once", 1, most.get());
            Check.that("the leader has a name", selectors.get(0).getLeader().getId().startsWith("candidate "));
        } finally {
            selectors.forEach(LeaderSelector::close);
            clients.forEach(CuratorFramework::close);
        }
    }
}
