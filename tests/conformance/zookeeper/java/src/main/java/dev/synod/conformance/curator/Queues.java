package dev.synod.conformance.curator;

import static dev.synod.conformance.curator.Curators.bytes;
import static dev.synod.conformance.curator.Curators.text;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import dev.synod.conformance.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.queue.BlockingQueueConsumer;
import org.apache.curator.framework.recipes.queue.DistributedQueue;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.QueueSharder;
import org.apache.curator.framework.recipes.queue.QueueSharderPolicies;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.state.ConnectionState;

/** Queues of all kinds. */
final class Queues {
    private static final QueueSerializer<String> TEXT = new QueueSerializer<>() {
        @Override
        public byte[] serialize(String item) {
            return bytes(item);
        }

        @Override
        public String deserialize(byte[] bytes) {
            return text(bytes);
        }
    };

    private Queues() {}

    private static BlockingQueueConsumer<String> consumer() {
        return new BlockingQueueConsumer<>((client, state) -> { });
    }

    private static String take(BlockingQueueConsumer<String> consumer) throws Exception {
        String item = consumer.take((int) Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
        if (item == null) {
            throw new Failure("no item came");
        }
        return item;
    }

    private static List<String> take(BlockingQueueConsumer<String> consumer, int count) throws Exception {
        List<String> items = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            items.add(take(consumer));
        }
        return items;
    }

    /** Items come in order, each to one consumer; with a lock they are not lost by one that fails. */
    static void plain(Bed bed) throws Exception {
        try (CuratorFramework one = Curators.open(bed); CuratorFramework two = Curators.open(bed)) {
            var consumer = consumer();
            var put = QueueBuilder.builder(one, null, TEXT, bed.path()).buildQueue();
            var taken = QueueBuilder.builder(two, consumer, TEXT, bed.path()).lockPath(bed.path() + "-lock").buildQueue();
            put.start();
            List<String> items = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                items.add("item " + i);
                put.put("item " + i);
            }
            Check.that("all are stored", put.flushPuts(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            taken.start();
            Check.equal("in order", items, take(consumer, 20));
            taken.close();
            put.close();
            shared(bed, one, two);
            failing(bed, one);
        }
    }

    private static void shared(Bed bed, CuratorFramework one, CuratorFramework two) throws Exception {
        String path = bed.path() + "-shared";
        var all = new ConcurrentLinkedQueue<String>();
        List<DistributedQueue<String>> queues = new ArrayList<>();
        for (CuratorFramework client : List.of(one, two)) {
            queues.add(QueueBuilder.builder(client, collecting(all), TEXT, path).buildQueue());
            queues.get(queues.size() - 1).start();
        }
        for (int i = 0; i < 30; i++) {
            queues.get(i % 2).put("item " + i);
        }
        Check.eventually("thirty came", () -> all.size() >= 30);
        Check.equal("each once", 30, new TreeSet<>(all).size());
        for (var queue : queues) {
            queue.close();
        }
    }

    private static QueueConsumer<String> collecting(ConcurrentLinkedQueue<String> all) {
        return new QueueConsumer<>() {
            @Override
            public void consumeMessage(String item) {
                all.add(item);
            }

            @Override
            public void stateChanged(CuratorFramework client, ConnectionState state) {}
        };
    }

    private static void failing(Bed bed, CuratorFramework client) throws Exception {
        String path = bed.path() + "-failing";
        CountDownLatch tries = new CountDownLatch(2);
        var queue = QueueBuilder.builder(client, new QueueConsumer<String>() {
            @Override
            public void consumeMessage(String item) throws Exception {
                tries.countDown();
                if (tries.getCount() > 0) {
                    throw new IllegalStateException("the consumer fails once");
                }
            }

            @Override
            public void stateChanged(CuratorFramework from, ConnectionState state) {}
        }, TEXT, path).lockPath(path + "-lock").buildQueue();
        queue.start();
        queue.put("item");
        Check.that("an item whose consumer failed comes again", tries.await(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
        queue.close();
    }

    /** Items have names by which they are taken out. */
    static void byId(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            var put = QueueBuilder.builder(client, null, TEXT, bed.path()).buildIdQueue();
            put.start();
            for (String id : List.of("a", "b", "c")) {
                put.put("item " + id, id);
            }
            Check.that("all are stored", put.flushPuts(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            Check.equal("one is taken out", 1, put.remove("b"));
            Check.equal("one that is not there", 0, put.remove("x"));
            var consumer = consumer();
            var taken = QueueBuilder.builder(client, consumer, TEXT, bed.path()).buildIdQueue();
            taken.start();
            Check.equal("the others", List.of("item a", "item c"), take(consumer, 2));
            taken.close();
            put.close();
        }
    }

    /** The lowest number first. */
    static void byPriority(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            var put = QueueBuilder.builder(client, null, TEXT, bed.path()).buildPriorityQueue(1);
            put.start();
            for (int priority : List.of(5, 1, 3, -2, 3)) {
                put.put("item " + priority, priority);
            }
            Check.that("all are stored", put.flushPuts(Check.PATIENCE_MS, TimeUnit.MILLISECONDS));
            var consumer = consumer();
            var taken = QueueBuilder.builder(client, consumer, TEXT, bed.path()).buildPriorityQueue(1);
            taken.start();
            Check.equal("by priority", List.of("item -2", "item 1", "item 3", "item 3", "item 5"), take(consumer, 5));
            taken.close();
            put.close();
        }
    }

    /** Not before its time, and by that in order. */
    static void delayed(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            var consumer = consumer();
            var queue = QueueBuilder.builder(client, consumer, TEXT, bed.path()).buildDelayQueue();
            queue.start();
            long now = System.currentTimeMillis();
            queue.put("late", now + 900);
            queue.put("soon", now + 300);
            queue.put("now", now);
            Check.equal("by time", List.of("now", "soon", "late"), take(consumer, 3));
            Check.that("not early", System.currentTimeMillis() >= now + 900);
            queue.close();
        }
    }

    /** The queue of ZooKeeper's own recipes. */
    static void simple(Bed bed) throws Exception {
        try (CuratorFramework one = Curators.open(bed); CuratorFramework two = Curators.open(bed)) {
            var put = new SimpleDistributedQueue(one, bed.path());
            var taken = new SimpleDistributedQueue(two, bed.path());
            Check.equal("empty", null, taken.poll());
            for (int i = 0; i < 3; i++) {
                Check.that("offered", put.offer(bytes("item " + i)));
            }
            two.sync().forPath(bed.path());
            Check.equal("a look", "item 0", text(taken.peek()));
            Check.equal("the first", "item 0", text(taken.take()));
            Check.equal("the next", "item 1", text(taken.remove()));
            Check.equal("the last", "item 2", text(taken.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS)));
            Check.equal("none in time", null, taken.poll(100, TimeUnit.MILLISECONDS));
            put.offer(bytes("item 3"));
            Check.equal("one that comes while waiting", "item 3",
                text(taken.poll(Check.PATIENCE_MS, TimeUnit.MILLISECONDS)));
        }
    }

    /** Many queues as one. */
    static void sharded(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            var all = new ConcurrentLinkedQueue<String>();
            var policies = QueueSharderPolicies.builder().newQueueThreshold(1).thresholdCheckMs(100).maxQueues(3).build();
            try (var sharder = new QueueSharder<String, DistributedQueue<String>>(client, (from, path) ->
                QueueBuilder.builder(from, collecting(all), TEXT, path).putInBackground(false).buildQueue(),
                bed.path() + "/queues", bed.path() + "/leader", policies)) {
                sharder.start();
                for (int i = 0; i < 20; i++) {
                    sharder.getQueue().put("item " + i);
                }
                Check.eventually("twenty came", () -> all.size() >= 20);
                Check.equal("each once", 20, new TreeSet<>(all).size());
                Check.that("of one queue or more", sharder.getShardQty() >= 1);
            }
        }
    }
}
