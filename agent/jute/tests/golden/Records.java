// Prints records as ZooKeeper's own classes write them: a name and the bytes in hexadecimal on each line. What it prints
// is kept in records.txt beside it, and tests/golden.rs holds the crate to it. Made again with Debian's zookeeper 3.8 by
//
//     java -cp /usr/share/java/zookeeper.jar agent/jute/tests/golden/Records.java > agent/jute/tests/golden/records.txt

import java.io.ByteArrayOutputStream;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.jute.BinaryOutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.MultiOperationRecord;
import org.apache.zookeeper.MultiResponse;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.ClientInfo;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;
import org.apache.zookeeper.proto.*;

public class Records {
    static final byte[] DATA = {0, 1, (byte) 0xff};
    static final Stat STAT = new Stat(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    static final List<ACL> ACLS =
        Arrays.asList(new ACL(31, new Id("world", "anyone")), new ACL(5, new Id("digest", "u:h=")));
    static final List<String> PATHS = Arrays.asList("/a", "/b/\u00e9", "");
    static final List<String> NONE = Collections.emptyList();

    static void put(String name, Record record, int... more) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        BinaryOutputArchive archive = BinaryOutputArchive.getArchive(bytes);
        record.serialize(archive, "");
        for (int flag : more) {
            archive.writeBool(flag != 0, "");
        }
        StringBuilder hex = new StringBuilder();
        for (byte one : bytes.toByteArray()) {
            hex.append(String.format("%02x", one));
        }
        System.out.println(name + " " + hex);
    }

    static void headers() throws Exception {
        put("ConnectRequest", new ConnectRequest(0, 7, 30000, 0, new byte[16]));
        put("ConnectRequest.readOnly", new ConnectRequest(0, 7, 30000, 9, DATA), 1);
        put("ConnectRequest.null", new ConnectRequest(1, -1, -2, -3, null), 0);
        put("ConnectResponse", new ConnectResponse(0, 4000, 0x100000000L, new byte[16]));
        put("ConnectResponse.readOnly", new ConnectResponse(0, 0, 0, new byte[16]), 0);
        put("RequestHeader", new RequestHeader(5, 14));
        put("RequestHeader.special", new RequestHeader(-8, 101));
        put("ReplyHeader", new ReplyHeader(5, 0x1234567890L, 0));
        put("ReplyHeader.error", new ReplyHeader(-1, -1, -127));
        put("WatcherEvent", new WatcherEvent(4, 3, "/a"));
        put("WatcherEvent.none", new WatcherEvent(-1, -112, ""));
    }

    static void nodes() throws Exception {
        put("CreateRequest", new CreateRequest("/a", DATA, ACLS, 3));
        put("CreateRequest.empty", new CreateRequest("", new byte[0], Collections.emptyList(), -1));
        put("CreateRequest.null", new CreateRequest("/a", null, null, 0));
        put("CreateTTLRequest", new CreateTTLRequest("/a", DATA, ACLS, 5, 1L << 39));
        put("CreateResponse", new CreateResponse("/a0000000001"));
        put("Create2Response", new Create2Response("/a", STAT));
        put("DeleteRequest", new DeleteRequest("/a", -1));
        put("CheckVersionRequest", new CheckVersionRequest("/a", 3));
        put("SetDataRequest", new SetDataRequest("/a", DATA, 2));
        put("SetDataRequest.null", new SetDataRequest("/a", null, -1));
        put("SetDataResponse", new SetDataResponse(STAT));
        put("SetACLRequest", new SetACLRequest("/a", ACLS, 4));
        put("SetACLResponse", new SetACLResponse(STAT));
        put("ReconfigRequest", new ReconfigRequest("server.4=h:1:2;3", "1,2", null, -1));
        put("ReconfigRequest.members", new ReconfigRequest(null, null, "server.1=h:1:2;3", 256));
    }

    static void reads() throws Exception {
        put("ExistsRequest", new ExistsRequest("/a", true));
        put("ExistsResponse", new ExistsResponse(STAT));
        put("GetDataRequest", new GetDataRequest("/a", false));
        put("GetDataResponse", new GetDataResponse(DATA, STAT));
        put("GetDataResponse.null", new GetDataResponse(null, STAT));
        put("GetDataResponse.empty", new GetDataResponse(new byte[0], STAT));
        put("GetACLRequest", new GetACLRequest("/a"));
        put("GetACLResponse", new GetACLResponse(ACLS, STAT));
        put("GetChildrenRequest", new GetChildrenRequest("/a", true));
        put("GetChildrenResponse", new GetChildrenResponse(PATHS));
        put("GetChildrenResponse.empty", new GetChildrenResponse(NONE));
        put("GetChildren2Request", new GetChildren2Request("/a", true));
        put("GetChildren2Response", new GetChildren2Response(PATHS, STAT));
        put("GetAllChildrenNumberRequest", new GetAllChildrenNumberRequest("/a"));
        put("GetAllChildrenNumberResponse", new GetAllChildrenNumberResponse(42));
        put("GetEphemeralsRequest", new GetEphemeralsRequest("/a"));
        put("GetEphemeralsRequest.null", new GetEphemeralsRequest(null));
        put("GetEphemeralsResponse", new GetEphemeralsResponse(PATHS));
        put("SyncRequest", new SyncRequest("/a"));
        put("SyncRequest.null", new SyncRequest(null));
        put("SyncResponse", new SyncResponse("/a"));
    }

    static void watches() throws Exception {
        put("AddWatchRequest", new AddWatchRequest("/a", 1));
        put("ErrorResponse", new ErrorResponse(0));
        put("CheckWatchesRequest", new CheckWatchesRequest("/a", 2));
        put("RemoveWatchesRequest", new RemoveWatchesRequest("/a", 3));
        put("SetWatches", new SetWatches(77, PATHS, NONE, Arrays.asList("/c")));
        put("SetWatches2", new SetWatches2(77, PATHS, NONE, Arrays.asList("/c"), NONE, Arrays.asList("/d")));
    }

    static void credentials() throws Exception {
        put("AuthPacket", new AuthPacket(0, "digest", "u:p".getBytes()));
        put("AuthPacket.null", new AuthPacket(0, null, null));
        put("GetSASLRequest", new GetSASLRequest(DATA));
        put("SetSASLResponse", new SetSASLResponse(DATA));
        put("SetSASLResponse.null", new SetSASLResponse(null));
        put("WhoAmIResponse", new WhoAmIResponse(Arrays.asList(new ClientInfo("ip", "127.0.0.1"), new ClientInfo("digest", "u"))));
    }

    static void multi() throws Exception {
        put("Multi.empty", new MultiOperationRecord());
        put("Multi.writes", new MultiOperationRecord(Arrays.asList(
            Op.create("/a", DATA, ACLS, 0),
            Op.create("/c", DATA, ACLS, CreateMode.CONTAINER),
            Op.create("/t", DATA, ACLS, CreateMode.PERSISTENT_WITH_TTL, 1000),
            Op.setData("/a", DATA, 0),
            Op.check("/a", 1),
            Op.delete("/a", -1))));
        put("Multi.reads", new MultiOperationRecord(Arrays.asList(Op.getChildren("/a"), Op.getData("/b"))));
        MultiResponse results = new MultiResponse();
        results.add(new OpResult.CreateResult("/a"));
        results.add(new OpResult.CreateResult("/c", STAT));
        results.add(new OpResult.SetDataResult(STAT));
        results.add(new OpResult.CheckResult());
        results.add(new OpResult.DeleteResult());
        results.add(new OpResult.GetChildrenResult(PATHS));
        results.add(new OpResult.GetDataResult(DATA, STAT));
        put("MultiResponse", results);
        MultiResponse failed = new MultiResponse();
        for (int code : new int[] {0, -110, -2}) {
            failed.add(new OpResult.ErrorResult(code));
        }
        put("MultiResponse.failed", failed);
        put("MultiResponse.empty", new MultiResponse());
    }

    // Names and numbers, each line with a `#` before it.
    static void numbers() throws Exception {
        for (KeeperException.Code code : KeeperException.Code.values()) {
            System.out.println("#error " + code + " " + code.intValue());
        }
        for (Field field : ZooDefs.OpCode.class.getFields()) {
            System.out.println("#opcode " + field.getName() + " " + field.getInt(null));
        }
        for (CreateMode mode : CreateMode.values()) {
            System.out.println("#mode " + mode + " " + mode.toFlag());
        }
        for (Watcher.Event.EventType type : Watcher.Event.EventType.values()) {
            System.out.println("#event " + type + " " + type.getIntValue());
        }
        for (Watcher.Event.KeeperState state : Watcher.Event.KeeperState.values()) {
            System.out.println("#state " + state + " " + state.getIntValue());
        }
        for (AddWatchMode mode : AddWatchMode.values()) {
            System.out.println("#add " + mode + " " + mode.getMode());
        }
        for (Watcher.WatcherType type : Watcher.WatcherType.values()) {
            System.out.println("#watcher " + type + " " + type.getIntValue());
        }
    }

    public static void main(String[] args) throws Exception {
        numbers();
        headers();
        nodes();
        reads();
        watches();
        credentials();
        multi();
    }
}
