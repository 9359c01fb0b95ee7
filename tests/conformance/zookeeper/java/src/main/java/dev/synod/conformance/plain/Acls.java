package dev.synod.conformance.plain;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Handle;
import java.util.Arrays;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;

/** Who may do what. */
final class Acls {
    private Acls() {}

    private static List<ACL> acl(int rights, String scheme, String id) {
        return list(new ACL(rights, new Id(scheme, id)));
    }

    /** A list that may be asked whether it contains null, as the client does. */
    private static List<ACL> list(ACL... rights) {
        return Arrays.asList(rights);
    }

    private static void make(Handle zk, String path, List<ACL> acl) throws Exception {
        zk.create(path, Handle.bytes("x"), acl, CreateMode.PERSISTENT);
    }

    /** Each right of anybody, alone and missing. */
    static void world(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "");
            Stat stat = new Stat();
            Check.equal("anybody may do anything", acl(Perms.ALL, "world", "anyone"), zk.getACL(path, stat));
            Check.equal("the stat comes too", zk.exists(path, false), stat);
            make(zk, path + "/read", acl(Perms.READ, "world", "anyone"));
            Check.equal("what may be read is", "x", zk.text(path + "/read"));
            Check.refused("a write without the right", Code.NOAUTH, () -> zk.setData(path + "/read", null, -1));
            Check.refused("a child without the right", Code.NOAUTH, () -> zk.make(path + "/read/c", ""));
            Check.refused("rights without the right", Code.NOAUTH,
                () -> zk.setACL(path + "/read", Ids.OPEN_ACL_UNSAFE, -1));
            make(zk, path + "/write", acl(Perms.WRITE, "world", "anyone"));
            Check.refused("a read without the right", Code.NOAUTH, () -> zk.text(path + "/write"));
            Check.refused("children without the right", Code.NOAUTH, () -> zk.getChildren(path + "/write", false));
            Check.refused("rights unseen", Code.NOAUTH, () -> zk.getACL(path + "/write", null));
            Check.that("exists asks for no right", zk.exists(path + "/write", false) != null);
            zk.setData(path + "/write", Handle.bytes("y"), -1);
            make(zk, path + "/create", acl(Perms.CREATE, "world", "anyone"));
            zk.make(path + "/create/c", "");
            Check.refused("a child's deletion without the parent's right", Code.NOAUTH,
                () -> zk.delete(path + "/create/c", -1));
            zk.delete(path + "/write", -1);
            Check.equal("a deletion needs the parent's right only", null, zk.exists(path + "/write", false));
        }
    }

    /** Whoever is authenticated becomes the one who may. */
    static void auth(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed); Handle other = Handle.open(bed)) {
            String path = bed.path();
            Check.refused("auth of nobody", Code.INVALIDACL, () -> make(zk, path, Ids.CREATOR_ALL_ACL));
            zk.addAuthInfo("digest", Handle.bytes("ann:one"));
            make(zk, path, Ids.CREATOR_ALL_ACL);
            String id = DigestAuthenticationProvider.generateDigest("ann:one");
            Check.equal("it is written down as digest", acl(Perms.ALL, "digest", id), zk.getACL(path, null));
            Check.equal("the creator may read", "x", zk.text(path));
            Check.refused("another's read", Code.NOAUTH, () -> other.text(path));
            other.addAuthInfo("digest", Handle.bytes("ann:two"));
            Check.refused("with another password", Code.NOAUTH, () -> other.text(path));
            other.addAuthInfo("digest", Handle.bytes("ann:one"));
            Check.equal("with the right one, beside the wrong one", "x", other.text(path));
        }
    }

    /** A name and the digest of its password; shown without the digest to whoever may not administer. */
    static void digest(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed); Handle ben = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "");
            String id = DigestAuthenticationProvider.generateDigest("ben:secret");
            List<ACL> acl = list(new ACL(Perms.ALL, new Id("digest", id)), new ACL(Perms.READ, Ids.ANYONE_ID_UNSAFE));
            make(zk, path + "/n", acl);
            ben.addAuthInfo("digest", Handle.bytes("ben:secret"));
            Check.equal("who it names may write", 1, ben.setData(path + "/n", null, 0).getVersion());
            Check.refused("who only may read may not", Code.NOAUTH, () -> zk.setData(path + "/n", null, -1));
            Check.equal("the administrator sees the digest", acl, ben.getACL(path + "/n", null));
            Check.equal("others do not see it", new Id("digest", "ben:x"), zk.getACL(path + "/n", null).get(0).getId());
            ben.setACL(path + "/n", acl(Perms.READ, "digest", id), 0);
            Check.refused("the rights are other ones now", Code.NOAUTH, () -> zk.text(path + "/n"));
        }
    }

    /** Addresses and nets. */
    static void ip(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "");
            make(zk, path + "/here", acl(Perms.ALL, "ip", "127.0.0.1"));
            make(zk, path + "/net", acl(Perms.ALL, "ip", "127.0.0.0/8"));
            make(zk, path + "/there", acl(Perms.ALL, "ip", "10.0.0.1"));
            Check.equal("from the address", "x", zk.text(path + "/here"));
            Check.equal("from the net", "x", zk.text(path + "/net"));
            Check.refused("from elsewhere", Code.NOAUTH, () -> zk.text(path + "/there"));
            Check.refused("what is no address", Code.INVALIDACL, () -> make(zk, path + "/none", acl(Perms.ALL, "ip", "x")));
        }
    }

    /** The super user of the server's settings may do everything. */
    static void superuser(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed); Handle root = Handle.open(bed)) {
            String path = bed.path();
            make(zk, path, acl(Perms.READ, "digest", DigestAuthenticationProvider.generateDigest("nobody:x")));
            Check.refused("a read by anybody", Code.NOAUTH, () -> zk.text(path));
            root.addAuthInfo("digest", Handle.bytes("super:" + bed.setting("super")));
            Check.equal("a read by the super user", "x", root.text(path));
            root.setACL(path, Ids.OPEN_ACL_UNSAFE, -1);
            Check.equal("the rights that it gave", "x", zk.text(path));
        }
    }

    /** What is no scheme, no rights, no authentication. */
    static void refused(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed); Handle bad = Handle.open(bed)) {
            String path = bed.path();
            Check.refused("an unknown scheme", Code.INVALIDACL, () -> make(zk, path, acl(Perms.ALL, "none", "x")));
            Check.refused("a digest without a colon", Code.INVALIDACL, () -> make(zk, path, acl(Perms.ALL, "digest", "x")));
            Check.refused("world of somebody", Code.INVALIDACL, () -> make(zk, path, acl(Perms.ALL, "world", "me")));
            zk.make(path, "");
            Check.refused("none later", Code.INVALIDACL, () -> zk.setACL(path, List.of(), -1));
            Check.refused("rights of nothing", Code.NONODE, () -> zk.getACL(path + "/none", null));
            bad.addAuthInfo("none", Handle.bytes("x"));
            bad.state(KeeperState.AuthFailed);
            Check.refused("anything after an authentication that failed", Code.AUTHFAILED, () -> bad.exists(path, false));
        }
    }
}
