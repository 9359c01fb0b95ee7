package dev.synod.conformance;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;

/**
 * Workers that take a lock and pass it on, and count under it, until a line comes. They report what was acknowledged;
 * who runs the program judges.
 */
final class LockWorkload {
    private static final int WORKERS = 4;
    private static final int ADDITIONS_PER_HOLD = 3;
    private static final int SESSION_MS = 30_000;
    private static final long ATTEMPT_MS = 2_000;

    private final String root;
    private final long start = System.nanoTime();
    private volatile boolean stopped;

    private LockWorkload(Bed bed) {
        root = bed.path() + "-faults";
    }

    static void run(Bed bed, BufferedReader input) throws Exception {
        var workload = new LockWorkload(bed);
        List<CuratorFramework> clients = new ArrayList<>();
        List<Thread> workers = new ArrayList<>();
        for (int number = 0; number < WORKERS; number++) {
            CuratorFramework client = CuratorFrameworkFactory.newClient(bed.connect(), SESSION_MS, SESSION_MS,
                new RetryOneTime(100));
            client.start();
            client.blockUntilConnected();
            clients.add(client);
        }
        workload.prepare(clients);
        for (int number = 0; number < WORKERS; number++) {
            int own = number;
            Thread worker = new Thread(() -> workload.work(own, clients.get(own)));
            worker.start();
            workers.add(worker);
        }
        input.readLine();
        workload.stopped = true;
        for (Thread worker : workers) {
            worker.join();
        }
        workload.conclude(clients);
    }

    private void prepare(List<CuratorFramework> clients) throws Exception {
        byte[] zero = "0".getBytes(StandardCharsets.UTF_8);
        clients.get(0).create().creatingParentsIfNeeded().forPath(root + "/counter", zero);
        for (int number = 0; number < WORKERS; number++) {
            clients.get(number).create().creatingParentsIfNeeded().withMode(CreateMode.EPHEMERAL)
                .forPath(root + "/alive/" + number);
            say("session %d %d", number, session(clients.get(number)));
        }
    }

    private void work(int number, CuratorFramework client) {
        var lock = new InterProcessMutex(client, root + "/lock");
        while (!stopped) {
            try {
                long session = session(client);
                if (lock.acquire(ATTEMPT_MS, TimeUnit.MILLISECONDS)) {
                    hold(number, client, lock, session);
                }
            } catch (Exception exception) {
                say("trouble %d %s", number, exception.getClass().getSimpleName());
            }
        }
    }

    /** Counts under the lock; proved from when it was acquired to when the last acknowledged write was sent. */
    private void hold(int number, CuratorFramework client, InterProcessMutex lock, long session) throws Exception {
        long from = now();
        long until = from;
        try {
            // Of a session that ended meanwhile the lock's node is gone: nothing is proved.
            if (session(client) != session) {
                return;
            }
            for (int i = 0; i < ADDITIONS_PER_HOLD; i++) {
                long sent = add(number, client);
                if (session(client) != session) {
                    break;
                }
                until = sent;
            }
        } finally {
            say("hold %d %d %d %d", number, session, from, until);
            lock.release();
        }
    }

    /** One more, guarded by the version; when the write was sent. */
    private long add(int number, CuratorFramework client) throws Exception {
        Stat stat = new Stat();
        var zk = client.getZookeeperClient().getZooKeeper();
        byte[] read = zk.getData(root + "/counter", false, stat);
        long value = Long.parseLong(new String(read, StandardCharsets.UTF_8)) + 1;
        long sent = now();
        try {
            zk.setData(root + "/counter", Long.toString(value).getBytes(StandardCharsets.UTF_8), stat.getVersion());
            say("added %d %d", number, value);
        } catch (KeeperException exception) {
            if (exception instanceof KeeperException.BadVersionException) {
                say("refused %d %d", number, value);
            } else {
                say("unsure %d %d", number, value);
            }
            throw exception;
        }
        return sent;
    }

    private void conclude(List<CuratorFramework> clients) throws Exception {
        for (int number = 0; number < WORKERS; number++) {
            CuratorFramework client = clients.get(number);
            client.blockUntilConnected((int) Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
            client.sync().forPath(root);
            Stat stat = client.checkExists().forPath(root + "/alive/" + number);
            say("ephemeral %d %d %d", number, session(client), stat == null ? 0 : stat.getEphemeralOwner());
        }
        say("final %s", new String(clients.get(0).getData().forPath(root + "/counter"), StandardCharsets.UTF_8));
        clients.forEach(CuratorFramework::close);
    }

    private static long session(CuratorFramework client) throws Exception {
        return client.getZookeeperClient().getZooKeeper().getSessionId();
    }

    /** Microseconds since the program began, the same for all workers. */
    private long now() {
        return (System.nanoTime() - start) / 1_000;
    }

    private static void say(String format, Object... arguments) {
        System.out.println(String.format(format, arguments));
    }
}
