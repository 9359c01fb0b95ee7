package dev.synod.conformance.plain;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Failure;
import dev.synod.conformance.Handle;
import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooDefs.Ids;

/** Several operations at once. */
final class Transactions {
    private Transactions() {}

    private static Op create(String path, CreateMode mode) {
        return Op.create(path, Handle.bytes("x"), Ids.OPEN_ACL_UNSAFE, mode);
    }

    /** All kinds of writes, each of which sees those before it; one transaction number for all. */
    static void multi(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            List<OpResult> results = zk.multi(List.of(
                create(path, CreateMode.PERSISTENT),
                create(path + "/s-", CreateMode.PERSISTENT_SEQUENTIAL),
                create(path + "/s-", CreateMode.EPHEMERAL_SEQUENTIAL),
                create(path + "/gone", CreateMode.PERSISTENT),
                create(path + "/container", CreateMode.CONTAINER),
                Op.create(path + "/ttl", new byte[0], Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL, 60_000),
                Op.setData(path, Handle.bytes("y"), 0),
                Op.check(path, 1),
                Op.delete(path + "/gone", 0)));
            Check.equal("as many results as operations", 9, results.size());
            Check.equal("a created path", path, ((OpResult.CreateResult) results.get(0)).getPath());
            Check.equal("numbers go on within", List.of(path + "/s-0000000000", path + "/s-0000000001"),
                List.of(((OpResult.CreateResult) results.get(1)).getPath(),
                    ((OpResult.CreateResult) results.get(2)).getPath()));
            var written = ((OpResult.SetDataResult) results.get(6)).getStat();
            Check.equal("a write sees the creation before it", 1, written.getVersion());
            Check.equal("one transaction number for all", List.of(written.getMzxid(), written.getMzxid()),
                List.of(zk.exists(path, false).getCzxid(), zk.exists(path + "/s-0000000000", false).getCzxid()));
            Check.equal("what was made and deleted is not there", null, zk.exists(path + "/gone", false));
            Check.equal("nothing asked, nothing answered", List.of(), zk.multi(List.<Op>of()));
        }
    }

    /** One that fails undoes all; the results tell which. */
    static void rolledBack(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "x");
            try {
                zk.multi(List.of(create(path + "/a", CreateMode.PERSISTENT), Op.setData(path, Handle.bytes("y"), 0),
                    Op.check(path, 5), Op.delete(path + "/none", -1)));
                throw new Failure("a failed check did not fail the transaction");
            } catch (KeeperException exception) {
                Check.equal("the code is that of the check", Code.BADVERSION, exception.code());
                List<Integer> codes = new ArrayList<>();
                for (OpResult result : exception.getResults()) {
                    codes.add(((OpResult.ErrorResult) result).getErr());
                }
                int after = Code.RUNTIMEINCONSISTENCY.intValue();
                Check.equal("none for those before, -103, then -2", List.of(0, 0, Code.BADVERSION.intValue(), after), codes);
            }
            Check.equal("nothing was created", List.of(), zk.getChildren(path, false));
            Check.equal("nothing was written", List.of("x", 0), List.of(zk.text(path), zk.exists(path, false).getVersion()));
            Check.equal("not even a child's number", path + "/s-0000000000",
                zk.make(path + "/s-", "", CreateMode.PERSISTENT_SEQUENTIAL));
            Check.refused("a transaction whose parent is missing", Code.NONODE,
                () -> zk.multi(List.of(create(path + "/b/c", CreateMode.PERSISTENT))));
        }
    }

    /** Several reads; one that fails leaves the others. */
    static void multiRead(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.make(path, "p");
            zk.make(path + "/c", "q");
            List<OpResult> results = zk.multi(
                List.of(Op.getData(path), Op.getChildren(path), Op.getData(path + "/none"), Op.getData(path + "/c")));
            var data = (OpResult.GetDataResult) results.get(0);
            Check.equal("data", "p", new String(data.getData()));
            Check.equal("with its stat", zk.exists(path, false), data.getStat());
            Check.equal("children", List.of("c"), ((OpResult.GetChildrenResult) results.get(1)).getChildren());
            Check.equal("what is not there", Code.NONODE.intValue(), ((OpResult.ErrorResult) results.get(2)).getErr());
            Check.equal("data after a failure", "q", new String(((OpResult.GetDataResult) results.get(3)).getData()));
        }
    }

    /** The same by the builder. */
    static void transaction(Bed bed) throws Exception {
        try (Handle zk = Handle.open(bed)) {
            String path = bed.path();
            zk.transaction().create(path, Handle.bytes("x"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT)
                .setData(path, Handle.bytes("y"), 0).check(path, 1).commit();
            Check.equal("created and written", "y", zk.text(path));
            Check.refused("a transaction with a wrong check", Code.BADVERSION,
                () -> zk.transaction().delete(path, -1).check("/", 77).commit());
            Check.equal("nothing of it was done", "y", zk.text(path));
        }
    }
}
