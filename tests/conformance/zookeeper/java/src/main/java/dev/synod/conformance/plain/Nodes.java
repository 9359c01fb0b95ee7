package dev.synod.conformance.plain;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Failure;
import dev.synod.conformance.Handle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AsyncCallback.StatCallback;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.data.Stat;

/** Reading, writing and deleting nodes. */
final class Nodes {
    /** Below what a client takes in one frame, 0xfffff bytes. */
    private static final int FRAME_BYTES = 1_000_000;

    private static final int CHILDREN = 16_000;
    private static final int CHILDREN_PER_TRANSACTION = 2_000;

    private Nodes() {}

    /** All eleven fields, and what moves each. */
    static void stat(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            long before = System.currentTimeMillis();
            zk.make(path, "1234");
            Stat made = zk.exists(path, false);
            Check.equal("czxid, mzxid and pzxid are one", List.of(made.getCzxid(), made.getCzxid()),
                List.of(made.getMzxid(), made.getPzxid()));
            Check.equal("ctime is mtime", made.getCtime(), made.getMtime());
            Check.that("ctime is now, within a minute", Math.abs(made.getCtime() - before) < 60_000);
            Check.equal("versions and children are none", List.of(0, 0, 0, 0),
                List.of(made.getVersion(), made.getCversion(), made.getAversion(), made.getNumChildren()));
            Check.equal("no owner, four bytes", List.of(0L, 4), List.of(made.getEphemeralOwner(), made.getDataLength()));
            Stat written = zk.setData(path, Handle.bytes("123456"), 0);
            Check.that("a write raises mzxid and version only", written.getMzxid() > made.getMzxid()
                && written.getVersion() == 1 && written.getCzxid() == made.getCzxid()
                && written.getPzxid() == made.getPzxid() && written.getCversion() == 0 && written.getDataLength() == 6);
            zk.make(path + "/c", "");
            zk.setData(path + "/c", Handle.bytes("x"), -1);
            Stat parent = zk.exists(path, false);
            Check.that("a child raises pzxid and cversion; a write to it raises nothing", parent.getCversion() == 1
                && parent.getPzxid() == zk.exists(path + "/c", false).getCzxid() && parent.getNumChildren() == 1
                && parent.getMzxid() == written.getMzxid());
            zk.delete(path + "/c", 1);
            Stat without = zk.exists(path, false);
            Check.that("so does its deletion", without.getCversion() == 2 && without.getPzxid() > parent.getPzxid()
                && without.getNumChildren() == 0);
            Stat guarded = zk.setACL(path, Ids.OPEN_ACL_UNSAFE, 0);
            Check.that("other rights raise aversion only", guarded.getAversion() == 1 && guarded.getVersion() == 1
                && guarded.getMzxid() == written.getMzxid());
        }
    }

    /** A write is done if the version is the one expected, or -1 is. */
    static void versions(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "a");
            Check.equal("version 0 becomes 1", 1, zk.setData(path, Handle.bytes("b"), 0).getVersion());
            Check.refused("version 0 again", Code.BADVERSION, () -> zk.setData(path, Handle.bytes("c"), 0));
            Check.refused("a version that is not yet", Code.BADVERSION, () -> zk.setData(path, Handle.bytes("c"), 2));
            Check.equal("nothing of it was written", "b", zk.text(path));
            Check.equal("-1 is any", 2, zk.setData(path, Handle.bytes("d"), -1).getVersion());
            Check.refused("deletion at version 1", Code.BADVERSION, () -> zk.delete(path, 1));
            Check.refused("rights at aversion 4", Code.BADVERSION, () -> zk.setACL(path, Ids.OPEN_ACL_UNSAFE, 4));
            zk.delete(path, 2);
            Check.equal("deletion at version 2", null, zk.exists(path, false));
            Check.refused("a write to nothing", Code.NONODE, () -> zk.setData(path, Handle.bytes("e"), -1));
            Check.refused("a read of nothing", Code.NONODE, () -> zk.getData(path, false, null));
        }
    }

    /** What cannot be deleted. */
    static void deleteRefused(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            Check.refused("what is not there", Code.NONODE, () -> zk.delete(path, -1));
            zk.make(path, "");
            zk.make(path + "/c", "");
            Check.refused("what has children", Code.NOTEMPTY, () -> zk.delete(path, -1));
            Check.refused("the root", Code.BADARGUMENTS, () -> zk.delete("/", -1));
            zk.delete(path + "/c", -1);
            zk.delete(path, -1);
            Check.equal("without children it goes", null, zk.exists(path, false));
        }
    }

    /** None, empty, any bytes, and as many as fit a frame. */
    static void data(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.create(path, null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            Check.equal("no data stays none", null, zk.getData(path, false, null));
            zk.setData(path, new byte[0], -1);
            Check.equal("empty data stays empty", 0, zk.getData(path, false, null).length);
            byte[] large = new byte[FRAME_BYTES];
            new Random(7).nextBytes(large);
            zk.setData(path, large, -1);
            Stat stat = new Stat();
            Check.that("a million bytes come back", Arrays.equals(large, zk.getData(path, false, stat)));
            Check.equal("their number", FRAME_BYTES, stat.getDataLength());
            String odd = path + "/gr\u00fc\u00df \u6c34";
            zk.make(odd, "x");
            Check.equal("a name of letters beyond ASCII", List.of("gr\u00fc\u00df \u6c34"), zk.getChildren(path, false));
        }
    }

    /** Names, with the parent's stat. */
    static void children(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "p");
            Check.equal("none", List.of(), zk.getChildren(path, false));
            for (String name : List.of("b", "a", "c")) {
                zk.make(path + "/" + name, "");
            }
            zk.make(path + "/a/deep", "");
            Stat stat = new Stat();
            List<String> names = new ArrayList<>(zk.getChildren(path, false, stat));
            Collections.sort(names);
            Check.equal("the names, not of grandchildren", List.of("a", "b", "c"), names);
            Check.equal("the stat is the parent's", zk.exists(path, false), stat);
            Check.refused("children of nothing", Code.NONODE, () -> zk.getChildren(path + "/d", false));
        }
    }

    /** Names that fill a frame nearly. */
    static void largeChildren(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "");
            for (int start = 0; start < CHILDREN; start += CHILDREN_PER_TRANSACTION) {
                List<Op> operations = new ArrayList<>();
                for (int i = start; i < start + CHILDREN_PER_TRANSACTION; i++) {
                    String name = String.format("%s/%050d", path, i);
                    operations.add(Op.create(name, new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT));
                }
                zk.multi(operations);
            }
            List<String> names = zk.getChildren(path, false);
            Check.equal("all names come, about 860 kB", CHILDREN, names.size());
            Check.equal("each once", CHILDREN, (int) names.stream().distinct().count());
            Check.equal("their number in the stat", CHILDREN, zk.exists(path, false).getNumChildren());
        }
    }

    /** Answers come in the order of asking, reads and writes and failures alike. */
    static void asynchronous(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "0");
            List<String> answers = Collections.synchronizedList(new ArrayList<>());
            List<String> expected = new ArrayList<>();
            CountDownLatch open = new CountDownLatch(300);
            StatCallback writing = (code, where, context, stat) -> {
                answers.add("write " + Code.get(code));
                open.countDown();
            };
            for (int i = 1; i <= 100; i++) {
                zk.setData(path, Handle.bytes("" + i), -1, writing, null);
                expected.add("write OK");
                zk.getData(path, false, (code, where, context, data, stat) -> {
                    answers.add("read " + new String(data));
                    open.countDown();
                }, null);
                expected.add("read " + i);
                zk.setData(path + "/none", new byte[0], -1, writing, null);
                expected.add("write NONODE");
            }
            if (!open.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS)) {
                throw new Failure(open.getCount() + " answers of 300 did not come");
            }
            Check.equal("three hundred answers in the order of asking", expected, answers);
        }
    }
}
