package dev.synod.conformance.curator;

import static dev.synod.conformance.curator.Curators.bytes;
import static dev.synod.conformance.curator.Curators.text;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.x.async.AsyncCuratorFramework;
import org.apache.curator.x.async.AsyncWrappers;
import org.apache.curator.x.async.api.CreateOption;
import org.apache.curator.x.async.migrations.Migration;
import org.apache.curator.x.async.migrations.MigrationManager;
import org.apache.curator.x.async.migrations.MigrationSet;
import org.apache.curator.x.async.modeled.JacksonModelSerializer;
import org.apache.curator.x.async.modeled.ModelSpec;
import org.apache.curator.x.async.modeled.ModeledFramework;
import org.apache.curator.x.async.modeled.ZPath;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher.Event.EventType;

/** Curator's stages: the framework, locks, migrations, and models. */
final class Asynchronous {
    private Asynchronous() {}

    private static <T> T done(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(Check.PATIENCE_MS, TimeUnit.MILLISECONDS);
    }

    /** Requests and watches as stages. */
    static void framework(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            var async = AsyncCuratorFramework.wrap(client);
            String path = bed.path();
            var options = Set.of(CreateOption.createParentsAsContainers);
            Check.equal("created", path + "/a",
                done(async.create().withOptions(options, CreateMode.PERSISTENT).forPath(path + "/a", bytes("x"))));
            Check.equal("read", "x", text(done(async.getData().forPath(path + "/a"))));
            CompletionStage<WatchedEvent> event = async.watched().getData().forPath(path + "/a").event();
            Check.equal("written", 1, done(async.setData().forPath(path + "/a", bytes("y"))).getVersion());
            Check.equal("an event", EventType.NodeDataChanged, done(event).getType());
            CompletionStage<?> none = async.getData().forPath(path + "/none");
            Check.equal("a refusal", Code.NONODE, done(none.handle((data, why) -> ((KeeperException) why).code())));
            List<CuratorOp> operations = List.of(async.transactionOp().check().withVersion(1).forPath(path + "/a"),
                async.transactionOp().delete().forPath(path + "/a"));
            Check.equal("a transaction", 2, done(async.transaction().forOperations(operations)).size());
        }
    }

    /** A lock as a stage. */
    static void wrappers(Bed bed) throws Exception {
        var one = Executors.newSingleThreadExecutor();
        try (CuratorFramework client = Curators.open(bed)) {
            var lock = new InterProcessMutex(client, bed.path());
            done(AsyncWrappers.lockAsync(lock, Check.PATIENCE_MS, TimeUnit.MILLISECONDS, one));
            Check.that("held", lock.isAcquiredInThisProcess());
            Check.that("not by another", !done(AsyncWrappers.lockAsyncIf(new InterProcessMutex(client, bed.path()), 100,
                TimeUnit.MILLISECONDS)));
            done(CompletableFuture.runAsync(() -> AsyncWrappers.release(lock), one));
            Check.that("released", !lock.isAcquiredInThisProcess());
        } finally {
            one.shutdown();
        }
    }

    /** Changes of the tree that are made once, in order. */
    static void migrations(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            String path = bed.path();
            client.create().forPath(path);
            var async = AsyncCuratorFramework.wrap(client);
            var executor = Executors.newSingleThreadExecutor();
            var manager = new MigrationManager(async, path + "-lock", path + "-meta", executor,
                Duration.ofMillis(Check.PATIENCE_MS));
            CuratorOp made = client.transactionOp().create().forPath(path + "/a", bytes("1"));
            CuratorOp written = client.transactionOp().setData().forPath(path + "/a", bytes("2"));
            Migration first = () -> List.of(made);
            Migration second = () -> List.of(written);
            done(manager.migrate(MigrationSet.build("set", List.of(first))));
            Check.equal("the first", "1", text(client.getData().forPath(path + "/a")));
            done(manager.migrate(MigrationSet.build("set", List.of(first, second))));
            Check.equal("the second, the first not again", "2", text(client.getData().forPath(path + "/a")));
            executor.shutdown();
        }
    }

    private static ModeledFramework<Pet> pets(Bed bed, CuratorFramework client) {
        var spec = ModelSpec.builder(ZPath.parseWithIds(bed.path() + "/pets/{id}").resolved("first"),
            JacksonModelSerializer.build(Pet.class)).build();
        return ModeledFramework.wrap(AsyncCuratorFramework.wrap(client), spec);
    }

    /** Objects as nodes. */
    static void modeled(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed)) {
            var pets = pets(bed, client);
            done(pets.set(new Pet("cat", 3)));
            Check.equal("read back", new Pet("cat", 3), done(pets.read()));
            done(pets.update(new Pet("cat", 4), 0));
            Check.equal("written", "{\"kind\":\"cat\",\"age\":4}",
                text(client.getData().forPath(bed.path() + "/pets/first")));
            done(pets.delete());
            Check.equal("deleted", null, done(pets.checkExists()));
        }
    }

    /** The same with a cache that follows. */
    static void cachedModeled(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed); CuratorFramework writer = Curators.open(bed)) {
            var cached = pets(bed, client).cached();
            cached.start();
            done(pets(bed, writer).set(new Pet("dog", 1)));
            Check.eventually("the cache has it", () -> new Pet("dog", 1).equals(
                cached.read().toCompletableFuture().handle((pet, why) -> pet).getNow(null)));
            cached.close();
        }
    }

    /** What is stored. */
    record Pet(String kind, int age) {}
}
