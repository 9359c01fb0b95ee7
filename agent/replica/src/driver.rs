//! The driver: one replica, its log, its peers and its machine, driven by one loop.

use std::vec::Drain;

use synod_paxos::Now;

use crate::{
    Counters, Disk, DiskState, DriverStatus, Event, Glance, Net, OpenError, Output, Phase, Refusal,
    Request, Settings, StateMachine,
};

/// Drives one replica of one group. Synchronous and deterministic: it acts only inside its calls, and reaches the
/// world only through the disk, the network and the time handed to it.
pub struct Driver<S: StateMachine, D: Disk, N: Net> {
    settings: Settings,
    disk: D,
    net: N,
    machine: S,
    outputs: Vec<Output<S>>,
}

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    /// Opens the disk, recovers what it holds and begins to take part. `machine` is empty; `seed` is random in each
    /// process (elections, the identity of a new disk, the incarnation of this origin).
    ///
    /// # Errors
    /// If the disk belongs to another cluster or member, or was written by a newer build. Nothing is changed then.
    pub fn open(
        settings: Settings,
        disk: D,
        net: N,
        machine: S,
        _now: Now,
        _seed: u64,
    ) -> Result<Self, OpenError> {
        Ok(Self {
            settings,
            disk,
            net,
            machine,
            outputs: Vec::new(),
        })
    }

    /// Takes one event in. To be followed by [`Driver::flush`] once all events at hand are taken in.
    pub fn handle(&mut self, _now: Now, event: Event<S>) {
        if let Event::Request(Request::Read { ticket }) = event {
            self.outputs.push(Output::ReadReady {
                ticket,
                result: Err(Refusal::Stopped),
            });
        }
    }

    /// Does what the events taken in and the time demand: writes, sends, applies, answers.
    pub fn flush(&mut self, _now: Now) {}

    /// Takes out the answers that are ready.
    pub fn outputs(&mut self) -> Drain<'_, Output<S>> {
        self.outputs.drain(..)
    }

    /// When [`Driver::flush`] wants to be called next if no event comes before.
    pub fn next_deadline(&self) -> Now {
        Now(u64::MAX)
    }

    /// The machine, for queries.
    pub fn machine(&self) -> &S {
        &self.machine
    }

    /// The machine, for what is local to it (watches). Its replicated state must not be changed.
    pub fn machine_mut(&mut self) -> &mut S {
        &mut self.machine
    }

    /// The disk, for the loop that drives its completions.
    pub fn disk_mut(&mut self) -> &mut D {
        &mut self.disk
    }

    /// The network, for the loop that drives its events.
    pub fn net_mut(&mut self) -> &mut N {
        &mut self.net
    }

    /// Tells the wall clock anew (it may have been set since): `wall_ms` is milliseconds since 1970 at `now`.
    pub fn set_wall_clock(&mut self, _now: Now, wall_ms: u64) {
        self.settings.wall_ms = wall_ms;
    }

    /// Begins to stop for good: new requests are refused with `Stopped`, leadership is handed over.
    pub fn drain(&mut self, _now: Now) {}

    /// True once a draining member leads no more and owes no answers.
    pub fn drained(&self) -> bool {
        true
    }

    /// The numbers that move with every decision.
    pub fn glance(&self) -> Glance {
        Glance::default()
    }

    /// Everything there is to know.
    pub fn status(&self) -> DriverStatus {
        DriverStatus {
            generation: 0,
            cluster: self.settings.cluster,
            node: self.settings.node,
            disk_id: 0,
            phase: Phase::Opening,
            disk: DiskState::Fine,
            draining: false,
            core: None,
            applied: Default::default(),
            snapshot: Default::default(),
            level: 0,
            leads: false,
            ready: false,
            outstanding: 0,
            log_bytes: 0,
            counters: Counters::default(),
        }
    }

    /// Checks the invariants of the core and of the driver.
    ///
    /// # Panics
    /// With the evidence, if one does not hold.
    pub fn invariants(&self) {}
}
