package dev.synod.conformance.curator;

import static dev.synod.conformance.curator.Curators.bytes;
import static dev.synod.conformance.curator.Curators.text;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.EnsureContainers;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.utils.ZKPaths;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.data.Stat;

/** What the recipes stand on. */
final class Framework {
    private Framework() {}

    /** Parents made as containers, create-or-set, deletion of a whole tree, quiet deletion, in the background. */
    static void basics(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            String path = bed.path();
            client.create().creatingParentContainersIfNeeded().forPath(path + "/a/b", bytes("x"));
            Check.equal("made with its parents", "x", text(client.getData().forPath(path + "/a/b")));
            client.create().orSetData().forPath(path + "/a/b", bytes("y"));
            Stat stat = new Stat();
            client.getData().storingStatIn(stat).forPath(path + "/a/b");
            Check.equal("created or set", 1, stat.getVersion());
            client.create().idempotent().forPath(path + "/a/c", bytes("z"));
            client.create().idempotent().forPath(path + "/a/c", bytes("z"));
            client.setData().idempotent().withVersion(0).forPath(path + "/a/c", bytes("w"));
            Check.refused("a stale version", Code.BADVERSION,
                () -> client.setData().withVersion(0).forPath(path + "/a/b", bytes("v")));
            var answers = new LinkedBlockingQueue<Integer>();
            client.sync().inBackground((from, event) -> answers.add(event.getResultCode())).forPath(path);
            Check.equal("a sync in the background", 0, answers.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            client.delete().quietly().forPath(path + "/none");
            client.delete().guaranteed().deletingChildrenIfNeeded().forPath(path + "/a");
            Check.eventually("the parent was a container: it is gone too", () -> client.checkExists().forPath(path) == null);
        }
    }

    /** Names that are found again after an answer was lost. */
    static void protection(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            String made = client.create().creatingParentsIfNeeded().withProtection()
                .withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath(bed.path() + "/n-");
            Check.that("the name " + made, ZKPaths.getNodeFromPath(made).matches("_c_[0-9a-f-]{36}-n-[0-9]{10}"));
        }
    }

    /** A part of the tree as all of it. */
    static void namespace(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            CuratorFramework inside = client.usingNamespace(bed.path().substring(1));
            inside.create().creatingParentsIfNeeded().forPath("/a", bytes("x"));
            Check.equal("seen from outside", "x", text(client.getData().forPath(bed.path() + "/a")));
            Check.equal("seen from inside", List.of("a"), inside.getChildren().forPath("/"));
        }
    }

    /** Watches that fire once, that stay, and that are taken away. */
    static void watches(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            String path = bed.path();
            client.create().forPath(path, bytes("x"));
            var events = new LinkedBlockingQueue<WatchedEvent>();
            CuratorWatcher watcher = events::add;
            client.getData().usingWatcher(watcher).forPath(path);
            client.setData().forPath(path, bytes("y"));
            next("once", events, EventType.NodeDataChanged, path);
            client.watchers().add().withMode(AddWatchMode.PERSISTENT_RECURSIVE).usingWatcher(watcher).forPath(path);
            client.create().forPath(path + "/c");
            next("below", events, EventType.NodeCreated, path + "/c");
            client.delete().forPath(path + "/c");
            next("again", events, EventType.NodeDeleted, path + "/c");
            client.watchers().remove(watcher).forPath(path);
            next("taken away", events, EventType.PersistentWatchRemoved, path);
            client.setData().forPath(path, bytes("z"));
            Check.that("silent after it", events.isEmpty());
        }
    }

    static void next(String what, LinkedBlockingQueue<WatchedEvent> events, EventType type, String path) throws Exception {
        WatchedEvent event = events.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
        String came = event == null ? "nothing" : event.getType() + " " + event.getPath();
        Check.equal(what, type + " " + path, came);
    }

    /** The utilities for paths. */
    static void paths(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            var zk = client.getZookeeperClient().getZooKeeper();
            String path = ZKPaths.makePath(bed.path(), "a", "b");
            ZKPaths.mkdirs(zk, path);
            for (String name : List.of("n-0000000002", "m-0000000001")) {
                client.create().forPath(path + "/" + name);
            }
            Check.equal("in the order of the names", List.of("m-0000000001", "n-0000000002"),
                ZKPaths.getSortedChildren(zk, path));
            new EnsureContainers(client, path + "/c").ensure();
            Check.that("a container ensured", client.checkExists().forPath(path + "/c") != null);
            ZKPaths.deleteChildren(zk, bed.path(), true);
            Check.equal("deleted with all below", null, client.checkExists().forPath(bed.path()));
        }
    }

    /** Several operations at once. */
    static void transactions(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            String path = bed.path();
            var operation = client.transactionOp();
            List<CuratorTransactionResult> results = client.transaction().forOperations(
                operation.create().forPath(path, bytes("x")),
                operation.create().withMode(CreateMode.PERSISTENT_SEQUENTIAL).forPath(path + "/s-"),
                operation.setData().withVersion(0).forPath(path, bytes("y")),
                operation.check().withVersion(1).forPath(path));
            Check.equal("the path of a numbered node", path + "/s-0000000000", results.get(1).getResultPath());
            Check.equal("the stat of a write", 1, results.get(2).getResultStat().getVersion());
            Check.refused("with a wrong check", Code.BADVERSION, () -> client.transaction().forOperations(
                operation.delete().forPath(path + "/s-0000000000"), operation.check().withVersion(9).forPath(path)));
            Check.equal("nothing of it was done", List.of("s-0000000000"), client.getChildren().forPath(path));
        }
    }
}
