package dev.synod.conformance;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.apache.zookeeper.KeeperException;

/** Checks: each prints a line when it holds, and throws when it does not. */
public final class Check {
    /** How long something may take that is waited for. */
    public static final long PATIENCE_MS = 20_000;

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

    /** What becomes true. */
    public static void eventually(String what, Callable<Boolean> holds) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_MS * 1_000_000;
        while (!holds.call()) {
            if (System.nanoTime() > deadline) {
                throw new Failure("not so after " + PATIENCE_MS / 1000 + " s: " + what);
            }
            Thread.sleep(POLL_MS);
        }
        held(what);
    }

    /** What is refused, with which code. */
    public static void refused(String what, KeeperException.Code code, Attempt attempt) throws Exception {
        try {
            attempt.run();
        } catch (KeeperException exception) {
            equal(what + " is refused with " + code, code, exception.code());
            return;
        }
        throw new Failure(what + ": not refused, expected " + code);
    }

    /** What throws, and which class. */
    public static void throwsA(String what, Class<? extends Throwable> type, Attempt attempt) throws Exception {
        try {
            attempt.run();
        } catch (Throwable thrown) {
            that(what + " throws " + type.getSimpleName() + ", came " + thrown, type.isInstance(thrown));
            return;
        }
        throw new Failure(what + ": nothing thrown, expected " + type.getSimpleName());
    }

    private static void held(String what) {
        System.out.println("  " + what);
    }

    /** Something that may be refused. */
    @FunctionalInterface
    public interface Attempt {
        void run() throws Exception;
    }
}
