package dev.synod.conformance;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.Watcher.Event.EventType;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;

/** The Java client's handle with what a test asks of it: its events in order, and the member that it is at. */
public final class Handle extends ZooKeeper {
    private final Events events;

    private Handle(String connect, int sessionMs, Events events, ZKClientConfig config) throws IOException {
        super(connect, sessionMs, events, config);
        this.events = events;
    }

    private Handle(String connect, int sessionMs, Events events, long id, byte[] password) throws IOException {
        super(connect, sessionMs, events, id, password);
        this.events = events;
    }

    private Handle(String connect, int sessionMs, Events events, boolean readOnly) throws IOException {
        super(connect, sessionMs, events, readOnly);
        this.events = events;
    }

    /** A new session, connected. */
    public static Handle open(Bed bed) throws Exception {
        return open(bed.connect(), Bed.SESSION_MS);
    }

    /** A new session with these members, connected. */
    public static Handle open(String connect, int sessionMs) throws Exception {
        return open(connect, sessionMs, new ZKClientConfig());
    }

    /** The same with settings of the client. */
    public static Handle open(String connect, int sessionMs, ZKClientConfig config) throws Exception {
        Handle handle = begin(connect, sessionMs, config);
        try {
            return handle.connected();
        } catch (Exception exception) {
            handle.close();
            throw exception;
        }
    }

    /** The same, not waited for. */
    public static Handle begin(String connect, int sessionMs, ZKClientConfig config) throws Exception {
        return new Handle(connect, sessionMs, new Events(), config);
    }

    /** A session that is there already; not waited for. */
    public static Handle attach(String connect, long id, byte[] password) throws Exception {
        return new Handle(connect, Bed.SESSION_MS, new Events(), id, password);
    }

    /** A client that is content with a member that has no majority; not waited for. */
    public static Handle content(String connect, int sessionMs) throws Exception {
        return new Handle(connect, sessionMs, new Events(), true);
    }

    /** Waits until it is connected. */
    public Handle connected() throws Exception {
        state(KeeperState.SyncConnected);
        return this;
    }

    /** Waits for a state of the session. */
    public void state(KeeperState wanted) throws Exception {
        long deadline = System.nanoTime() + Check.PATIENCE_MS * 1_000_000;
        while (true) {
            WatchedEvent event = events.states.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (event == null) {
                throw new Failure("the session does not become " + wanted + ", is " + getState());
            }
            if (event.getState() == wanted) {
                return;
            }
        }
    }

    /** The next event of a node. */
    public WatchedEvent event() throws Exception {
        WatchedEvent event = events.nodes.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
        if (event == null) {
            throw new Failure("no event came");
        }
        return event;
    }

    /** Checks the next event of a node. */
    public void event(EventType type, String path) throws Exception {
        Check.equal(type + " of " + path, type + " " + path, shown(event()));
    }

    /** Checks that no event of a node is left: what would have caused one was answered before. */
    public void quiet() throws Exception {
        // Answers of this kind come on the thread of the events, after those that came before them.
        CountDownLatch passed = new CountDownLatch(1);
        exists("/", false, (code, path, context, stat) -> passed.countDown(), null);
        if (!passed.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS)) {
            throw new Failure("no answer came after the events");
        }
        Check.equal("no other event", List.of(), events.nodes.stream().map(Handle::shown).toList());
    }

    private static String shown(WatchedEvent event) {
        return event.getType() + " " + event.getPath();
    }

    /** The watcher that these events come from. */
    public Watcher watcher() {
        return events;
    }

    /** {@code host:port} of the member that it is connected to. */
    public String member() {
        var address = (InetSocketAddress) testableRemoteSocketAddress();
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    /** Creates a persistent node that anybody may change; its path. */
    public String make(String path, String data) throws KeeperException, InterruptedException {
        return make(path, data, CreateMode.PERSISTENT);
    }

    /** Creates a node that anybody may change; its path. */
    public String make(String path, String data, CreateMode mode) throws KeeperException, InterruptedException {
        return create(path, bytes(data), Ids.OPEN_ACL_UNSAFE, mode);
    }

    /** The data of a node as text. */
    public String text(String path) throws KeeperException, InterruptedException {
        return new String(getData(path, false, null), StandardCharsets.UTF_8);
    }

    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Keeps what comes, in order. */
    private static final class Events implements Watcher {
        private final BlockingQueue<WatchedEvent> states = new LinkedBlockingQueue<>();
        private final BlockingQueue<WatchedEvent> nodes = new LinkedBlockingQueue<>();

        @Override
        public void process(WatchedEvent event) {
            (event.getType() == EventType.None ? states : nodes).add(event);
        }
    }
}
