package dev.synod.conformance.plain;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Handle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.data.Stat;

/** Creating nodes of all kinds. */
final class Creation {
    private static final long TTL_MS = 1_000;

    private Creation() {}

    /** Each of the seven modes, with the name and the owner that it gives a node. */
    static void modes(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            zk.make(bed.path(), "");
            for (CreateMode mode : CreateMode.values()) {
                Stat stat = new Stat();
                long ttl = mode.isTTL() ? 60_000 : -1;
                String asked = bed.path() + "/n" + mode.toFlag() + "-";
                String made = zk.create(asked, Handle.bytes("x"), Ids.OPEN_ACL_UNSAFE, mode, stat, ttl);
                if (mode.isSequential()) {
                    Check.that(mode + ": the name ends with ten digits", made.matches(asked + "[0-9]{10}"));
                } else {
                    Check.equal(mode + ": the name", asked, made);
                }
                Check.equal(mode + ": create2 returns the stat that exists returns", zk.exists(made, false), stat);
                // Containers and times to live are not shown, though ZooKeeper keeps them in this field.
                Check.equal(mode + ": the owner", mode.isEphemeral() ? zk.getSessionId() : 0L, stat.getEphemeralOwner());
            }
        }
    }

    /** The number counts what was created below the parent, whatever its name, and does not go back. */
    static void sequenceNumbers(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String parent = bed.path();
            zk.make(parent, "");
            String first = zk.make(parent + "/a-", "", CreateMode.PERSISTENT_SEQUENTIAL);
            String second = zk.make(parent + "/b-", "", CreateMode.EPHEMERAL_SEQUENTIAL);
            Check.equal("the first", parent + "/a-0000000000", first);
            Check.equal("the second, of another name", parent + "/b-0000000001", second);
            zk.delete(second, -1);
            String third = zk.make(parent + "/", "", CreateMode.EPHEMERAL_SEQUENTIAL);
            // The number is the parent's cversion, which a deletion raised too: what is promised is that it grows.
            Check.that("a number alone is a name, and grows over a deletion", third.compareTo(parent + "/0000000001") > 0);
            zk.make(parent + "/plain", "");
            String fourth = zk.make(parent + "/a-", "", CreateMode.PERSISTENT_SEQUENTIAL);
            int before = Integer.parseInt(third.substring(parent.length() + 1));
            int after = Integer.parseInt(fourth.substring(parent.length() + 3));
            Check.equal("a node without a number counts too", before + 2, after);
            manyAtOnce(zk, parent);
        }
    }

    private static void manyAtOnce(Handle zk, String parent) throws Exception {
        List<String> names = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 100; i++) {
            zk.create(parent + "/many-", new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL_SEQUENTIAL,
                (code, path, context, name) -> names.add(name), null);
        }
        // Callbacks come in the order of asking, but on a thread of their own: only the last one tells that all came.
        CountDownLatch last = new CountDownLatch(1);
        zk.exists(parent, false, (code, path, context, stat) -> last.countDown(), null);
        Check.that("the last is answered", last.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
        Check.equal("all that were asked for before the last answer are answered", 100, names.size());
        Check.equal("their numbers are in the order of asking", names.stream().sorted().distinct().toList(), names);
    }

    /** A container goes when its last child went, and not before it had one. */
    static void container(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            zk.make(bed.path(), "");
            String used = zk.make(bed.path() + "/used", "", CreateMode.CONTAINER);
            String fresh = zk.make(bed.path() + "/fresh", "", CreateMode.CONTAINER);
            zk.make(used + "/child", "");
            zk.exists(used, zk.watcher());
            zk.delete(used + "/child", -1);
            zk.event(EventType.NodeDeleted, used);
            Check.that("one that never had a child is still there", zk.exists(fresh, false) != null);
        }
    }

    /** A node with a time to live goes when it was not written for so long and has no children. */
    static void ttl(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            zk.make(bed.path(), "");
            String parent = bed.path() + "/parent";
            String alone = bed.path() + "/alone";
            String long_ = bed.path() + "/long";
            ttlNode(zk, parent, TTL_MS);
            zk.make(parent + "/child", "");
            ttlNode(zk, alone, TTL_MS);
            ttlNode(zk, long_, 3_600_000);
            zk.exists(alone, zk.watcher());
            zk.event(EventType.NodeDeleted, alone);
            Check.that("one with a child is still there", zk.exists(parent, false) != null);
            Check.that("one with a longer time is still there", zk.exists(long_, false) != null);
            zk.exists(parent, zk.watcher());
            zk.delete(parent + "/child", -1);
            zk.event(EventType.NodeDeleted, parent);
        }
    }

    private static void ttlNode(Handle zk, String path, long ttlMs) throws Exception {
        zk.create(path, new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, new Stat(), ttlMs);
    }

    /** What cannot be created, with the code of each. */
    static void refused(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            Check.refused("a node without a parent", Code.NONODE, () -> zk.make(path + "/a/b", ""));
            zk.make(path, "");
            Check.refused("a node that is there", Code.NODEEXISTS, () -> zk.make(path, ""));
            Check.refused("the root", Code.NODEEXISTS, () -> zk.make("/", ""));
            String ephemeral = zk.make(path + "/e", "", CreateMode.EPHEMERAL);
            Check.refused("a child of an ephemeral node", Code.NOCHILDRENFOREPHEMERALS, () -> zk.make(ephemeral + "/c", ""));
            Check.refused("an empty list of rights", Code.INVALIDACL,
                () -> zk.create(path + "/n", new byte[0], List.of(), CreateMode.PERSISTENT));
            Check.equal("nothing of it was made", List.of("e"), zk.getChildren(path, false));
        }
    }
}
