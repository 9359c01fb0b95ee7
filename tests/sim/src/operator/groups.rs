//! The groups: one world of real processes for each cluster uid that members were ever started with. Groups of the same
//! name that are not the same cluster have nothing in common, as their disks and certificates have not; but one that goes on
//! with a survivor of another one shares its world, since members of both may meet there.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use synod_agent::engine::{Facts, status_of};
use synod_agent_api::{AgentConfig, ClusterUid, Start};
use synod_paxos::{MemberRole, Node};
use synod_replica::{ClusterUid as WorldUid, StartMode};

use super::reach::Seat;
use super::subject::Kept;
use crate::clock::{Instant, MS};
use crate::host::Host;
use crate::net::NetProfile;
use crate::observe::voters;
use crate::profile::Profile;
use crate::random::Random;
use crate::service::Ledger as _;
use crate::world::World;

/// One cluster.
pub(super) struct Group<S: Kept> {
    pub(super) world: World<S>,
    /// Where the world's time begins in the run's.
    pub(super) born: Instant,
    /// What each member's process was started with.
    configs: BTreeMap<u64, Arc<AgentConfig>>,
    /// What the world called it before it went on with a survivor.
    former: Option<WorldUid>,
}

/// All clusters, in the order in which they began.
pub(super) struct Groups<S: Kept> {
    /// By the uids that they began with.
    pub(super) all: BTreeMap<ClusterUid, Group<S>>,
    /// Clusters that went on with a survivor, and what their group began as.
    successors: BTreeMap<ClusterUid, ClusterUid>,
    pub(super) newest: Option<ClusterUid>,
    random: Random,
    profile: Profile,
    /// How long worlds stood still.
    frozen: Instant,
    /// See [`Groups::leave`].
    left: bool,
}

impl<S: Kept> Groups<S> {
    pub(super) fn new(mut random: Random) -> Self {
        let mut profile = Profile::draw(&mut random);
        profile.faults = Vec::new();
        profile.fault_length = random.between(500, 4_000) * MS;
        profile.net = NetProfile::QUIET;
        profile.disk = crate::disk::DiskProfile::QUICK;
        // As the operator configures them.
        profile.heartbeat = synod_paxos::Span::from_millis(100);
        profile.election = synod_paxos::Span::from_millis(1_000);
        profile.lease = None;
        profile.drift_ppm = 0;
        profile.mixed_levels = false;
        profile.quota_bytes = None;
        profile.clients = 3;
        profile.think_mean = 250 * MS;
        profile.padding = profile.padding.min(100);
        Self {
            all: BTreeMap::new(),
            successors: BTreeMap::new(),
            newest: None,
            random,
            profile,
            frozen: 0,
            left: false,
        }
    }

    /// The cluster that began last.
    pub(super) fn live(&self) -> Option<&Group<S>> {
        self.group(self.newest?)
    }

    /// See [`Groups::live`].
    pub(super) fn live_mut(&mut self) -> Option<&mut Group<S>> {
        self.group_mut(self.newest?)
    }

    /// What the group of this cluster began as.
    fn origin(&self, cluster: ClusterUid) -> ClusterUid {
        self.successors.get(&cluster).copied().unwrap_or(cluster)
    }

    /// The group that is, or was, this cluster.
    pub(super) fn group(&self, cluster: ClusterUid) -> Option<&Group<S>> {
        self.all.get(&self.origin(cluster))
    }

    /// See [`Groups::group`].
    pub(super) fn group_mut(&mut self, cluster: ClusterUid) -> Option<&mut Group<S>> {
        let origin = self.origin(cluster);
        self.all.get_mut(&origin)
    }

    /// Whether this cluster went on with what another one had.
    pub(super) fn is_successor(&self, cluster: ClusterUid) -> bool {
        self.successors.contains_key(&cluster)
    }

    /// All that were ever started.
    pub(super) fn seats(&self) -> impl Iterator<Item = Seat> {
        let groups = self.all.values();
        groups.flat_map(|group| {
            let configs = group.configs.iter();
            configs.map(|(number, config)| (config.cluster_uid, *number))
        })
    }

    /// Lets worlds go on until `now`.
    pub(super) fn advance(&mut self, now: Instant) {
        if self.left {
            return;
        }
        let newest = self.newest.map(|newest| self.origin(newest));
        for (cluster, group) in &mut self.all {
            let until = now.saturating_sub(group.born + self.frozen);
            // What ended stays as it was.
            let runs = Some(*cluster) == newest || !group.world.reachable().is_empty();
            while runs && group.world.step(until) {}
        }
    }

    /// Worlds stood still for this long.
    pub(super) fn froze(&mut self, span: Instant) {
        self.frozen += span;
    }

    /// Starts the process of a member as its configuration says. True if a cluster begins with it.
    pub(super) fn start(&mut self, config: &AgentConfig, now: Instant) -> bool {
        let (cluster, number) = (config.cluster_uid, config.number);
        let mut settings = synod_agent::roles::driver_settings(config);
        if config.start == Start::Recover && !self.is_successor(cluster) {
            self.go_on_with_a_survivor(config);
        }
        let begins = self.group(cluster).is_none();
        if begins {
            let mut world = World::vacant(self.random.draw(), self.profile.clone());
            if let StartMode::Bootstrap { initial } = &settings.start {
                (world.newest, world.former) = (initial.clone(), initial.clone());
            }
            S::begin(&mut world, config);
            let born = now.saturating_sub(self.frozen);
            let configs = BTreeMap::new();
            let group = Group {
                world,
                born,
                configs,
                former: None,
            };
            self.all.insert(cluster, group);
            self.newest = Some(cluster);
        }
        let group = self.group_mut(cluster).expect("it is there by now");
        if let StartMode::Recover { former } = &mut settings.start {
            *former = group.former.expect("it went on with a survivor");
        }
        let config = Arc::new(config.clone());
        group.configs.insert(number, config.clone());
        // All that the group begins with are known, whether they run yet or not.
        let first = config.members.iter().map(|member| Node(member.number));
        for node in first.filter(|_| begins).chain([settings.node]) {
            group.make_host(node);
        }
        let host = group.world.host(Node(number));
        host.ordered = Some(settings.start);
        host.context = settings.context;
        host.config = Some(config);
        group.world.start(Node(number));
        begins
    }

    /// A member's configuration says that its group goes on with what it has.
    fn go_on_with_a_survivor(&mut self, config: &AgentConfig) {
        let former = config.former_cluster_uid.expect("it was validated");
        let (cluster, number) = (config.cluster_uid, config.number);
        crate::demand!(
            "recovery",
            self.newest == Some(former),
            "{number} is to go on as {cluster} with what {former} had, which went on with another one"
        );
        let origin = self.origin(former);
        let group = self.group_mut(former).expect("it is the newest");
        let voters = group.voters();
        let left = voters.iter().filter(|voter| group.is_whole(**voter));
        let left: Vec<u64> = left.copied().collect();
        crate::demand!(
            "recovery",
            left.contains(&number) && left.len() < super::checks::quorum(voters.len()),
            "{number} is to go on alone, and of voters {voters:?} {left:?} have their data"
        );
        group.former = Some(group.world.give_up_for(Node(number)));
        self.successors.insert(cluster, origin);
        self.newest = Some(cluster);
    }

    /// Nobody cares for the worlds any more: they stand still, and their processes end.
    pub(super) fn leave(&mut self) {
        for group in self.all.values_mut() {
            for node in group.world.reachable() {
                group.world.die(node, false);
            }
        }
        self.left = true;
    }

    /// Whether a member's process runs.
    pub(super) fn runs(&self, (cluster, number): Seat) -> bool {
        let host = self.host((cluster, number));
        host.is_some_and(|host| host.agent.is_some())
    }

    pub(super) fn host(&self, (cluster, number): Seat) -> Option<&Host<S>> {
        self.group(cluster)?.world.hosts.get(&Node(number))
    }

    /// A member's process ends.
    pub(super) fn stop(&mut self, (cluster, number): Seat, power: bool) {
        if let Some(group) = self.group_mut(cluster)
            && group.world.hosts.contains_key(&Node(number))
        {
            group.world.die(Node(number), power);
        }
    }

    /// What is on a member's disk is gone. Whoever was never a member promised nothing: its number begins anew.
    pub(super) fn lose_disk(&mut self, (cluster, number): Seat) {
        let Some(group) = self.group_mut(cluster) else {
            return;
        };
        let node = Node(number);
        let used = group.was_member(node);
        let Some(host) = group.world.hosts.get_mut(&node) else {
            return;
        };
        host.disk.wipe();
        host.damaged = true;
        host.wiped = true;
        host.disk_id = 0;
        group.world.votes.forget(node);
        if !used && host.agent.is_none() {
            let incarnation = host.incarnation;
            group.world.hosts.remove(&node);
            group.make_host(node);
            group.world.host(node).incarnation = incarnation;
        }
    }

    /// Every running process as its agent tells of it, and what a waiting reader is told a change of; none of those that are
    /// paused.
    pub(super) fn statuses(&self) -> Vec<(Seat, Edition, synod_agent_api::Status)> {
        let mut statuses = Vec::new();
        for group in self.all.values() {
            for (node, host) in &group.world.hosts {
                let Some(agent) = host
                    .agent
                    .as_ref()
                    .filter(|_| host.running(group.world.now))
                else {
                    continue;
                };
                let Some(config) = group.configs.get(&node.0) else {
                    continue;
                };
                let facts = Facts {
                    config: config.clone(),
                    etcd_member_id: node.0,
                    level_max: crate::dialect::LEVEL,
                    certificates: Vec::new(),
                    generation: 0,
                };
                let local = host.clock.now(group.world.now);
                let status = status_of(&agent.status(), &facts, false, local);
                let glance = agent.glance();
                let edition = Edition {
                    incarnation: host.incarnation,
                    generation: glance.generation,
                    leader: glance.leader,
                };
                statuses.push(((config.cluster_uid, node.0), edition, status));
            }
        }
        statuses
    }

    /// What the service counts, over all clusters.
    pub(super) fn facts(&self) -> BTreeMap<&'static str, u64> {
        let mut sums = BTreeMap::new();
        for group in self.all.values() {
            for (what, count) in S::FACTS.iter().zip(S::facts(&group.world)) {
                *sums.entry(*what).or_default() += count;
            }
        }
        sums
    }

    /// Operations answered and leaders that began, over all clusters.
    pub(super) fn work(&self) -> (u64, u64) {
        let ledgers = self.all.values().map(|group| group.world.ledger.borrow());
        ledgers.fold((0, 0), |(answered, elections), ledger| {
            (
                answered + ledger.log().answered,
                elections + ledger.log().elections,
            )
        })
    }
}

/// Which of a process's statuses it is: the shipped agent makes a new one when this changes (`agent/src/engine/turn.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edition {
    incarnation: u64,
    generation: u64,
    leader: Option<Node>,
}

impl<S: Kept> Group<S> {
    fn make_host(&mut self, node: Node) {
        let World {
            hosts,
            random,
            profile,
            cluster,
            ..
        } = &mut self.world;
        let cluster = *cluster;
        hosts.entry(node).or_insert_with(|| Host {
            cluster,
            ..Host::new(node, StartMode::Join, profile, random)
        });
    }

    /// Whether the number is or was a member's, or is about to be.
    fn was_member(&self, node: Node) -> bool {
        let hosts = self.world.hosts.values();
        let mut undecided = hosts.filter_map(|host| host.undecided.as_ref());
        node <= self.world.newest.highest
            || undecided.any(|configuration| node <= configuration.highest)
    }

    /// A member that was not started as the spec says.
    pub(super) fn strays(&self, spec: &Value) -> Option<u64> {
        let members = self.world.newest.members.keys();
        let mut started = members.filter_map(|node| Some((node.0, self.configs.get(&node.0)?)));
        let stray = started.find(|(_, config)| !S::is_started_as(config, spec));
        stray.map(|(number, _)| number)
    }

    /// The id of the newest configuration.
    pub(super) fn id(&self) -> u64 {
        self.world.newest.id.0
    }

    /// Numbers of the voters of the newest configuration.
    pub(super) fn voters(&self) -> Vec<u64> {
        voters(&self.world.newest)
            .into_iter()
            .map(|n| n.0)
            .collect()
    }

    /// Whether a member's disk holds what the group counts on.
    pub(super) fn is_whole(&self, number: u64) -> bool {
        let host = self.world.hosts.get(&Node(number));
        host.is_some_and(|host| host.formatted && !host.wiped && !host.damaged)
    }

    /// Whether a member runs and serves by its own word.
    pub(super) fn serves(&self, number: u64) -> bool {
        let host = self.world.hosts.get(&Node(number));
        let agent = host.and_then(|host| host.agent.as_ref());
        agent.is_some_and(|agent| {
            let status = agent.status();
            status.ready && crate::dialect::votes(&status)
        })
    }

    /// What a member says of itself, in few words.
    pub(super) fn says(&self, number: u64) -> Option<String> {
        let agent = self.world.hosts.get(&Node(number))?.agent.as_ref();
        crate::dialect::brief(&agent?.status())
    }

    /// Whether a member's pod is ready, whatever it is in the group.
    pub(super) fn is_ready(&self, number: u64) -> bool {
        let host = self.world.hosts.get(&Node(number));
        let host = host.filter(|host| host.running(self.world.now));
        let agent = host.and_then(|host| host.agent.as_ref());
        agent.is_some_and(|agent| agent.status().ready)
    }

    /// Links are whole, disks quick; only what is paused sleeps on for a while.
    pub(super) fn calm(&mut self) {
        self.world.heal_now();
        self.world.links.profile = self.world.profile.net.clone();
        for host in self.world.hosts.values() {
            host.calm_disk(&self.world.profile.disk);
        }
    }

    /// Whether all voters serve from whole disks, and no change is under way.
    pub(super) fn is_well(&self) -> bool {
        self.ails().is_none()
    }

    /// What keeps it from being so, if anything does.
    pub(super) fn ails(&self) -> Option<String> {
        let voters = self.voters();
        if let Some(number) = voters.iter().find(|n| !self.is_whole(**n)) {
            return Some(format!("the disk of voter {number} is not whole"));
        }
        if let Some(number) = voters.iter().find(|n| !self.serves(**n)) {
            let says = self.says(*number).unwrap_or_default();
            return Some(format!("voter {number} does not serve: {says}"));
        }
        // Whoever was removed may never hear that it was.
        let members = &self.world.newest.members;
        let mut hosts = members.keys().filter_map(|node| self.world.hosts.get(node));
        if let Some(host) = hosts.find(|host| host.undecided.is_some()) {
            return Some(format!(
                "member {} does not know a change to be decided",
                host.node.0
            ));
        }
        let mut members = members.iter();
        let joining = members.find(|(_, member)| member.role == MemberRole::Joining);
        joining.map(|(node, _)| format!("{} joins", node.0))
    }
}
