//! The driver: one replica, its log, its peers and its machine, driven by one loop.
//!
//! The loop hands in what happened ([`Driver::handle`]), lets the driver act ([`Driver::flush`]) and takes out the answers
//! ([`Driver::outputs`]). One request's way: `forwarding` proposes it or forwards it to the leader; `pumping` carries out
//! the duties of each `Ready` (what is written before what is sent); `applying` applies what is decided and answers.

mod applying;
mod forwarding;
mod founding;
mod membership;
mod opening;
mod peers;
mod pumping;
mod reading;
mod snapshots;
mod status;
mod surviving;
mod timers;

use std::collections::BTreeMap;
use std::vec::Drain;

use synod_paxos::{Ballot, Node, Now, Payload, Replica};

use crate::identity::Identity;
use crate::recovery;
use crate::replicated::Replicated;
use crate::script::Script;
use crate::settings::Settings;
use crate::wal::Wal;
use crate::{
    Counters, Disk, DiskState, Event, Net, NetEvent, OpenError, Output, Phase, Quarantine, Request,
    StateMachine,
};
use forwarding::Proposals;
use founding::Founding;
use membership::Changes;
use opening::{Alone, Opening};
use pumping::Unsynced;
use reading::Reads;
use snapshots::Snapshots;
use status::Facts;
use surviving::Beginning;

/// Drives one replica of one group. Synchronous and deterministic: it acts only inside its calls, and reaches the
/// world only through the disk, the network and the time handed to it.
///
/// Invariants, checked by [`Driver::invariants`]:
/// 1. What is applied is decided.
/// 2. The core exists exactly while the phase is `Running`.
/// 3. The machine leads only in the ballot the core leads in.
/// 4. Messages that promise something leave only when it is durable.
/// 5. Those of `founding`: no founder votes with a disk that came after one that may have voted.
pub struct Driver<S: StateMachine, D: Disk, N: Net> {
    settings: Settings,
    disk: D,
    net: N,
    phase: Phase,
    disk_state: DiskState,
    identity: Identity,
    opening: Option<Opening<S>>,
    /// What a recovered group begins with, until it is decided for.
    beginning: Option<Beginning<S>>,
    /// Makes the disk ready; later, rewrites the identity when the disk's standing changes.
    identity_script: Script,
    /// When to go on with it, if the disk was full.
    script_retry_at: Option<Now>,
    replicated: Replicated<S>,
    running: Option<Running>,
    alone: Option<Alone>,
    founding: Founding,
    proposals: Proposals,
    reads: Reads<S>,
    changes: Changes,
    snapshots: Snapshots<S>,
    /// The highest feature level of each member that said so.
    levels: BTreeMap<Node, u32>,
    outputs: Vec<Output<S>>,
    counters: Counters,
    /// Frames sent until the end of the last turn.
    frames_told: u64,
    /// The wall clock: milliseconds since 1970 at a point of the monotonic one.
    wall: (Now, u64),
    draining: bool,
    /// There is more to do at once.
    unfinished: bool,
    facts: Facts,
    generation: u64,
}

/// What exists only while the member takes part.
struct Running {
    core: Replica,
    wal: Wal,
    unsynced: Unsynced,
    /// Whether clients are here, as the leader was told last.
    attendance_told: bool,
    /// The ballot that the machine leads in.
    led: Option<Ballot>,
    /// The leader last seen, and the ballot if it is this member.
    leader: (Option<Node>, Option<Ballot>),
    /// The commit during which leadership was handed over for slowness.
    handed_over: Option<Now>,
    /// When a draining leader tries again to hand over.
    hand_over_at: Now,
    /// When the leader is told again what this build can do, while it may not know.
    greet_at: Now,
    /// Not before then is the machine asked again what is due.
    due_at: Now,
    /// Not before then is the replicated clock moved again.
    tick_at: Now,
    /// The level already proposed in this ballot.
    raised: u32,
    /// The check point already proposed in this ballot.
    checked: u64,
}

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    /// Opens the disk, recovers what it holds and begins to take part. `machine` is empty; `seed` is random in each
    /// process (elections, the identity of a new disk, the incarnation of this origin).
    ///
    /// # Errors
    /// If the disk belongs to another cluster or member, or was written by a newer build; or if a group is to be recovered
    /// from it and it is not whole. Nothing is changed then.
    pub fn open(
        settings: Settings,
        disk: D,
        net: N,
        machine: S,
        now: Now,
        seed: u64,
    ) -> Result<Self, OpenError> {
        let mut seeds = Seeds(seed);
        let disk_id = seeds.draw_u128();
        let incarnation = seeds.draw();
        let prepared = recovery::prepare(&settings, &disk, machine, disk_id)?;
        let (opening, replicated) = Opening::new(&settings, prepared.start, seeds.draw());
        let mut driver = Self {
            proposals: Proposals::new(incarnation),
            reads: Reads::starting_at(seeds.draw()),
            changes: Changes::starting_at(seeds.draw()),
            snapshots: Snapshots::new(&settings, &opening),
            wall: (now, settings.wall_ms),
            settings,
            disk,
            net,
            phase: Phase::Opening,
            disk_state: DiskState::Fine,
            identity: prepared.identity,
            opening: None,
            beginning: None,
            identity_script: prepared.script,
            script_retry_at: None,
            replicated,
            running: None,
            alone: None,
            founding: Founding::default(),
            levels: BTreeMap::new(),
            outputs: Vec::new(),
            counters: Counters::default(),
            frames_told: 0,
            draining: false,
            unfinished: false,
            facts: Facts::default(),
            generation: 1,
        };
        driver.start_opening(now, opening);
        driver.disk.begin(false);
        Ok(driver)
    }

    /// Takes one event in. To be followed by [`Driver::flush`] once all events at hand are taken in.
    pub fn handle(&mut self, now: Now, event: Event<S>) {
        match event {
            Event::Disk(completion) => self.on_completion(now, &completion),
            Event::Net(NetEvent::Received { from, frame }) => self.on_frame(now, from, frame),
            Event::Net(NetEvent::Up(node)) => {
                self.greet(node);
                self.founding.ask_at = now;
            }
            Event::Net(NetEvent::Down(node)) => {
                if let Some(running) = &mut self.running {
                    running.core.peer_down(now, node);
                }
            }
            Event::Request(request) => self.on_request(now, request),
        }
    }

    fn on_request(&mut self, now: Now, request: Request<S>) {
        match request {
            Request::Propose { ticket, command } => self.on_propose(now, ticket, command),
            Request::Read { ticket } => self.on_read(now, ticket),
            Request::Soft { ticket, request } => self.on_soft(now, ticket, request),
            Request::Change {
                ticket,
                expected,
                change,
            } => self.on_change(now, ticket, expected, change),
            Request::Transfer { ticket, to } => self.on_transfer(now, ticket, to),
            Request::Snapshot { ticket } => self.on_snapshot(now, ticket),
        }
    }

    /// Does what the events taken in and the time demand: writes, sends, applies, answers.
    pub fn flush(&mut self, now: Now) {
        self.unfinished = false;
        self.retry_script(now);
        self.read_beginning_back(now);
        if self.running.is_some() {
            self.run(now);
        }
        self.note_facts(now);
        let idle = self.is_idle();
        self.disk.begin(idle);
        self.frames_told = self.counters.frames_sent;
    }

    /// True if nothing came of what was handled since the last turn but what the disk is to do. A leader is never idle: others
    /// wait for it.
    fn is_idle(&self) -> bool {
        let leads = (self.running.as_ref()).is_some_and(|running| running.core.is_leader());
        !leads && self.counters.frames_sent == self.frames_told && self.outputs.is_empty()
    }

    /// One turn while the member takes part.
    fn run(&mut self, now: Now) {
        /// Rounds of cause and effect within one call; what is left is done in the next, which is due at once.
        const ROUNDS_MAX: usize = 8;
        self.tick(now);
        self.ask_reads(now);
        self.ask_soft(now);
        for _ in 0..ROUNDS_MAX {
            self.note_leader(now);
            self.propose_queued(now);
            let pumped = self.pump(now);
            self.write_log(now);
            let applied = self.apply(now);
            self.lead(now);
            if !pumped && !applied {
                break;
            }
        }
        self.settle(now);
    }

    /// What is done once in a turn, when everything else has been.
    fn settle(&mut self, now: Now) {
        self.answer_reads(now);
        self.drive_snapshots(now);
        self.forget_log(now);
        self.drive_founding(now);
        self.introduce();
        self.regain_standing();
        self.pump(now);
        self.write_log(now);
        let Some(running) = &self.running else { return };
        self.unfinished |= self.replicated.shared.applied < running.core.decided();
    }

    /// Takes out the answers that are ready.
    pub fn outputs(&mut self) -> Drain<'_, Output<S>> {
        self.outputs.drain(..)
    }

    /// The machine, for queries.
    pub fn machine(&self) -> &S {
        &self.replicated.machine
    }

    /// The machine, for what is local to it (watches). Its replicated state must not be changed. When
    /// `Counters::installs` has grown, it is another machine: one restored from a snapshot. So it is when `Phase::Recovering`
    /// ends.
    pub fn machine_mut(&mut self) -> &mut S {
        &mut self.replicated.machine
    }

    /// The disk, for the loop that drives its completions.
    pub fn disk_mut(&mut self) -> &mut D {
        &mut self.disk
    }

    /// The network, for the loop that drives its events.
    pub fn net_mut(&mut self) -> &mut N {
        &mut self.net
    }

    /// Gives disk and network back: what is left of a process that died.
    pub fn into_parts(self) -> (D, N) {
        (self.disk, self.net)
    }

    /// Tells the wall clock anew (it may have been set since): `wall_ms` is milliseconds since 1970 at `now`.
    pub fn set_wall_clock(&mut self, now: Now, wall_ms: u64) {
        self.wall = (now, wall_ms);
    }

    fn wall_ms(&self, now: Now) -> u64 {
        self.wall.1 + (now - self.wall.0).0 / 1_000_000
    }

    /// What it was opened with.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Tells whether clients use this member, which is assumed at first: where none does, decisions may be heard of
    /// `decide_delay` later, which saves messages.
    pub fn set_attended(&mut self, attended: bool) {
        if let Some(running) = &mut self.running {
            running.core.set_attended(attended);
        }
    }

    /// Begins to stop for good: new requests are refused with `Stopped`, leadership is handed over.
    pub fn drain(&mut self, now: Now) {
        self.draining = true;
        if let Some(running) = &mut self.running {
            running.hand_over_at = now;
        }
    }

    /// True once a draining member leads no more (or is the only voter) and owes no answers.
    pub fn drained(&self) -> bool {
        let leads = self.running.as_ref().is_some_and(|running| {
            let others = running.core.decided_configuration().voters().count() > 1;
            running.core.is_leader() && others
        });
        self.draining && !leads && self.outstanding() == 0
    }

    /// Stops taking part for good.
    fn quarantine(&mut self, reason: Quarantine) {
        if let Some(running) = self.running.take()
            && running.led.is_some()
        {
            self.replicated.machine.follow();
        }
        self.opening = None;
        self.phase = Phase::Quarantined(reason);
        self.refuse_all();
    }

    /// Tells the network who the peers are.
    fn tell_peers(&mut self) {
        let Some(running) = &self.running else { return };
        let configuration = running.core.configuration();
        let peers: Vec<(Node, bytes::Bytes)> = configuration
            .members
            .iter()
            .filter(|(node, _)| **node != self.settings.node)
            .map(|(node, member)| (*node, member.context.clone()))
            .collect();
        self.net.peers(&peers);
    }

    /// Checks the invariants of the core and of the driver.
    ///
    /// # Panics
    /// With the evidence, if one does not hold.
    pub fn invariants(&self) {
        assert_eq!(
            self.phase == Phase::Running,
            self.running.is_some(),
            "a core exists exactly while running"
        );
        self.proposals.invariants();
        let Some(running) = &self.running else { return };
        running.core.invariants();
        let applied = self.replicated.shared.applied;
        assert!(
            applied <= running.core.decided(),
            "applied {applied} above decided {}",
            running.core.decided()
        );
        assert!(
            running.core.base().slot <= applied,
            "the log begins after {}, but only {applied} is applied",
            running.core.base().slot
        );
    }
}

/// True if an entry changes who the members are.
const fn is_configuration(payload: &Payload) -> bool {
    matches!(payload, Payload::Configuration(_))
}

/// Numbers drawn from the one seed of a process (splitmix64; Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014).
struct Seeds(u64);

impl Seeds {
    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)).max(1)
    }

    fn draw_u128(&mut self) -> u128 {
        u128::from(self.draw()) << 64 | u128::from(self.draw())
    }
}
