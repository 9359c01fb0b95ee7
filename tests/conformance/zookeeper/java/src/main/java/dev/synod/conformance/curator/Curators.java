package dev.synod.conformance.curator;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Failure;
import dev.synod.conformance.Handle;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.ExponentialBackoffRetry;

/** Curator's clients, as its documentation has them made. */
final class Curators {
    private Curators() {}

    /** A client of all members, connected. */
    static CuratorFramework open(Bed bed) throws Exception {
        return open(bed.connect());
    }

    /** A client of these members, connected. */
    static CuratorFramework open(String connect) throws Exception {
        CuratorFramework client = CuratorFrameworkFactory.newClient(connect, Bed.SESSION_MS, Bed.SESSION_MS,
            new ExponentialBackoffRetry(100, 8, 1_000));
        client.start();
        if (!client.blockUntilConnected((int) Check.PATIENCE_MS, TimeUnit.MILLISECONDS)) {
            client.close();
            throw new Failure("Curator does not connect to " + connect);
        }
        return client;
    }

    /** Ends a client's session behind its back: somebody else who has its number and password closes it. */
    static void endSession(Bed bed, CuratorFramework client) throws Exception {
        var zk = client.getZookeeperClient().getZooKeeper();
        Handle.attach(bed.connect(), zk.getSessionId(), zk.getSessionPasswd()).connected().close();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Checks what becomes equal. */
    static <T> void becomes(String what, T expected, Supplier<T> current) throws Exception {
        Check.eventually(what + ": " + expected, () -> expected.equals(current.get()));
    }
}
