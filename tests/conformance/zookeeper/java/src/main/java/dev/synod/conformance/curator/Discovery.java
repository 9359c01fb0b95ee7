package dev.synod.conformance.curator;

import dev.synod.conformance.Bed;
import dev.synod.conformance.Check;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.ServiceType;
import org.apache.curator.x.discovery.strategies.RandomStrategy;
import org.apache.curator.x.discovery.strategies.RoundRobinStrategy;
import org.apache.curator.x.discovery.strategies.StickyStrategy;

/** Services that register and are found. */
final class Discovery {
    private Discovery() {}

    private static ServiceInstance<Void> instance(String id, int port) throws Exception {
        return ServiceInstance.<Void>builder().name("shop").id(id).address("10.0.0.1").port(port)
            .serviceType(ServiceType.DYNAMIC).build();
    }

    private static ServiceDiscovery<Void> discovery(Bed bed, CuratorFramework client) throws Exception {
        var discovery = ServiceDiscoveryBuilder.builder(Void.class).client(client).basePath(bed.path()).build();
        discovery.start();
        return discovery;
    }

    private static Set<Integer> ports(Collection<ServiceInstance<Void>> instances) {
        Set<Integer> ports = new TreeSet<>();
        instances.forEach(instance -> ports.add(instance.getPort()));
        return ports;
    }

    /** Registered, found, changed, taken away; registered anew by itself when the session ended. */
    static void registration(Bed bed) throws Exception {
        try (CuratorFramework one = Curators.open(bed); CuratorFramework two = Curators.open(bed);
            var mine = discovery(bed, one); var other = discovery(bed, two)) {
            mine.registerService(instance("a", 1));
            mine.registerService(instance("b", 2));
            two.sync().forPath(bed.path());
            Check.equal("names", List.of("shop"), List.copyOf(other.queryForNames()));
            Check.equal("instances", Set.of(1, 2), ports(other.queryForInstances("shop")));
            Check.equal("one by its name", 2, other.queryForInstance("shop", "b").getPort());
            mine.updateService(instance("b", 3));
            Check.eventually("changed", () -> other.queryForInstance("shop", "b").getPort() == 3);
            Curators.endSession(bed, one);
            Check.eventually("gone or registered anew: all are there", () -> registeredBy(other, one));
            mine.unregisterService(instance("a", 1));
            two.sync().forPath(bed.path());
            Check.equal("one taken away", Set.of(3), ports(other.queryForInstances("shop")));
        }
    }

    private static boolean registeredBy(ServiceDiscovery<Void> discovery, CuratorFramework client) throws Exception {
        return client.getZookeeperClient().isConnected()
            && ports(discovery.queryForInstances("shop")).equals(Set.of(1, 3));
    }

    /** One instance of several, by each strategy. */
    static void provider(Bed bed) throws Exception {
        try (CuratorFramework client = Curators.open(bed); var discovery = discovery(bed, client)) {
            for (int port = 1; port <= 3; port++) {
                discovery.registerService(instance("i" + port, port));
            }
            var strategies = List.of(new RoundRobinStrategy<Void>(), new RandomStrategy<Void>(),
                new StickyStrategy<>(new RandomStrategy<Void>()));
            List<Integer> found = new ArrayList<>();
            for (var strategy : strategies) {
                try (var provider = discovery.serviceProviderBuilder().serviceName("shop").providerStrategy(strategy).build()) {
                    provider.start();
                    Check.eventually("three are known", () -> provider.getAllInstances().size() == 3);
                    Set<Integer> ports = new TreeSet<>();
                    for (int i = 0; i < 100; i++) {
                        ports.add(provider.getInstance().getPort());
                    }
                    found.add(ports.size());
                }
            }
            Check.equal("by turns, by chance, always the same", List.of(3, 3, 1), found);
        }
    }

    /** What is known locally follows. */
    static void cache(Bed bed) throws Exception {
        try (CuratorFramework one = Curators.open(bed); CuratorFramework two = Curators.open(bed);
            var mine = discovery(bed, one); var other = discovery(bed, two);
            var cache = other.serviceCacheBuilder().name("shop").build()) {
            cache.start();
            Check.equal("none", List.of(), cache.getInstances());
            mine.registerService(instance("a", 1));
            Check.eventually("one came", () -> ports(cache.getInstances()).equals(Set.of(1)));
            mine.unregisterService(instance("a", 1));
            Check.eventually("and went", () -> cache.getInstances().isEmpty());
        }
    }
}
