package dev.synod.conformance.plain;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Handle;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.WatcherType;

/** Watches that stay, and taking watches away. */
final class PersistentWatches {
    private PersistentWatches() {}

    /** One node: all that happens to it and to the list of its children, again and again. */
    static void persistent(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.addWatch(path, zk.watcher(), AddWatchMode.PERSISTENT);
            for (int round = 0; round < 2; round++) {
                zk.make(path, "");
                zk.event(EventType.NodeCreated, path);
                zk.setData(path, null, -1);
                zk.event(EventType.NodeDataChanged, path);
                zk.make(path + "/c", "");
                zk.event(EventType.NodeChildrenChanged, path);
                zk.setData(path + "/c", null, -1);
                zk.delete(path + "/c", -1);
                zk.event(EventType.NodeChildrenChanged, path);
                zk.delete(path, -1);
                zk.event(EventType.NodeDeleted, path);
            }
            zk.quiet();
        }
    }

    /** A node and all below it; no lists of children. */
    static void recursive(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.addWatch(path, zk.watcher(), AddWatchMode.PERSISTENT_RECURSIVE);
            zk.make(path, "");
            zk.event(EventType.NodeCreated, path);
            zk.make(path + "/a", "");
            zk.event(EventType.NodeCreated, path + "/a");
            zk.make(path + "/a/b", "");
            zk.event(EventType.NodeCreated, path + "/a/b");
            zk.setData(path + "/a/b", null, -1);
            zk.event(EventType.NodeDataChanged, path + "/a/b");
            zk.make(path + "x", "");
            zk.delete(path + "x", -1);
            zk.delete(path + "/a/b", -1);
            zk.event(EventType.NodeDeleted, path + "/a/b");
            zk.delete(path + "/a", -1);
            zk.event(EventType.NodeDeleted, path + "/a");
            zk.quiet();
        }
    }

    /** One watcher of one kind, with the event that tells so; others stay. */
    static void remove(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "");
            zk.getData(path, zk.watcher(), null);
            zk.getChildren(path, zk.watcher());
            zk.removeWatches(path, zk.watcher(), WatcherType.Children, false);
            zk.event(EventType.ChildWatchRemoved, path);
            zk.make(path + "/c", "");
            zk.setData(path, null, -1);
            zk.event(EventType.NodeDataChanged, path);
            zk.getData(path, zk.watcher(), null);
            zk.removeWatches(path, zk.watcher(), WatcherType.Data, false);
            zk.event(EventType.DataWatchRemoved, path);
            zk.setData(path, null, -1);
            zk.addWatch(path, zk.watcher(), AddWatchMode.PERSISTENT);
            zk.removeWatches(path, zk.watcher(), WatcherType.Any, false);
            zk.event(EventType.PersistentWatchRemoved, path);
            zk.addWatch(path, zk.watcher(), AddWatchMode.PERSISTENT_RECURSIVE);
            zk.removeWatches(path, zk.watcher(), WatcherType.Any, false);
            zk.event(EventType.PersistentWatchRemoved, path);
            zk.setData(path, null, -1);
            zk.quiet();
            Check.refused("one that is not there", Code.NOWATCHER,
                () -> zk.removeWatches(path, zk.watcher(), WatcherType.Data, false));
        }
    }

    /** All watchers of a path. */
    static void removeAll(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "");
            zk.getData(path, zk.watcher(), null);
            zk.getData(path, event -> { }, null);
            zk.getChildren(path, zk.watcher());
            zk.removeAllWatches(path, WatcherType.Data, false);
            zk.event(EventType.DataWatchRemoved, path);
            zk.setData(path, null, -1);
            zk.removeAllWatches(path, WatcherType.Any, false);
            zk.event(EventType.ChildWatchRemoved, path);
            zk.make(path + "/c", "");
            zk.quiet();
            Check.refused("when there is none", Code.NOWATCHER,
                () -> zk.removeAllWatches(path, WatcherType.Any, false));
        }
    }
}
