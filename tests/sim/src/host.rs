//! One machine of the world: a disk, clocks, and a process of the shipped agent core that comes and goes.

use std::sync::Arc;

use synod_agent_api::AgentConfig;
use synod_paxos::{ConfigId, Configuration, Node, Slot, Timing};
use synod_replica::{Bounds, ClusterUid, Driver, Glance, MemberContext, Settings, Span, StartMode};

use crate::clock::{Clock, Instant, MS};
use crate::disk::{DiskProfile, SimDisk};
use crate::keys::Keys;
use crate::net::SimNet;
use crate::profile::Profile;
use crate::random::Random;
use crate::service::{Birth, Service, Shared};

/// The shipped core, driver, log, recovery and store over this world's disk and network.
pub(crate) type Agent<S> = Driver<<S as Service>::Machine, SimDisk, SimNet>;

/// The cluster of every world, until it loses its quorum for good.
pub(crate) const CLUSTER: ClusterUid = ClusterUid(*b"synod-simulation");

/// One machine.
pub(crate) struct Host<S: Service = Keys> {
    /// The member's number.
    pub(crate) node: Node,
    /// The cluster it is of.
    pub(crate) cluster: ClusterUid,
    /// By what it is held to its word, if that is not the world's ledger: it is of a group that the world has given up.
    pub(crate) ledger: Option<Shared<S::Ledger>>,
    /// Its clocks.
    pub(crate) clock: Clock,
    /// Its disk; outlives processes.
    pub(crate) disk: SimDisk,
    /// Its process's end of the network.
    pub(crate) net: SimNet,
    /// What its process has besides the driver.
    pub(crate) desk: S::Desk,
    /// Its process, if it runs.
    pub(crate) agent: Option<Agent<S>>,
    /// Counts its processes.
    pub(crate) incarnation: u64,
    /// Until when its process does not run.
    pub(crate) paused_until: Instant,
    /// Since when there is no process.
    pub(crate) down_since: Option<Instant>,
    /// When the process is to be woken, if that is arranged.
    pub(crate) wake_at: Instant,
    /// When the disk is to be looked at, if that is arranged.
    pub(crate) disk_at: Instant,
    /// What to do with an empty disk, as long as nobody knows that it was in use.
    pub(crate) founded: StartMode,
    /// What it was told to do with its disk, where an operator says so and not the world.
    pub(crate) ordered: Option<StartMode>,
    /// What its process is started with, where an operator says so and not the world.
    pub(crate) config: Option<Arc<AgentConfig>>,
    /// What it tells the group of itself.
    pub(crate) context: MemberContext,
    /// True if its disk was lost and whoever starts it does not know.
    pub(crate) unnoticed: bool,
    /// True once its process took part: its disk is formatted.
    pub(crate) formatted: bool,
    /// True once its process showed itself as a member: whoever starts it may know that its disk was in use.
    pub(crate) joined: bool,
    /// The newest configuration that its process knows to be decided.
    pub(crate) configuration: ConfigId,
    /// A configuration that its log ends with, undecided, as last seen.
    pub(crate) undecided: Option<Configuration>,
    /// The identity of its disk, as last seen.
    pub(crate) disk_id: u128,
    /// True from a loss or damage of the disk until it votes again, or was found whole.
    pub(crate) damaged: bool,
    /// True from a loss of the disk until the group has given it a role anew.
    pub(crate) wiped: bool,
    /// True while it runs an older build.
    pub(crate) old_build: bool,
    /// The process during which a snapshot of it rotted, if that was not found yet.
    pub(crate) rotten: Option<u64>,
    /// True if its machine loses power as soon as its disk works.
    pub(crate) doomed: bool,
    /// True once it was removed for good.
    pub(crate) retired: bool,
    /// What it was last seen at.
    pub(crate) glance: Glance,
    /// Snapshots installed by the processes before this one.
    pub(crate) installs: u64,
}

impl<S: Service> Host<S> {
    /// A machine with an empty disk.
    #[must_use]
    pub(crate) fn new(
        node: Node,
        founded: StartMode,
        profile: &Profile,
        random: &mut Random,
    ) -> Self {
        Self {
            node,
            cluster: CLUSTER,
            ledger: None,
            clock: Clock::new(random, profile.drift_ppm),
            disk: SimDisk::new(random.fork(), profile.disk.clone()),
            net: SimNet::default(),
            desk: S::Desk::default(),
            agent: None,
            incarnation: 0,
            paused_until: 0,
            down_since: Some(0),
            wake_at: Instant::MAX,
            disk_at: Instant::MAX,
            founded,
            ordered: None,
            config: None,
            context: Self::context(node),
            unnoticed: false,
            formatted: false,
            joined: false,
            configuration: ConfigId(0),
            undecided: None,
            disk_id: 0,
            damaged: false,
            wiped: false,
            old_build: false,
            rotten: None,
            doomed: false,
            retired: false,
            glance: Glance::default(),
            installs: 0,
        }
    }

    /// What the group's configuration says about a member.
    #[must_use]
    pub(crate) fn context(node: Node) -> MemberContext {
        MemberContext {
            name: format!("member-{}", node.0),
            peer_address: format!("10.0.0.{}:2380", node.0),
            ..MemberContext::default()
        }
    }

    /// Starts a process. Says why not, if the driver refuses the disk.
    ///
    /// # Errors
    /// If the driver does not open.
    pub(crate) fn boot(
        &mut self,
        now: Instant,
        profile: &Profile,
        ledger: &Shared<S::Ledger>,
        random: &mut Random,
    ) -> Result<(), String> {
        self.incarnation += 1;
        self.clock.restart(now, random);
        self.net = SimNet::default();
        self.disk.at(now);
        self.wake_at = Instant::MAX;
        self.disk_at = Instant::MAX;
        self.glance = Glance::default();
        self.configuration = ConfigId(0);
        self.paused_until = 0;
        let birth = Birth {
            node: self.node,
            incarnation: self.incarnation,
            ledger: self.ledger.as_ref().unwrap_or(ledger).clone(),
            old_build: self.old_build,
            profile,
            now: self.clock.now(now),
            wall_ms: self.clock.wall_ms(now),
            seed: self.node.0 << 32 | self.incarnation,
            config: self.config.clone(),
        };
        let machine = S::machine(&birth);
        let settings = settings(self, now, profile, random.chance(500));
        let local = self.clock.now(now);
        match Driver::open(
            settings,
            self.disk.clone(),
            self.net.clone(),
            machine,
            local,
            random.draw(),
        ) {
            Ok(mut agent) => {
                self.desk = S::desk(&mut agent, &birth);
                self.agent = Some(agent);
                self.down_since = None;
                Ok(())
            }
            Err(error) => Err(format!("{error}")),
        }
    }

    /// The process dies; with `power` the machine too. Returns how many writes were lost or torn.
    pub(crate) fn die(&mut self, now: Instant, power: bool) -> u64 {
        if let Some(agent) = self.agent.take() {
            self.installs += agent.status().counters.installs;
        }
        self.down_since.get_or_insert(now);
        self.disk.crash(power)
    }

    /// Whether its process runs and is not paused.
    #[must_use]
    pub(crate) fn running(&self, now: Instant) -> bool {
        self.agent.is_some() && self.paused_until <= now
    }

    /// Makes the disk behave as it does between faults.
    pub(crate) fn calm_disk(&self, profile: &DiskProfile) {
        self.disk.with(|medium| {
            medium.profile = profile.clone();
            medium.full = false;
            medium.failing_syncs = 0;
        });
    }

    /// The last applied slot of its process.
    #[must_use]
    pub(crate) fn applied(&self) -> Slot {
        self.agent
            .as_ref()
            .map_or(Slot(0), |agent| agent.glance().applied)
    }
}

/// The initial configuration's bytes are the same at all members.
#[must_use]
pub(crate) fn initial(members: u64) -> Configuration {
    let members = (1..=members).map(|number| {
        let context = Host::<Keys>::context(Node(number)).encode();
        (
            Node(number),
            synod_paxos::Member {
                role: synod_paxos::MemberRole::Voter,
                context,
            },
        )
    });
    Configuration::initial(members.collect())
}

fn settings<S: Service>(host: &Host<S>, now: Instant, profile: &Profile, resume: bool) -> Settings {
    // Whoever starts it knows that the disk was in use once the member was seen in its group, as an operator does; whether
    // it says so makes no difference unless the disk was lost or cannot be read.
    let resume = !host.unnoticed && host.joined && (host.wiped || resume);
    let lease = profile
        .lease
        .map(|(length, drift_ppm)| synod_paxos::Lease { length, drift_ppm });
    Settings {
        node: host.node,
        cluster: host.cluster,
        group: 0,
        context: host.context.clone(),
        start: match &host.ordered {
            Some(ordered) => ordered.clone(),
            None if resume => StartMode::Resume,
            None => host.founded.clone(),
        },
        timing: Timing {
            heartbeat: profile.heartbeat,
            election: profile.election,
            // Of all kinds: none, some, much.
            decide_delay: Span(profile.heartbeat.0.saturating_sub(30 * MS) / 10),
            lease,
        },
        core: synod_paxos::Bounds {
            message_bytes_max: 16 << 10,
            inflight_bytes_max: 256 << 10,
            inflight_slots_max: 128,
            reads_max: 256,
        },
        wall_ms: host.clock.wall_ms(now),
        level_max: if host.old_build {
            crate::dialect::OLD_LEVEL
        } else {
            crate::dialect::LEVEL
        },
        bounds: Bounds {
            command_bytes_max: 64 << 10,
            outstanding_max: 256,
            outstanding_bytes_max: 1 << 20,
            reads_max: 256,
            request_timeout: Span::from_millis(3_000),
            forward_retry: Span::from_millis(300),
            segment_bytes: profile.segment_bytes,
            snapshot_log_bytes: profile.snapshot_log_bytes,
            snapshot_piece_bytes: profile.snapshot_piece_bytes,
            log_margin_slots: profile.log_margin_slots,
            log_memory_bytes: profile.log_memory_bytes,
            check_slots: 16,
            full_retry: Span::from_millis(200),
            ..Bounds::default()
        },
    }
}
