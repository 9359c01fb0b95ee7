package dev.synod.conformance.plain;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Failure;
import dev.synod.conformance.Handle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.StatsTrack;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.client.FourLetterWordMain;
import org.apache.zookeeper.data.ClientInfo;

/** The smaller requests, the server's own nodes, and the words of four letters. */
final class Surface {
    private Surface() {}

    /** Whom the server takes this client for. */
    static void whoAmI(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            Check.equal("an address", List.of("ip 127.0.0.1"), whoAmI(zk));
            zk.addAuthInfo("digest", Handle.bytes("ann:one"));
            Check.equal("and a name", List.of("digest ann", "ip 127.0.0.1"), whoAmI(zk));
        }
    }

    private static List<String> whoAmI(Handle zk) throws Exception {
        List<String> shown = new ArrayList<>();
        for (ClientInfo info : zk.whoAmI()) {
            shown.add(info.getAuthScheme() + " " + info.getUser());
        }
        Collections.sort(shown);
        return shown;
    }

    /** The client puts a path before all of its own, and takes it off what comes. */
    static void chroot(Bed bed) throws Exception {
        String path = bed.path();
        try (Handle outside = Handle.open(bed); Handle inside = Handle.open(bed.connect() + path, Bed.SESSION_MS)) {
            Check.refused("anything below a root that is not there", Code.NONODE, () -> inside.make("/a", ""));
            outside.make(path, "root");
            Check.equal("the path that is answered", "/a", inside.make("/a", "x"));
            Check.equal("a number below it", "/s-0000000001", inside.make("/s-", "", CreateMode.EPHEMERAL_SEQUENTIAL));
            Check.equal("seen from outside", "x", outside.text(path + "/a"));
            inside.getData("/a", inside.watcher(), null);
            outside.setData(path + "/a", null, -1);
            inside.event(EventType.NodeDataChanged, "/a");
            Check.equal("the root from inside", "root", inside.text("/"));
        }
    }

    /** The session's own ephemeral nodes, below a path. */
    static void ephemerals(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed); Handle other = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "");
            zk.make(path + "/a", "", CreateMode.EPHEMERAL);
            zk.make(path + "/plain", "");
            zk.make(path + "/plain/b", "", CreateMode.EPHEMERAL);
            other.sync("/");
            other.make(path + "/c", "", CreateMode.EPHEMERAL);
            Check.equal("all", List.of(path + "/a", path + "/plain/b"), sorted(zk.getEphemerals()));
            Check.equal("those below a path", List.of(path + "/plain/b"), zk.getEphemerals(path + "/plain"));
            Check.equal("the other's", List.of(path + "/c"), other.getEphemerals());
        }
    }

    private static List<String> sorted(List<String> names) {
        return names.stream().sorted().toList();
    }

    /** How many nodes are below one, at all depths. */
    static void allChildrenNumber(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "");
            Check.equal("none", 0, zk.getAllChildrenNumber(path));
            for (String below : List.of("/a", "/a/b", "/a/b/c", "/d")) {
                zk.make(path + below, "");
            }
            zk.make(path + "x", "");
            Check.equal("four", 4, zk.getAllChildrenNumber(path));
            Check.equal("two", 2, zk.getAllChildrenNumber(path + "/a"));
            zk.delete(path + "x", -1);
        }
    }

    /** After a sync a member shows what was acknowledged elsewhere before it. */
    static void sync(Bed bed) throws Exception {
        String path = bed.path();
        try (Handle first = Handle.open(bed.members().get(0), Bed.SESSION_MS);
            Handle second = Handle.open(bed.members().get(1), Bed.SESSION_MS);
            Handle third = Handle.open(bed.members().get(2), Bed.SESSION_MS)) {
            first.make(path, "0");
            for (int i = 1; i <= 50; i++) {
                first.setData(path, Handle.bytes("" + i), -1);
                for (Handle reader : List.of(second, third)) {
                    reader.sync(path, (code, where, context) -> { }, null);
                    String read = reader.text(path);
                    if (!read.equals("" + i)) {
                        throw new Failure("after a sync " + read + " is read, not " + i);
                    }
                }
            }
            Check.that("fifty writes are each seen at once on the others", true);
            CountDownLatch done = new CountDownLatch(1);
            first.sync("/none/of/this", (code, where, context) -> {
                if (code == Code.OK.intValue() && where.equals("/none/of/this")) {
                    done.countDown();
                }
            }, null);
            Check.that("the path need not be there", done.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
        }
    }

    /** The ensemble's members, as a client that finds them asks. */
    static void config(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String config = new String(zk.getConfig(false, null), StandardCharsets.UTF_8);
            for (String member : bed.members()) {
                Check.that("a line server.N=... that ends with " + member, config.lines()
                    .anyMatch(line -> line.matches("server\\.[0-9]+=.*:participant;" + member.replace(".", "\\."))));
            }
            Check.that("a line version=...", config.lines().anyMatch(line -> line.matches("version=[0-9a-f]+")));
            Check.equal("the node itself holds it", config, zk.text("/zookeeper/config"));
            Check.refused("a write to it by anybody", Code.NOAUTH, () -> zk.setData("/zookeeper/config", null, -1));
        }
    }

    /** What is there in an empty ensemble. */
    static void systemNodes(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            Check.that("the root holds `zookeeper`", zk.getChildren("/", false).contains("zookeeper"));
            Check.equal("and that config and quota", List.of("config", "quota"), sorted(zk.getChildren("/zookeeper", false)));
            Check.equal("the root's rights", Ids.OPEN_ACL_UNSAFE, zk.getACL("/", null));
            Check.refused("deleting /zookeeper", Code.BADARGUMENTS, () -> zk.delete("/zookeeper", -1));
            Check.refused("deleting /zookeeper/quota", Code.BADARGUMENTS, () -> zk.delete("/zookeeper/quota", -1));
        }
    }

    /** Hard limits of number and bytes below a path, and what is counted. */
    static void quota(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "");
            String quota = "/zookeeper/quota" + path;
            zk.make(quota, "");
            zk.make(quota + "/zookeeper_limits", "count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3");
            zk.make(quota + "/zookeeper_stats", "count=0,bytes=0");
            zk.make(path + "/a", "12345");
            zk.make(path + "/b", "1234");
            Check.refused("a fourth node, the first being the path itself", Code.QUOTAEXCEEDED, () -> zk.make(path + "/c", ""));
            Check.refused("an eleventh byte", Code.QUOTAEXCEEDED, () -> zk.setData(path + "/b", Handle.bytes("123456"), -1));
            var stats = new StatsTrack(zk.text(quota + "/zookeeper_stats"));
            Check.equal("what is counted", List.of(3L, 9L), List.of(stats.getCount(), stats.getBytes()));
            zk.delete(path + "/b", -1);
            zk.make(path + "/c", "");
            Check.equal("a deletion makes room", List.of("a", "c"), sorted(zk.getChildren(path, false)));
        }
    }

    /** As monitoring asks, each on its own connection of the client port. */
    static void fourLetterWords(Bed bed) throws Exception {
        Check.equal("ruok", "imok", word(bed, 0, "ruok").trim());
        Check.equal("isro", "rw", word(bed, 0, "isro").trim());
        int leaders = 0;
        for (int member = 0; member < bed.members().size(); member++) {
            String status = word(bed, member, "srvr");
            for (String line : List.of("Zookeeper version: ", "Zxid: 0x", "Mode: ", "Node count: ")) {
                Check.that("srvr has a line `" + line + "`", status.lines().anyMatch(shown -> shown.startsWith(line)));
            }
            leaders += status.contains("Mode: leader") ? 1 : 0;
        }
        Check.equal("one leads", 1, leaders);
        Check.that("stat lists clients", word(bed, 0, "stat").contains("Clients:"));
        Check.that("mntr has zk_server_state", word(bed, 0, "mntr").contains("zk_server_state\t"));
        Check.that("conf has clientPort", word(bed, 0, "conf").contains("clientPort="));
        Check.that("envi has java.version or another version", word(bed, 0, "envi").contains("version="));
        try (Handle zk = Handle.open(bed.members().get(0), Bed.SESSION_MS)) {
            String session = "0x" + Long.toHexString(zk.getSessionId());
            zk.make(bed.path(), "", CreateMode.EPHEMERAL);
            zk.getData(bed.path(), zk.watcher(), null);
            Check.that("cons lists the session", word(bed, 0, "cons").contains("sid=" + session));
            Check.that("wchs counts a watch", word(bed, 0, "wchs").contains("Total watches:"));
            Check.that("wchc lists it by session", word(bed, 0, "wchc").contains(session));
            Check.that("wchp lists it by path", word(bed, 0, "wchp").contains(bed.path()));
            Check.that("dump lists the ephemeral node", word(bed, 0, "dump").contains(bed.path()));
        }
        Check.that("dirs tells sizes", word(bed, 0, "dirs").contains("datadir_size: "));
        Check.that("gtmk is a number", word(bed, 0, "gtmk").trim().matches("[0-9]+"));
    }

    /** What a member answers to a word. */
    static String word(Bed bed, int member, String word) throws Exception {
        String[] address = bed.members().get(member).split(":");
        return FourLetterWordMain.send4LetterWord(address[0], Integer.parseInt(address[1]), word);
    }
}
