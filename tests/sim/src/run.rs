//! One seed from beginning to end: chaos, then healing, then a restart of everybody, then silence; in some worlds the group
//! then loses its quorum for good and goes on with what a survivor has. And what must hold at each of these.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use synod_paxos::MemberRole;

use crate::clock::{Instant, MS, SECOND};
use crate::demand;
use crate::disk::DiskCounts;
use crate::keys::Keys;
use crate::locks::{self, Locks};
use crate::nemesis::Counts;
use crate::net::NetCounts;
use crate::profile::{Beginning, Fault};
use crate::service::{Ledger as _, Service};
use crate::violation::Violation;
use crate::world::World;

/// A seed that did less does not count: operations answered, elections won.
pub const OPERATIONS_MIN: u64 = 1_000;
/// See [`OPERATIONS_MIN`].
pub const ELECTIONS_MIN: u64 = 3;

/// Chaos goes on no longer than this.
const CHAOS_MAX: Instant = 240 * SECOND;

/// What became of a run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its seed.
    pub seed: u64,
    /// Things that happened.
    pub steps: u64,
    /// Virtual time it took in nanoseconds.
    pub time: Instant,
    /// Operations answered.
    pub operations: u64,
    /// Leaders that began.
    pub elections: u64,
    /// Slots applied.
    pub slots: u64,
    /// What the service counts.
    pub facts: Vec<(&'static str, u64)>,
    /// Snapshots installed from peers.
    pub installs: u64,
    /// What was done to the world.
    pub counts: Counts,
    /// What was done to its network.
    pub net: NetCounts,
    /// What was done to its disks.
    pub disk: DiskCounts,
    /// Equal for equal runs.
    pub hash: u64,
    /// What was broken, and what happened before.
    pub violation: Option<(Violation, Vec<String>)>,
}

impl Run {
    /// Whether it did enough to count.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.violation.is_none()
            && self.operations >= OPERATIONS_MIN
            && self.elections >= ELECTIONS_MIN
            && self.counts.lossy_crashes >= 1
    }
}

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Panics are how runs end early: their place is kept, nothing is printed.
pub(crate) fn listen_to_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let place = info
                .location()
                .map(|at| format!("{}:{}", at.file(), at.line()));
            PLACE.with(|kept| *kept.borrow_mut() = place);
        }));
    });
}

/// Where the last panic of this thread was.
pub(crate) fn place_of_panic() -> Option<String> {
    PLACE.with(|kept| kept.borrow_mut().take())
}

/// Runs a seed in the world it draws.
#[must_use]
pub fn run(seed: u64) -> Run {
    run_in(World::<Keys>::new(seed, None), seed, all_of_it)
}

/// Runs a seed and prints every line of its trace.
#[must_use]
pub fn run_loudly(seed: u64) -> Run {
    let mut world = World::<Keys>::new(seed, None);
    println!("{:#?}", world.profile);
    world.trace.loud = true;
    run_in(world, seed, all_of_it)
}

/// Runs a seed of a LockService in the world it draws.
#[must_use]
pub fn run_locks(seed: u64) -> Run {
    run_in(World::<Locks>::new(seed, None), seed, locks::all_of_it)
}

/// Runs a seed of a LockService and prints every line of its trace.
#[must_use]
pub fn run_locks_loudly(seed: u64) -> Run {
    let mut world = World::<Locks>::new(seed, None);
    println!("{:#?}", world.profile);
    world.trace.loud = true;
    run_in(world, seed, locks::all_of_it)
}

/// Runs `act` in a world and catches what it breaks.
#[must_use]
pub(crate) fn run_in<S: Service>(
    mut world: World<S>,
    seed: u64,
    act: impl FnOnce(&mut World<S>),
) -> Run {
    listen_to_panics();
    PLACE.with(|kept| kept.borrow_mut().take());
    let result = catch_unwind(AssertUnwindSafe(|| act(&mut world)));
    let violation = result.err().map(|payload| {
        let place = PLACE.with(|kept| kept.borrow_mut().take());
        (
            Violation::from_panic(payload.as_ref(), place),
            world.trace.tail(60),
        )
    });
    world.summary(seed, violation)
}

/// The life of a world.
pub(crate) fn all_of_it<S: Service>(world: &mut World<S>) {
    world.settle_in();
    world.chaos();
    world.end_chaos();
    world.must_progress("faults stopped");
    world.restart_all();
    world.must_progress("everybody was restarted");
    world.fall_silent();
    world.go_on_with_a_survivor();
}

impl<S: Service> World<S> {
    /// A while of peace, so that there is something to lose; but for what happens to a founder, in some worlds.
    pub(crate) fn settle_in(&mut self) {
        self.busy = true;
        match self.profile.beginning {
            Beginning::Peaceful => {}
            Beginning::FounderDamaged(span) => {
                self.pass(span);
                self.fault(Fault::DamageFounder);
            }
            Beginning::FirstVoterLost => {
                while self.reachable().is_empty() {
                    self.pass(MS);
                }
                self.fault(Fault::LoseFirstVoter);
            }
        }
        let span = self.random.between(1, 3) * SECOND;
        self.pass(span);
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, span: Instant) {
        let until = self.now + span;
        while self.step(until) {}
        self.check_answers(3 * SECOND);
    }

    fn chaos(&mut self) {
        self.begin_chaos();
        while self.now < CHAOS_MAX {
            self.pass(250 * MS);
            let enough = self.ledger.borrow().log().answered >= self.profile.operations;
            if !enough {
                continue;
            }
            let elections = self.ledger.borrow().log().elections;
            if elections >= ELECTIONS_MIN && self.counts.lossy_crashes >= 1 {
                return;
            }
            // Enough was asked, not enough went wrong.
            self.fault(Fault::PowerLeader);
            self.pass(500 * MS);
        }
    }

    /// Without faults every client is answered soon, and every member takes part.
    pub(crate) fn must_progress(&mut self, since: &str) {
        S::count_anew(self);
        let election = self.profile.election.0;
        let awake = self.hosts.values().map(|host| host.paused_until).max();
        let begin = self.now.max(awake.unwrap_or(0));
        let limit = begin + 30 * SECOND + 40 * election;
        loop {
            self.pass(100 * MS);
            self.retire_removed();
            let unanswered = S::unanswered(self);
            if unanswered.is_none() && self.everybody_takes_part() {
                return;
            }
            demand!(
                "progress",
                self.now < limit,
                "{} after {since}: {unanswered:?}, members are {}",
                Seconds(limit),
                self.roll_call()
            );
        }
    }

    fn everybody_takes_part(&self) -> bool {
        let frontier = self.ledger.borrow().log().frontier();
        self.newest.members.iter().all(|(node, member)| {
            let host = &self.hosts[node];
            let votes = host
                .agent
                .as_ref()
                .is_some_and(|agent| crate::dialect::votes(&agent.status()));
            let near = host.applied().0 + 200 >= frontier;
            near && match member.role {
                MemberRole::Voter => votes,
                // It is promoted once it has caught up; `newest` then says so.
                MemberRole::Joining => false,
                MemberRole::Learner => true,
            }
        })
    }

    fn roll_call(&self) -> String {
        let mut words = String::new();
        for (node, host) in &self.hosts {
            let member = self.newest.members.get(node).map(|member| member.role);
            let status = host.agent.as_ref().map(synod_replica::Driver::status);
            let (phase, core) = status.map_or((None, None), |status| {
                (Some(status.phase.clone()), crate::dialect::brief(&status))
            });
            words += &format!(
                "\n  {node}: {member:?}, {phase:?}, {:?}, {core:?}",
                host.glance
            );
        }
        words
    }

    /// Clients stop; leases run out; watchers and members get to know everything; nothing is missing.
    pub(crate) fn fall_silent(&mut self) {
        self.busy = false;
        let limit = self.now + 60 * SECOND;
        loop {
            self.pass(250 * MS);
            self.retire_removed();
            let Some(wait) = self.waits_for() else { break };
            demand!(
                "progress",
                self.now < limit,
                "long after clients stopped, {wait}; members are {}",
                self.roll_call()
            );
        }
        self.ledger.borrow().finish();
        S::compare_members(self);
    }

    fn waits_for(&self) -> Option<String> {
        if let Some(words) = S::waits_for(self) {
            return Some(words);
        }
        let frontier = self.ledger.borrow().log().frontier();
        let mut members = self.newest.members.keys();
        let behind = members.find(|node| self.hosts[*node].applied().0 < frontier);
        behind.map(|node| format!("{node} has not applied s{frontier}"))
    }

    fn summary(&self, seed: u64, violation: Option<(Violation, Vec<String>)>) -> Run {
        let ledger = self.ledger.borrow();
        let mut disk = DiskCounts::default();
        for host in self.hosts.values() {
            let counts = host.disk.with(|medium| medium.counts);
            disk.lost_writes += counts.lost_writes;
            disk.full += counts.full;
            disk.failed_syncs += counts.failed_syncs;
            disk.rotten_bytes += counts.rotten_bytes;
            disk.stalls += counts.stalls;
        }
        Run {
            seed,
            steps: self.trace.steps,
            time: self.now,
            operations: ledger.log().answered,
            elections: ledger.log().elections,
            slots: ledger.log().frontier(),
            facts: S::FACTS.iter().copied().zip(S::facts(self)).collect(),
            installs: self.hosts.values().map(|host| host.installs).sum(),
            counts: self.counts.clone(),
            net: self.links.counts,
            disk,
            hash: self.trace.hash(),
            violation,
        }
    }
}

struct Seconds(Instant);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at {} s", self.0 / SECOND)
    }
}
