package dev.synod.conformance.cache;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Checks: each prints a line when it holds, and throws when it does not. */
public final class Check {
    /** How long something may take that is waited for. */
    public static final long PATIENCE_MS = 40_000;

    private static final long POLL_MS = 10;

    private Check() {}

    /** What is true. */
    public static void that(String what, boolean holds) {
        if (!holds) {
            throw new Failure("not so: " + what);
        }
        held(what);
    }

    /** What is equal. */
    public static void equal(String what, Object expected, Object came) {
        if (!Objects.equals(expected, came)) {
            throw new Failure(what + ": expected `" + expected + "`, came `" + came + "`");
        }
        held(what);
    }

    /** What becomes true; who throws meanwhile is asked again. */
    public static void eventually(String what, Callable<Boolean> holds) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_MS * 1_000_000;
        while (!holds(holds)) {
            if (System.nanoTime() > deadline) {
                throw new Failure("not so after " + PATIENCE_MS / 1000 + " s: " + what);
            }
            Thread.sleep(POLL_MS);
        }
        held(what);
    }

    private static boolean holds(Callable<Boolean> holds) {
        try {
            return holds.call();
        } catch (Exception exception) {
            return false;
        }
    }

    /** What is refused, and with which words. */
    public static void refused(String what, String words, Attempt attempt) {
        try {
            attempt.run();
        } catch (Exception exception) {
            equal(what + " is refused", words, exception.getMessage());
            return;
        }
        throw new Failure(what + ": not refused, expected `" + words + "`");
    }

    /** {@code work(0)}, {@code work(1)}, ... at once. */
    public static void together(int count, Work work) throws Exception {
        var threads = Executors.newFixedThreadPool(count);
        List<Future<?>> all = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            int number = index;
            all.add(threads.submit(() -> {
                work.run(number);
                return null;
            }));
        }
        for (Future<?> each : all) {
            each.get();
        }
        threads.shutdown();
    }

    /** Does something in a while. */
    public static void later(Attempt attempt) {
        var thread = new Thread(() -> {
            try {
                Thread.sleep(100);
                attempt.run();
            } catch (Exception exception) {
                exception.printStackTrace();
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static void held(String what) {
        System.out.println("  " + what);
    }

    /** Something that may be refused. */
    @FunctionalInterface
    public interface Attempt {
        void run() throws Exception;
    }

    /** One of several who do the same. */
    @FunctionalInterface
    public interface Work {
        void run(int index) throws Exception;
    }
}
