package dev.synod.conformance.plain;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Handle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper.States;

/** Members die under a client. */
final class Reconnection {
    /** 20,000 paths of 100 letters are 2 MB: the client sends them in frames of 128 KiB. */
    private static final int WATCHES = 20_000;

    private static final int PATH_LETTERS = 100;
    private static final int SHORT_SESSION_MS = 3_000;

    private Reconnection() {}

    /** The member dies; the session goes on at another, with its nodes and its watches. */
    static void reattach(Bed bed) throws Exception {
        String path = bed.path();
        try (Handle zk = Handle.open(bed); Handle other = Handle.open(bed)) {
            zk.make(path, "");
            zk.make(path + "/data", "");
            zk.make(path + "/mine", "", CreateMode.EPHEMERAL);
            zk.getData(path + "/data", zk.watcher(), null);
            zk.exists(path + "/later", zk.watcher());
            zk.getChildren(path, zk.watcher());
            zk.addWatch(path + "/data", zk.watcher(), AddWatchMode.PERSISTENT);
            zk.addWatch(path + "/tree", zk.watcher(), AddWatchMode.PERSISTENT_RECURSIVE);
            long id = zk.getSessionId();
            String member = zk.member();
            bed.kill(member);
            zk.state(KeeperState.Disconnected);
            zk.connected();
            Check.that("at another member", !zk.member().equals(member));
            Check.equal("with the same session", id, zk.getSessionId());
            Check.equal("which has its node", id, zk.exists(path + "/mine", false).getEphemeralOwner());
            zk.quiet();
            other.exists("/", false);
            other.setData(path + "/data", null, -1);
            zk.event(EventType.NodeDataChanged, path + "/data");
            other.make(path + "/later", "");
            List<String> came = new ArrayList<>(List.of(shown(zk), shown(zk)));
            Collections.sort(came);
            Check.equal("the list of children and the creation",
                List.of("NodeChildrenChanged " + path, "NodeCreated " + path + "/later"), came);
            other.make(path + "/tree", "");
            zk.event(EventType.NodeCreated, path + "/tree");
            other.setData(path + "/data", null, -1);
            zk.event(EventType.NodeDataChanged, path + "/data");
            bed.start(member);
            zk.setData(path + "/data", null, -1);
            zk.event(EventType.NodeDataChanged, path + "/data");
            zk.quiet();
        }
    }

    private static String shown(Handle zk) throws Exception {
        var event = zk.event();
        return event.getType() + " " + event.getPath();
    }

    /** What happened to watched nodes while the client had no member is told when it has one again. */
    static void missed(Bed bed) throws Exception {
        String path = bed.path();
        String member = bed.members().get(0);
        List<String> others = bed.members().subList(1, bed.members().size());
        try (Handle zk = Handle.open(member, 2 * Bed.SESSION_MS);
            Handle other = Handle.open(String.join(",", others), Bed.SESSION_MS)) {
            zk.make(path, "");
            zk.make(path + "/written", "");
            zk.make(path + "/deleted", "");
            zk.make(path + "/parent", "");
            zk.make(path + "/calm", "");
            zk.getData(path + "/written", zk.watcher(), null);
            zk.exists(path + "/deleted", zk.watcher());
            zk.exists(path + "/created", zk.watcher());
            zk.getChildren(path + "/parent", zk.watcher());
            zk.getData(path + "/calm", zk.watcher(), null);
            bed.kill(member);
            zk.state(KeeperState.Disconnected);
            other.setData(path + "/written", null, -1);
            other.delete(path + "/deleted", -1);
            other.make(path + "/created", "");
            other.make(path + "/parent/child", "");
            bed.start(member);
            zk.connected();
            List<String> came = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                came.add(shown(zk).replace(path, ""));
            }
            Collections.sort(came);
            Check.equal("four events", List.of("NodeChildrenChanged /parent", "NodeCreated /created",
                "NodeDataChanged /written", "NodeDeleted /deleted"), came);
            other.setData(path + "/calm", null, -1);
            zk.event(EventType.NodeDataChanged, path + "/calm");
            zk.quiet();
        }
    }

    /** So many watches that they do not fit a frame are set anew at another member. */
    static void many(Bed bed) throws Exception {
        String path = bed.path();
        try (Handle zk = Handle.open(bed); Handle other = Handle.open(bed)) {
            zk.make(path, "");
            CountDownLatch set = new CountDownLatch(WATCHES);
            for (int i = 0; i < WATCHES; i++) {
                zk.exists(watched(path, i), zk.watcher(), (code, where, context, stat) -> set.countDown(), null);
            }
            Check.that(WATCHES + " watches are set", set.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            String member = zk.member();
            bed.kill(member);
            zk.state(KeeperState.Disconnected);
            zk.connected();
            Check.that("the session lives", zk.exists(path, false) != null);
            other.exists("/", false);
            for (int i = 0; i < WATCHES; i += WATCHES / 20) {
                other.make(watched(path, i), "");
                zk.event(EventType.NodeCreated, watched(path, i));
            }
            other.make(watched(path, WATCHES - 1), "");
            zk.event(EventType.NodeCreated, watched(path, WATCHES - 1));
            zk.quiet();
            bed.start(member);
        }
    }

    private static String watched(String path, int number) {
        return path + "/" + String.format("%0" + (PATH_LETTERS - path.length() - 1) + "d", number);
    }

    /** A client that finds no member any more: its session ends after its timeout, not before; its nodes go. */
    static void expires(Bed bed) throws Exception {
        String path = bed.path();
        String member = bed.members().get(0);
        List<String> others = bed.members().subList(1, bed.members().size());
        try (Handle zk = Handle.open(member, SHORT_SESSION_MS);
            Handle other = Handle.open(String.join(",", others), Bed.SESSION_MS)) {
            zk.make(path, "", CreateMode.EPHEMERAL);
            other.sync(path);
            Check.that("the node is there", other.exists(path, other.watcher()) != null);
            long killed = System.nanoTime();
            bed.kill(member);
            other.event(EventType.NodeDeleted, path);
            long ms = (System.nanoTime() - killed) / 1_000_000;
            // Its last ping may have come as long before as a third of the timeout.
            Check.that("not before two thirds of its timeout: " + ms + " ms", ms > SHORT_SESSION_MS * 2 / 3 - 200);
            bed.start(member);
            zk.state(KeeperState.Expired);
            Check.refused("a request of the ended session", Code.SESSIONEXPIRED, () -> zk.exists(path, false));
        }
    }

    /** A member that has no majority serves reads to new sessions of clients that are content with that. */
    static void readOnly(Bed bed) throws Exception {
        String path = bed.path();
        String last = bed.members().get(2);
        try (Handle before = Handle.open(last, Bed.SESSION_MS)) {
            before.make(path, "x");
        }
        bed.kill(bed.members().get(0));
        bed.kill(bed.members().get(1));
        Check.eventually("the last member says that it has no majority", () -> Surface.word(bed, 2, "isro").trim().equals("ro"));
        try (Handle zk = Handle.content(last, 3 * Bed.SESSION_MS)) {
            zk.state(KeeperState.ConnectedReadOnly);
            Check.equal("its state", States.CONNECTEDREADONLY, zk.getState());
            Check.equal("a read", "x", zk.text(path));
            Check.refused("a write", Code.NOTREADONLY, () -> zk.setData(path, null, -1));
            bed.start(bed.members().get(0));
            bed.start(bed.members().get(1));
            zk.connected();
            Check.equal("a write with a majority", 1, zk.setData(path, null, 0).getVersion());
        }
    }
}
