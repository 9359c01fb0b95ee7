//! The groups: one world of real processes for each cluster uid that members were ever started with. Groups of the same
//! name that are not the same cluster have nothing in common, as their disks and certificates have not.

use std::collections::BTreeMap;

use synod_agent_api::{AgentConfig, ClusterUid, InitialMember, MemberSpec, Start};
use synod_paxos::{Configuration, Member, MemberRole, Node};
use synod_replica::StartMode;

use super::reach::Seat;
use super::status::{Who, context, status_of};
use crate::clock::{Instant, MS};
use crate::host::Host;
use crate::net::NetProfile;
use crate::observe::voters;
use crate::profile::Profile;
use crate::random::Random;
use crate::world::World;

/// One cluster.
pub(super) struct Group {
    pub(super) world: World,
    /// Where the world's time begins in the run's.
    pub(super) born: Instant,
    /// How each member is known.
    names: BTreeMap<u64, String>,
}

/// All clusters, in the order in which they began.
pub(super) struct Groups {
    pub(super) all: BTreeMap<ClusterUid, Group>,
    pub(super) newest: Option<ClusterUid>,
    random: Random,
    profile: Profile,
    /// How long worlds stood still.
    frozen: Instant,
    /// See [`Groups::leave`].
    left: bool,
}

impl Groups {
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
            newest: None,
            random,
            profile,
            frozen: 0,
            left: false,
        }
    }

    /// The cluster that began last.
    pub(super) fn live(&self) -> Option<&Group> {
        self.all.get(self.newest.as_ref()?)
    }

    /// See [`Groups::live`].
    pub(super) fn live_mut(&mut self) -> Option<&mut Group> {
        self.all.get_mut(self.newest.as_ref()?)
    }

    /// Lets worlds go on until `now`.
    pub(super) fn advance(&mut self, now: Instant) {
        if self.left {
            return;
        }
        let newest = self.newest;
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
        let initial = initial(&config.members);
        let begins = !self.all.contains_key(&cluster);
        if begins {
            let mut world = World::vacant(self.random.draw(), self.profile.clone());
            (world.newest, world.former) = (initial.clone(), initial.clone());
            let born = now.saturating_sub(self.frozen);
            let names = BTreeMap::new();
            self.all.insert(cluster, Group { world, born, names });
            self.newest = Some(cluster);
        }
        let group = self.all.get_mut(&cluster).expect("it is there by now");
        group.names.insert(number, config.name.clone());
        // All that the group begins with are known, whether they run yet or not.
        let first = initial.members.keys().copied().filter(|_| begins);
        for node in first.chain([Node(number)]) {
            group.make_host(node);
        }
        let host = group.world.host(Node(number));
        host.ordered = Some(match config.start {
            Start::Bootstrap => StartMode::Bootstrap { initial },
            Start::Join => StartMode::Join,
            Start::Resume => StartMode::Resume,
            Start::Recover => unreachable!("no operator recovers a group yet"),
        });
        host.context = context(MemberSpec {
            name: config.name.clone(),
            peer_address: config.advertise.peer_address.clone().unwrap_or_default(),
            peer_urls: config.advertise.peer_urls.clone(),
            client_urls: config.advertise.client_urls.clone(),
        });
        group.world.start(Node(number));
        begins
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

    pub(super) fn host(&self, (cluster, number): Seat) -> Option<&Host> {
        self.all.get(&cluster)?.world.hosts.get(&Node(number))
    }

    /// A member's process ends.
    pub(super) fn stop(&mut self, (cluster, number): Seat, power: bool) {
        if let Some(group) = self.all.get_mut(&cluster)
            && group.world.hosts.contains_key(&Node(number))
        {
            group.world.die(Node(number), power);
        }
    }

    /// What is on a member's disk is gone. Whoever was never a member promised nothing: its number begins anew.
    pub(super) fn lose_disk(&mut self, (cluster, number): Seat) {
        let Some(group) = self.all.get_mut(&cluster) else {
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

    /// Every running process as its agent tells of it; none of those that are paused.
    pub(super) fn statuses(&self) -> Vec<(Seat, synod_agent_api::Status)> {
        let mut statuses = Vec::new();
        for (cluster, group) in &self.all {
            for (node, host) in &group.world.hosts {
                let Some(agent) = host
                    .agent
                    .as_ref()
                    .filter(|_| host.running(group.world.now))
                else {
                    continue;
                };
                let who = Who {
                    cluster: *cluster,
                    name: group.names.get(&node.0).cloned().unwrap_or_default(),
                    number: node.0,
                    silence: group.world.profile.election.0,
                };
                let local = host.clock.now(group.world.now);
                let status = status_of(&agent.status(), &who, local);
                statuses.push(((*cluster, node.0), status));
            }
        }
        statuses
    }

    /// Operations answered and leaders that began, over all clusters.
    pub(super) fn work(&self) -> (u64, u64) {
        let ledgers = self.all.values().map(|group| group.world.ledger.borrow());
        ledgers.fold((0, 0), |(answered, elections), ledger| {
            (answered + ledger.answered, elections + ledger.elections)
        })
    }
}

impl Group {
    fn make_host(&mut self, node: Node) {
        let World {
            hosts,
            random,
            profile,
            ..
        } = &mut self.world;
        hosts
            .entry(node)
            .or_insert_with(|| Host::new(node, StartMode::Join, profile, random));
    }

    /// Whether the number is or was a member's, or is about to be.
    fn was_member(&self, node: Node) -> bool {
        let hosts = self.world.hosts.values();
        let mut undecided = hosts.filter_map(|host| host.undecided.as_ref());
        node <= self.world.newest.highest
            || undecided.any(|configuration| node <= configuration.highest)
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
        let settled = |host: &Host| host.undecided.is_none();
        let joined = |member: &Member| member.role != MemberRole::Joining;
        let newest = &self.world.newest;
        self.voters()
            .iter()
            .all(|n| self.is_whole(*n) && self.serves(*n))
            && self.world.hosts.values().all(settled)
            && newest.members.values().all(joined)
    }
}

fn initial(members: &[InitialMember]) -> Configuration {
    let member = |member: &InitialMember| {
        let spec = MemberSpec {
            name: member.name.clone(),
            peer_address: member.peer_address.clone(),
            peer_urls: member.peer_urls.clone(),
            client_urls: member.client_urls.clone(),
        };
        let context = context(spec).encode();
        let role = MemberRole::Voter;
        (Node(member.number), Member { role, context })
    };
    Configuration::initial(members.iter().map(member).collect())
}
