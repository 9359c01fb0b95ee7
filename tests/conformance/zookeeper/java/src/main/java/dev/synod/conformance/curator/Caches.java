package dev.synod.conformance.curator;

import static dev.synod.conformance.curator.Curators.bytes;
import static dev.synod.conformance.curator.Curators.text;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.ChildData;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.cache.NodeCache;
import org.apache.curator.framework.recipes.cache.PathChildrenCache;
import org.apache.curator.framework.recipes.cache.TreeCache;

/** Copies of a part of the tree that follow it. */
@SuppressWarnings("deprecation")
final class Caches {
    private Caches() {}

    /** A tree, by a persistent recursive watch. */
    static void curatorCache(Bed bed) throws Exception {
        String path = bed.path();
        try (CuratorFramework client = Curators.open(bed); CuratorFramework writer = Curators.open(bed);
            CuratorCache cache = CuratorCache.build(client, path)) {
            writer.create().creatingParentsIfNeeded().forPath(path + "/a", bytes("1"));
            var events = new ConcurrentLinkedQueue<String>();
            CountDownLatch filled = new CountDownLatch(1);
            cache.listenable().addListener(CuratorCacheListener.builder()
                .forCreates(made -> events.add("created " + made.getPath()))
                .forChanges((before, after) -> events.add("changed " + after.getPath() + " " + text(after.getData())))
                .forDeletes(gone -> events.add("deleted " + gone.getPath()))
                .forInitialized(filled::countDown).build());
            cache.start();
            Check.that("filled", filled.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            Check.equal("two nodes", 2, cache.size());
            events.clear();
            writer.create().forPath(path + "/a/b", bytes("2"));
            // The cache reads a node after it was told of it: a write that comes before is none that it tells of.
            await(events, "created " + path + "/a/b");
            writer.setData().forPath(path + "/a/b", bytes("3"));
            await(events, "changed " + path + "/a/b 3");
            writer.delete().forPath(path + "/a/b");
            await(events, "deleted " + path + "/a/b");
            Check.equal("what is left", "1", text(cache.get(path + "/a").map(ChildData::getData).orElseThrow()));
        }
    }

    private static void await(ConcurrentLinkedQueue<String> events, String wanted) throws Exception {
        Check.eventually("told: " + wanted, () -> events.contains(wanted));
    }

    /** The children of a node. */
    static void pathChildren(Bed bed) throws Exception {
        String path = bed.path();
        try (CuratorFramework client = Curators.open(bed); CuratorFramework writer = Curators.open(bed);
            var cache = new PathChildrenCache(client, path, true)) {
            writer.create().creatingParentsIfNeeded().forPath(path + "/a", bytes("1"));
            var events = new ConcurrentLinkedQueue<String>();
            cache.getListenable().addListener((from, event) -> events.add(
                event.getType() + (event.getData() == null ? "" : " " + event.getData().getPath())));
            cache.start(PathChildrenCache.StartMode.POST_INITIALIZED_EVENT);
            await(events, "INITIALIZED");
            writer.create().forPath(path + "/b", bytes("2"));
            await(events, "CHILD_ADDED " + path + "/b");
            writer.setData().forPath(path + "/b", bytes("3"));
            await(events, "CHILD_UPDATED " + path + "/b");
            Check.equal("the new data", "3", text(cache.getCurrentData(path + "/b").getData()));
            writer.delete().forPath(path + "/a");
            await(events, "CHILD_REMOVED " + path + "/a");
            Check.equal("one is left", 1, cache.getCurrentData().size());
        }
    }

    /** One node, whether it is there or not. */
    static void node(Bed bed) throws Exception {
        String path = bed.path();
        try (CuratorFramework client = Curators.open(bed); CuratorFramework writer = Curators.open(bed);
            var cache = new NodeCache(client, path)) {
            cache.start(true);
            Check.equal("not there", null, cache.getCurrentData());
            writer.create().forPath(path, bytes("1"));
            Check.eventually("there", () -> shown(cache).equals("1"));
            writer.setData().forPath(path, bytes("2"));
            Check.eventually("written", () -> shown(cache).equals("2"));
            writer.delete().forPath(path);
            Check.eventually("gone", () -> cache.getCurrentData() == null);
        }
    }

    private static String shown(NodeCache cache) {
        ChildData data = cache.getCurrentData();
        return data == null ? "" : text(data.getData());
    }

    /** A tree, by watches that fire once. */
    static void tree(Bed bed) throws Exception {
        String path = bed.path();
        try (CuratorFramework client = Curators.open(bed); CuratorFramework writer = Curators.open(bed);
            var cache = new TreeCache(client, path)) {
            writer.create().creatingParentsIfNeeded().forPath(path + "/a/b", bytes("1"));
            var events = new ConcurrentLinkedQueue<String>();
            cache.getListenable().addListener((from, event) -> events.add(
                event.getType() + (event.getData() == null ? "" : " " + event.getData().getPath())));
            cache.start();
            await(events, "INITIALIZED");
            Check.equal("children", List.of("b"), List.copyOf(cache.getCurrentChildren(path + "/a").keySet()));
            writer.create().forPath(path + "/a/b/c", bytes("2"));
            await(events, "NODE_ADDED " + path + "/a/b/c");
            writer.setData().forPath(path + "/a/b/c", bytes("3"));
            await(events, "NODE_UPDATED " + path + "/a/b/c");
            writer.delete().deletingChildrenIfNeeded().forPath(path + "/a/b");
            await(events, "NODE_REMOVED " + path + "/a/b");
            Check.equal("nothing below", 0, cache.getCurrentChildren(path + "/a").size());
        }
    }
}
