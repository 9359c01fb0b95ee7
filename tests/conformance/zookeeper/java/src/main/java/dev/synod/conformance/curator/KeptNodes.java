package dev.synod.conformance.curator;

import static dev.synod.conformance.curator.Curators.bytes;
import static dev.synod.conformance.curator.Curators.text;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.nodes.PersistentTtlNode;
import org.apache.curator.framework.recipes.watch.PersistentWatcher;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.EventType;

/** Nodes and watches that come back whatever happens to them. */
final class KeptNodes {
    private static final long TTL_MS = 1_500;

    private KeptNodes() {}

    /** An ephemeral node that is made anew after its deletion and after the end of its session. */
    static void persistent(Bed bed) throws Exception {
        String path = bed.path();
        try (CuratorFramework client = Curators.open(bed); CuratorFramework other = Curators.open(bed);
            var node = new PersistentNode(client, CreateMode.EPHEMERAL, false, path, bytes("x"))) {
            node.start();
            Check.that("made", node.waitForInitialCreate(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            long first = other.checkExists().forPath(path).getCzxid();
            other.delete().forPath(path);
            Check.eventually("made anew after a deletion", () -> madeAfter(other, path, first));
            long second = other.checkExists().forPath(path).getCzxid();
            Curators.endSession(bed, client);
            Check.eventually("made anew after the end of the session", () -> madeAfter(other, path, second));
            Check.equal("its data", "x", text(other.getData().forPath(path)));
            node.setData(bytes("y"));
            Check.eventually("other data", () -> text(other.getData().forPath(path)).equals("y"));
            node.close();
            other.sync().forPath(path);
            Check.equal("gone when it is closed", null, other.checkExists().forPath(path));
        }
    }

    private static boolean madeAfter(CuratorFramework client, String path, long zxid) throws Exception {
        var stat = client.checkExists().forPath(path);
        return stat != null && stat.getCzxid() > zxid;
    }

    /** A node with a time to live, written again in time for as long as the recipe runs. */
    static void ttl(Bed bed) throws Exception {
        String path = bed.path();
        try (CuratorFramework client = Curators.open(bed)) {
            client.create().forPath(path);
            var node = new PersistentTtlNode(client, path + "/n", TTL_MS, bytes("x"));
            node.start();
            Check.that("made", node.waitForInitialCreate(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            String touched = path + "/n/" + PersistentTtlNode.DEFAULT_CHILD_NODE_NAME;
            Check.eventually("its child is touched again and again", () -> {
                var stat = client.checkExists().forPath(touched);
                return stat != null && stat.getVersion() >= 3;
            });
            Check.that("and so it lived for longer than its time", client.checkExists().forPath(path + "/n") != null);
            node.close();
            Check.eventually("gone some time after the recipe", () -> client.checkExists().forPath(path + "/n") == null);
        }
    }

    /** A watch that is set anew when the session is another one. */
    static void watcher(Bed bed) throws Exception {
        String path = bed.path();
        try (CuratorFramework client = Curators.open(bed); CuratorFramework writer = Curators.open(bed);
            var watcher = new PersistentWatcher(client, path, true)) {
            var events = new LinkedBlockingQueue<WatchedEvent>();
            var resets = new LinkedBlockingQueue<String>();
            watcher.getListenable().addListener(event -> {
                if (event.getType() != EventType.None) {
                    events.add(event);
                }
            });
            watcher.getResetListenable().addListener(() -> resets.add("set"));
            watcher.start();
            Check.equal("set", "set", resets.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            writer.create().creatingParentsIfNeeded().forPath(path + "/a");
            Framework.next("the parent", events, EventType.NodeCreated, path);
            Framework.next("the child", events, EventType.NodeCreated, path + "/a");
            Curators.endSession(bed, client);
            Check.equal("set anew", "set", resets.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            writer.setData().forPath(path + "/a", bytes("x"));
            Framework.next("the child, by another session", events, EventType.NodeDataChanged, path + "/a");
        }
    }

    /** Who is there, with a payload. */
    static void groupMember(Bed bed) throws Exception {
        try (CuratorFramework one = Curators.open(bed); CuratorFramework two = Curators.open(bed);
            var ann = new GroupMember(one, bed.path(), "ann", bytes("1"));
            var ben = new GroupMember(two, bed.path(), "ben", bytes("2"))) {
            ann.start();
            ben.start();
            Curators.becomes("both are there", Set.of("ann", "ben"), () -> ann.getCurrentMembers().keySet());
            Check.equal("with what they brought", List.of("1", "2"),
                List.of(text(ben.getCurrentMembers().get("ann")), text(ann.getCurrentMembers().get("ben"))));
            ben.setThisData(bytes("3"));
            Curators.becomes("other data", "3", () -> text(ann.getCurrentMembers().get("ben")));
            ben.close();
            Curators.becomes("one left", Set.of("ann"), () -> ann.getCurrentMembers().keySet());
        }
    }
}
