package dev.synod.conformance.curator;

import dev.synod.conformance.Test;
import java.util.Map;

/** The tests of Curator, by the names of its recipes. */
public final class CuratorTests {
    private CuratorTests() {}

    public static void addTo(Map<String, Test> tests) {
        tests.put("curator/Framework", Framework::basics);
        tests.put("curator/Framework-protection", Framework::protection);
        tests.put("curator/Framework-namespace", Framework::namespace);
        tests.put("curator/Framework-watches", Framework::watches);
        tests.put("curator/Framework-paths", Framework::paths);
        tests.put("curator/Transactions", Framework::transactions);
        tests.put("curator/LeaderLatch", Elections::latch);
        tests.put("curator/LeaderSelector", Elections::selector);
        tests.put("curator/InterProcessMutex", Locks::mutex);
        tests.put("curator/InterProcessMutex-revocable", Locks::revocable);
        tests.put("curator/InterProcessSemaphoreMutex", Locks::semaphoreMutex);
        tests.put("curator/InterProcessReadWriteLock", Locks::readWrite);
        tests.put("curator/InterProcessSemaphoreV2", Locks::semaphore);
        tests.put("curator/InterProcessMultiLock", Locks::multi);
        tests.put("curator/DistributedBarrier", Barriers::single);
        tests.put("curator/DistributedDoubleBarrier", Barriers::twice);
        tests.put("curator/SharedCount", Counters::sharedCount);
        tests.put("curator/SharedValue", Counters::sharedValue);
        tests.put("curator/DistributedAtomicLong", Counters::atomicLong);
        tests.put("curator/DistributedAtomicInteger", Counters::atomicInteger);
        tests.put("curator/DistributedAtomicValue", Counters::atomicValue);
        tests.put("curator/CachedAtomicLong", Counters::cached);
        tests.put("curator/CuratorCache", Caches::curatorCache);
        tests.put("curator/PathChildrenCache", Caches::pathChildren);
        tests.put("curator/NodeCache", Caches::node);
        tests.put("curator/TreeCache", Caches::tree);
        tests.put("curator/PersistentNode", KeptNodes::persistent);
        tests.put("curator/PersistentTtlNode", KeptNodes::ttl);
        tests.put("curator/PersistentWatcher", KeptNodes::watcher);
        tests.put("curator/GroupMember", KeptNodes::groupMember);
        tests.put("curator/DistributedQueue", Queues::plain);
        tests.put("curator/DistributedIdQueue", Queues::byId);
        tests.put("curator/DistributedPriorityQueue", Queues::byPriority);
        tests.put("curator/DistributedDelayQueue", Queues::delayed);
        tests.put("curator/SimpleDistributedQueue", Queues::simple);
        tests.put("curator/QueueSharder", Queues::sharded);
        tests.put("curator/ServiceDiscovery", Discovery::registration);
        tests.put("curator/ServiceProvider", Discovery::provider);
        tests.put("curator/ServiceCache", Discovery::cache);
        tests.put("curator/AsyncCuratorFramework", Asynchronous::framework);
        tests.put("curator/AsyncWrappers", Asynchronous::wrappers);
        tests.put("curator/Migrations", Asynchronous::migrations);
        tests.put("curator/ModeledFramework", Asynchronous::modeled);
        tests.put("curator/CachedModeledFramework", Asynchronous::cachedModeled);
        tests.put("curator/ConnectionState", Reconnection::states);
        tests.put("curator/LeaderLatch-member-killed", Reconnection::latch);
        tests.put("curator/CuratorCache-member-killed", Reconnection::cache);
    }
}
