package dev.synod.conformance.curator;

import static dev.synod.conformance.curator.Curators.bytes;
import static dev.synod.conformance.curator.Curators.text;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.zookeeper.ZooKeeper;

/** Members die under Curator. */
final class Reconnection {
    private static final Pattern REMOTE = Pattern.compile("remoteserver:[^ ]*?([0-9.]+:[0-9]+) ");

    private Reconnection() {}

    /** {@code host:port} of the member that a client is connected to; the client only tells it as text. */
    private static String member(CuratorFramework client) throws Exception {
        ZooKeeper zk = client.getZookeeperClient().getZooKeeper();
        var found = REMOTE.matcher(zk.toString());
        return found.find() ? found.group(1) : "";
    }

    /** Suspended, reconnected, and requests that were made meanwhile are done. */
    static void states(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            var states = new LinkedBlockingQueue<ConnectionState>();
            client.getConnectionStateListenable().addListener((from, state) -> {
                if (state != ConnectionState.CONNECTED) {
                    states.add(state);
                }
            });
            String path = bed.path();
            client.create().forPath(path, bytes("x"));
            long session = client.getZookeeperClient().getZooKeeper().getSessionId();
            String member = member(client);
            bed.kill(member);
            client.setData().forPath(path, bytes("y"));
            Check.equal("a write that began meanwhile is done", "y", text(client.getData().forPath(path)));
            Check.equal("suspended", ConnectionState.SUSPENDED, states.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            Check.equal("reconnected", ConnectionState.RECONNECTED, states.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            Check.equal("the same session", session, client.getZookeeperClient().getZooKeeper().getSessionId());
            bed.start(member);
        }
    }

    /** A leader whose member dies leads again when it is connected again, or another does; one leads. */
    static void latch(Bed bed) throws Exception {
        try (CuratorFramework one = Curators.open(bed); CuratorFramework two = Curators.open(bed);
            var mine = new LeaderLatch(one, bed.path(), "mine"); var other = new LeaderLatch(two, bed.path(), "other")) {
            mine.start();
            Check.that("the first leads", mine.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            other.start();
            Check.eventually("both take part", () -> mine.getParticipants().size() == 2);
            String member = member(one);
            bed.kill(member);
            bed.start(member);
            Check.eventually("both take part again", () -> participants(mine) == 2);
            Check.eventually("one leads", () -> mine.hasLeadership() != other.hasLeadership());
            String leader = mine.hasLeadership() ? "mine" : "other";
            Check.eventually("and both know it", () -> leader.equals(mine.getLeader().getId())
                && leader.equals(other.getLeader().getId()));
        }
    }

    private static int participants(LeaderLatch latch) throws Exception {
        return latch.getParticipants().size();
    }

    /** A cache whose member dies learns what was written meanwhile. */
    static void cache(Bed bed) throws Exception {
        String path = bed.path();
        try (CuratorFramework client = Curators.open(bed); CuratorFramework writer = Curators.open(bed);
            CuratorCache cache = CuratorCache.build(client, path)) {
            writer.create().forPath(path, bytes("x"));
            cache.start();
            Check.eventually("the cache has it", () -> shown(cache, path).equals("x"));
            String member = member(client);
            bed.kill(member);
            writer.setData().forPath(path, bytes("y"));
            writer.create().forPath(path + "/c", bytes("z"));
            Check.eventually("the write", () -> shown(cache, path).equals("y"));
            Check.eventually("the new node", () -> shown(cache, path + "/c").equals("z"));
            bed.start(member);
        }
    }

    private static String shown(CuratorCache cache, String path) {
        return cache.get(path).map(data -> text(data.getData())).orElse("");
    }
}
