package dev.synod.conformance.plain;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Failure;
import dev.synod.conformance.Handle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher.Event.EventType;

/** Watches that fire once. */
final class Watches {
    private Watches() {}

    /** Of getData: a write or the deletion; not a child. */
    static void data(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "");
            zk.getData(path, zk.watcher(), null);
            zk.make(path + "/c", "");
            zk.setData(path, null, -1);
            zk.event(EventType.NodeDataChanged, path);
            zk.setData(path, null, -1);
            zk.delete(path + "/c", -1);
            zk.quiet();
            zk.getData(path, zk.watcher(), null);
            zk.delete(path, -1);
            zk.event(EventType.NodeDeleted, path);
            Check.refused("a watch on what is not there", Code.NONODE, () -> zk.getData(path, zk.watcher(), null));
            zk.make(path, "");
            zk.quiet();
        }
    }

    /** Of exists: the creation too. */
    static void exists(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            Check.equal("not there yet", null, zk.exists(path, zk.watcher()));
            zk.make(path, "");
            zk.event(EventType.NodeCreated, path);
            zk.exists(path, zk.watcher());
            zk.setData(path, null, -1);
            zk.event(EventType.NodeDataChanged, path);
            zk.exists(path, zk.watcher());
            zk.delete(path, -1);
            zk.event(EventType.NodeDeleted, path);
            zk.quiet();
        }
    }

    /** Of getChildren: a child that comes or goes, or the parent's deletion; not a write. */
    static void children(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "");
            zk.getChildren(path, zk.watcher());
            zk.setData(path, null, -1);
            zk.make(path + "/c", "");
            zk.event(EventType.NodeChildrenChanged, path);
            zk.getChildren(path, zk.watcher());
            zk.setData(path + "/c", null, -1);
            zk.make(path + "/c/deep", "");
            zk.quiet();
            zk.delete(path + "/c/deep", -1);
            zk.delete(path + "/c", -1);
            zk.event(EventType.NodeChildrenChanged, path);
            zk.getChildren(path, zk.watcher());
            zk.getData(path, zk.watcher(), null);
            zk.delete(path, -1);
            zk.event(EventType.NodeDeleted, path);
            zk.quiet();
        }
    }

    /** An event comes before the answer to a read that shows its cause, and in the order of the causes. */
    static void order(Bed bed) throws Exception {
        try (Handle reader = Handle.open(bed); Handle writer = Handle.open(bed)) {
            String path = bed.path();
            writer.make(path, "0");
            reader.sync(path);
            for (int round = 1; round <= 20; round++) {
                round(reader, writer, path, round);
            }
            Check.that("twenty times no read showed what was not told before", true);
            writer.make(path + "/a", "");
            writer.make(path + "/b", "");
            reader.sync(path);
            reader.getData(path + "/a", reader.watcher(), null);
            reader.getData(path + "/b", reader.watcher(), null);
            reader.getChildren(path, reader.watcher());
            writer.multi(List.of(Op.setData(path + "/b", null, -1), Op.delete(path + "/a", -1)));
            List<String> came = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                var event = reader.event();
                came.add(event.getType() + event.getPath().substring(path.length()));
            }
            Check.equal("the events of a transaction, in its order",
                List.of("NodeDataChanged/b", "NodeDeleted/a", "NodeChildrenChanged"), came);
        }
    }

    private static void round(Handle reader, Handle writer, String path, int round) throws Exception {
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch told = new CountDownLatch(1);
        reader.getData(path, event -> {
            seen.add("event");
            told.countDown();
        }, null);
        writer.setData(path, Handle.bytes("" + round), -1, (code, where, context, stat) -> { }, null);
        CountDownLatch shown = new CountDownLatch(1);
        read(reader, path, "" + round, seen, shown);
        if (!shown.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS) || !told.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS)) {
            throw new Failure("no event or no new value in round " + round);
        }
        if (!seen.equals(List.of("event", "value"))) {
            throw new Failure("the new value was shown before the event: " + seen);
        }
    }

    /** Reads until the new value is shown; callbacks and watchers run on one thread, in the order of the frames. */
    private static void read(Handle zk, String path, String wanted, List<String> seen, CountDownLatch shown) {
        zk.getData(path, false, (code, where, context, data, stat) -> {
            if (new String(data).equals(wanted)) {
                seen.add("value");
                shown.countDown();
            } else {
                read(zk, path, wanted, seen, shown);
            }
        }, null);
    }

    /** What other sessions do is told, on all members; two watchers of one path are told both. */
    static void ofOthers(Bed bed) throws Exception {
        String path = bed.path();
        try (Handle writer = Handle.open(bed)) {
            writer.make(path, "");
            for (String member : bed.members()) {
                try (Handle reader = Handle.open(member, Bed.SESSION_MS)) {
                    reader.sync(path);
                    CountDownLatch second = new CountDownLatch(1);
                    reader.getData(path, reader.watcher(), null);
                    reader.getData(path, event -> second.countDown(), null);
                    writer.setData(path, null, -1);
                    reader.event(EventType.NodeDataChanged, path);
                    Check.that("the other watcher is told too", second.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
                    reader.quiet();
                }
            }
        }
    }
}
