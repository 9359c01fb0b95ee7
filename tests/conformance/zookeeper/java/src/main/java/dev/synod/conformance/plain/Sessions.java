package dev.synod.conformance.plain;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Failure;
import dev.synod.conformance.Handle;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;

/** The life of a session. */
final class Sessions {
    private Sessions() {}

    /** Between the server's bounds, what was asked for. */
    static void timeout(Bed bed) throws Exception {
        int least = Integer.parseInt(bed.setting("session_ms_min"));
        int most = Integer.parseInt(bed.setting("session_ms_max"));
        for (int[] pair : new int[][] {{least / 2, least}, {least + 500, least + 500}, {most * 2, most}}) {
            try (Handle zk = Handle.open(bed.connect(), pair[0])) {
                Check.equal("asked for " + pair[0] + " ms", pair[1], zk.getSessionTimeout());
            }
        }
    }

    /** Ephemeral nodes go with the session that is closed, at once; other nodes stay. */
    static void close(Bed bed) throws Exception {
        String path = bed.path();
        try (Handle watching = Handle.open(bed)) {
            Handle zk = Handle.open(bed);
            zk.make(path, "");
            zk.make(path + "/e", "", CreateMode.EPHEMERAL);
            zk.make(path + "/p", "");
            watching.sync(path);
            watching.exists(path + "/e", watching.watcher());
            zk.close();
            watching.event(EventType.NodeDeleted, path + "/e");
            Check.equal("the other node stays", List.of("p"), watching.getChildren(path, false));
            Check.refused("a request of a closed session", Code.SESSIONEXPIRED, () -> zk.exists(path, false));
        }
    }

    /** Whoever knows number and password goes on with a session; whoever closes it closes it for all. */
    static void shared(Bed bed) throws Exception {
        String path = bed.path();
        try (Handle first = Handle.open(bed)) {
            first.make(path, "", CreateMode.EPHEMERAL);
            long id = first.getSessionId();
            Handle second = Handle.attach(bed.connect(), id, first.getSessionPasswd()).connected();
            Check.equal("the number of the session", id, second.getSessionId());
            Check.equal("its nodes", id, second.exists(path, false).getEphemeralOwner());
            Check.equal("listed too", List.of(path), second.getEphemerals());
            second.close();
            first.state(KeeperState.Expired);
            Check.refused("the other after the closing", Code.SESSIONEXPIRED, () -> first.exists(path, false));
        }
        try (Handle after = Handle.open(bed)) {
            after.sync(path);
            Check.equal("the nodes are gone", null, after.exists(path, false));
        }
    }

    /** A session is not given to whoever knows its number only. */
    static void wrongPassword(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed);
            Handle thief = Handle.attach(bed.connect(), zk.getSessionId(), new byte[16])) {
            thief.state(KeeperState.Expired);
            // ZooKeeper closes the owner's connection before it looks at the password; the owner comes back by itself.
            Check.eventually("the owner goes on", () -> lives(zk));
        }
        try (Handle nobody = Handle.attach(bed.connect(), 0x7fff_ffffL, new byte[16])) {
            nobody.state(KeeperState.Expired);
            Check.that("nor one that never was", !nobody.getState().isConnected());
        }
    }

    private static boolean lives(Handle zk) throws Exception {
        try {
            return zk.exists("/", false) != null;
        } catch (KeeperException.ConnectionLossException exception) {
            return false;
        }
    }

    /** A session that went to another member is not written through the old connection. */
    static void moved(Bed bed) throws Exception {
        String path = bed.path();
        String here = bed.members().get(0);
        String there = bed.otherThan(here);
        try (Handle old = Handle.open(here, Bed.SESSION_MS)) {
            old.make(path, "");
            old.make(path + "/e", "", CreateMode.EPHEMERAL);
            Handle fresh = Handle.attach(there, old.getSessionId(), old.getSessionPasswd()).connected();
            fresh.make(path + "/by-the-new", "");
            try {
                old.make(path + "/by-the-old", "");
                throw new Failure("a write through the old connection was done");
            } catch (KeeperException exception) {
                Check.that("a write through the old connection fails: it is closed, or answered SESSIONMOVED",
                    List.of(Code.CONNECTIONLOSS, Code.SESSIONMOVED).contains(exception.code()));
            }
            try (Handle other = Handle.open(there, Bed.SESSION_MS)) {
                other.sync(path);
                Check.equal("what was written", List.of("by-the-new", "e"),
                    other.getChildren(path, false).stream().sorted().toList());
                fresh.close();
                other.sync(path);
                Check.equal("closing ends the session", null, other.exists(path + "/e", false));
            }
        }
    }
}
