//! One seed from beginning to end: chaos, then healing, then a restart of everybody, then silence; in some worlds the group
//! then loses its quorum for good and goes on with what a survivor has. And what must hold at each of these.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use bytes::Bytes;
use synod_paxos::MemberRole;

use crate::clock::{Instant, MS, SECOND};
use crate::demand;
use crate::disk::DiskCounts;
use crate::nemesis::Counts;
use crate::net::NetCounts;
use crate::operation::Operation;
use crate::profile::{Beginning, Fault, Profile};
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
    /// Changes that watchers were told.
    pub watched: u64,
    /// Leases that expired.
    pub expiries: u64,
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
    run_in(World::new(seed, None), seed, all_of_it)
}

/// Runs a seed and prints every line of its trace.
#[must_use]
pub fn run_loudly(seed: u64) -> Run {
    let mut world = World::new(seed, None);
    println!("{:#?}", world.profile);
    world.trace.loud = true;
    run_in(world, seed, all_of_it)
}

/// Runs `act` in a world and catches what it breaks.
#[must_use]
pub fn run_in(mut world: World, seed: u64, act: impl FnOnce(&mut World)) -> Run {
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
pub fn all_of_it(world: &mut World) {
    world.settle_in();
    world.chaos();
    world.end_chaos();
    world.must_progress("faults stopped");
    world.restart_all();
    world.must_progress("everybody was restarted");
    world.fall_silent();
    world.go_on_with_a_survivor();
}

impl World {
    /// A while of peace, so that there is something to lose; but for what happens to a founder, in some worlds.
    pub fn settle_in(&mut self) {
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
    pub fn pass(&mut self, span: Instant) {
        let until = self.now + span;
        while self.step(until) {}
        self.check_answers(3 * SECOND);
    }

    fn chaos(&mut self) {
        self.begin_chaos();
        while self.now < CHAOS_MAX {
            self.pass(250 * MS);
            let enough = self.ledger.borrow().answered >= self.profile.operations;
            if !enough {
                continue;
            }
            let elections = self.ledger.borrow().elections;
            if elections >= ELECTIONS_MIN && self.counts.lossy_crashes >= 1 {
                return;
            }
            // Enough was asked, not enough went wrong.
            self.fault(Fault::PowerLeader);
            self.pass(500 * MS);
        }
    }

    /// Without faults every client is answered soon, and every member takes part.
    pub fn must_progress(&mut self, since: &str) {
        for client in &mut self.clients {
            client.answered = 0;
        }
        let election = self.profile.election.0;
        let awake = self.hosts.values().map(|host| host.paused_until).max();
        let begin = self.now.max(awake.unwrap_or(0));
        let limit = begin + 30 * SECOND + 40 * election;
        loop {
            self.pass(100 * MS);
            self.retire_removed();
            if self.clients.iter().all(|client| client.answered >= 3) && self.everybody_takes_part()
            {
                return;
            }
            demand!(
                "progress",
                self.now < limit,
                "{} after {since}: clients were answered {:?}, members are {}",
                Seconds(limit),
                self.clients
                    .iter()
                    .map(|client| client.answered)
                    .collect::<Vec<_>>(),
                self.roll_call()
            );
        }
    }

    fn everybody_takes_part(&self) -> bool {
        let frontier = self.ledger.borrow().frontier();
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
        self.compare_members();
    }

    fn waits_for(&self) -> Option<String> {
        let ledger = self.ledger.borrow();
        let leases = ledger.model.leases();
        if !leases.is_empty() {
            return Some(format!("leases {leases:?} did not expire"));
        }
        if let Some(watcher) = self.watchers.behind(&ledger.model) {
            return Some(format!("watcher {watcher} was not told everything"));
        }
        let behind = self
            .newest
            .members
            .keys()
            .find(|node| self.hosts[*node].applied().0 < ledger.frontier());
        behind.map(|node| format!("{node} has not applied s{}", ledger.frontier()))
    }

    /// Every member holds exactly the model's state.
    fn compare_members(&self) {
        let ledger = self.ledger.borrow();
        let everything = Operation::Range {
            from: Bytes::from_static(b"\0"),
            to: Bytes::from_static(b"\xff"),
            revision: 0,
            serializable: true,
        };
        let expected = ledger.model.range(
            ledger.frontier(),
            &Bytes::from_static(b"\0"),
            &Bytes::from_static(b"\xff"),
            0,
        );
        for node in self.newest.members.keys() {
            let Some(agent) = self.hosts[node].agent.as_ref() else {
                continue;
            };
            let store = agent.machine().store();
            store.invariants_deep();
            let outcome = crate::dialect::range(store, &everything);
            demand!(
                "equal state",
                outcome == expected,
                "at the end {node} holds {outcome:?}, the model {expected:?}"
            );
        }
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
            operations: ledger.answered,
            elections: ledger.elections,
            slots: ledger.frontier(),
            watched: self.watchers.told,
            expiries: ledger.expiries,
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

/// A world of its own kind, for directed scenarios.
#[must_use]
pub fn world(seed: u64, profile: Profile) -> World {
    World::new(seed, Some(profile))
}
