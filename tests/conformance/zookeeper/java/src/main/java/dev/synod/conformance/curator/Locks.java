package dev.synod.conformance.curator;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Failure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.locks.InterProcessLock;
import org.apache.curator.framework.recipes.locks.InterProcessMultiLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.locks.Revoker;
import org.apache.curator.framework.recipes.shared.SharedCount;

/** Locks and semaphores. */
final class Locks {
    /** What is tried while another holds it: long enough for the attempt to reach the members, which decide. */
    private static final long ATTEMPT_MS = 200;

    private static final int CONTENDERS = 4;
    private static final int TURNS = 10;

    private Locks() {}

    private static boolean attempt(InterProcessLock lock) throws Exception {
        return lock.acquire(ATTEMPT_MS, TimeUnit.MILLISECONDS);
    }

    /** What must succeed, however busy the machine is. */
    private static boolean acquired(InterProcessLock lock) throws Exception {
        return lock.acquire(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
    }

    private static void acquire(InterProcessLock lock) throws Exception {
        if (!acquired(lock)) {
            throw new Failure("the lock is not acquired");
        }
    }

    /** Reentrant: a thread takes it again and gives it back as often. */
    static void mutex(Bed bed) throws Exception {
        try (CuratorFramework first = Curators.open(bed); CuratorFramework second = Curators.open(bed)) {
            var mine = new InterProcessMutex(first, bed.path());
            var other = new InterProcessMutex(second, bed.path());
            acquire(mine);
            acquire(mine);
            Check.that("held by this thread", mine.isOwnedByCurrentThread());
            Check.that("not taken by another", !attempt(other));
            mine.release();
            Check.that("not yet, after one release of two", !attempt(other));
            mine.release();
            Check.that("after both it is", acquired(other));
            Check.equal("who takes part", 1, other.getParticipantNodes().size());
            other.release();
            Check.throwsA("a release of what is not held", IllegalMonitorStateException.class, mine::release);
        }
        contend(bed, bed.path() + "/contended", InterProcessMutex::new);
    }

    /** Many sessions, one counter without a guard of its own. */
    private static void contend(Bed bed, String path, BiFunction<CuratorFramework, String, InterProcessLock> make)
        throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(CONTENDERS);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        int[] unguarded = new int[1];
        List<Future<?>> contenders = new ArrayList<>();
        for (int i = 0; i < CONTENDERS; i++) {
            contenders.add(threads.submit(() -> {
                try (CuratorFramework client = Curators.open(bed)) {
                    InterProcessLock lock = make.apply(client, path);
                    for (int turn = 0; turn < TURNS; turn++) {
                        acquire(lock);
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        unguarded[0]++;
                        inside.decrementAndGet();
                        lock.release();
                    }
                }
                return null;
            }));
        }
        for (Future<?> contender : contenders) {
            contender.get(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
        }
        threads.shutdown();
        Check.equal("inside at once, of " + CONTENDERS, 1, most.get());
        Check.equal("turns", CONTENDERS * TURNS, unguarded[0]);
    }

    /** The holder is asked to give it back, and does. */
    static void revocable(Bed bed) throws Exception {
        try (CuratorFramework first = Curators.open(bed); CuratorFramework second = Curators.open(bed)) {
            var mine = new InterProcessMutex(first, bed.path());
            CountDownLatch asked = new CountDownLatch(1);
            mine.makeRevocable(lock -> asked.countDown());
            acquire(mine);
            var other = new InterProcessMutex(second, bed.path());
            Collection<String> nodes = other.getParticipantNodes();
            Check.equal("one holder", 1, nodes.size());
            Revoker.attemptRevoke(second, nodes.iterator().next());
            Check.that("it is asked", asked.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            mine.release();
            Check.that("the other has it", acquired(other));
            other.release();
        }
    }

    /** Not reentrant. */
    static void semaphoreMutex(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            var lock = new InterProcessSemaphoreMutex(client, bed.path());
            acquire(lock);
            Check.that("not taken twice by one thread", !attempt(lock));
            lock.release();
            Check.that("after a release it is", acquired(lock));
            lock.release();
        }
        contend(bed, bed.path() + "-contended", InterProcessSemaphoreMutex::new);
    }

    /** Many readers or one writer; who writes may read too. */
    static void readWrite(Bed bed) throws Exception {
        try (CuratorFramework first = Curators.open(bed); CuratorFramework second = Curators.open(bed)) {
            var mine = new InterProcessReadWriteLock(first, bed.path());
            var other = new InterProcessReadWriteLock(second, bed.path());
            acquire(mine.readLock());
            Check.that("two read", acquired(other.readLock()));
            Check.that("nobody writes meanwhile", !attempt(other.writeLock()));
            other.readLock().release();
            mine.readLock().release();
            acquire(mine.writeLock());
            Check.that("nobody reads while one writes", !attempt(other.readLock()));
            acquire(mine.readLock());
            mine.writeLock().release();
            Check.that("who wrote reads on: others read too", acquired(other.readLock()));
            Check.that("but do not write", !attempt(other.writeLock()));
            other.readLock().release();
            mine.readLock().release();
            Check.that("after all a writer", acquired(other.writeLock()));
            other.writeLock().release();
        }
    }

    /** So many leases and no more; the number may be a shared count. */
    static void semaphore(Bed bed) throws Exception {
        try (CuratorFramework first = Curators.open(bed); CuratorFramework second = Curators.open(bed)) {
            var mine = new InterProcessSemaphoreV2(first, bed.path(), 3);
            var other = new InterProcessSemaphoreV2(second, bed.path(), 3);
            Collection<Lease> two = mine.acquire(2, Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
            Check.equal("two leases", 2, two.size());
            Lease third = other.acquire(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
            Check.that("a third", third != null);
            Check.equal("no fourth", null, other.acquire(ATTEMPT_MS, TimeUnit.MILLISECONDS));
            mine.returnAll(two);
            Lease fourth = other.acquire(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
            Check.that("after a return there is", fourth != null);
            other.returnAll(List.of(third, fourth));
            Check.equal("none is out", List.of(), new ArrayList<>(mine.getParticipantNodes()));
            shared(first, bed.path() + "-shared");
        }
    }

    private static void shared(CuratorFramework client, String path) throws Exception {
        try (var count = new SharedCount(client, path + "-count", 1)) {
            count.start();
            var semaphore = new InterProcessSemaphoreV2(client, path, count);
            Lease one = semaphore.acquire(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
            Check.equal("one by the shared count", null, semaphore.acquire(ATTEMPT_MS, TimeUnit.MILLISECONDS));
            count.setCount(2);
            Lease two = semaphore.acquire(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
            Check.that("another when the count is two", two != null);
            semaphore.returnAll(List.of(one, two));
        }
    }

    /** Several locks as one: all or none. */
    static void multi(Bed bed) throws Exception {
        try (CuratorFramework first = Curators.open(bed); CuratorFramework second = Curators.open(bed)) {
            List<String> paths = List.of(bed.path() + "/a", bed.path() + "/b");
            var mine = new InterProcessMultiLock(first, paths);
            var one = new InterProcessMutex(second, paths.get(1));
            acquire(one);
            Check.that("not all while one is taken", !attempt(mine));
            Check.that("and then none is held", acquired(new InterProcessMutex(second, paths.get(0))));
            one.release();
            Check.that("nor while the other is", !attempt(mine));
        }
        try (CuratorFramework first = Curators.open(bed); CuratorFramework second = Curators.open(bed)) {
            List<String> paths = List.of(bed.path() + "/a", bed.path() + "/b");
            var mine = new InterProcessMultiLock(first, paths);
            acquire(mine);
            Check.that("both are held", mine.isAcquiredInThisProcess());
            Check.that("by no other", !attempt(new InterProcessMutex(second, paths.get(1))));
            mine.release();
            Check.that("both are free", acquired(new InterProcessMultiLock(second, paths)));
        }
    }
}
