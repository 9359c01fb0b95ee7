//! From an opened disk to a member that takes part.

use bytes::Bytes;
use synod_paxos::{Base, ConfigId, Configuration, Node, Now, Record, Replica, Slot, Standing};

use super::pumping::Unsynced;
use super::snapshots::Snapshots;
use super::{Driver, Running};
use crate::identity::DiskStanding;
use crate::recovery::{self, Prepared, Recovered, Start};
use crate::replicated::{Replicated, Shared};
use crate::script::Step;
use crate::settings::Settings;
use crate::wal::{ReadLog, Wal};
use crate::wire::Said;
use crate::{
    Completion, Disk, DiskError, DiskState, MemberContext, Net, Phase, Quarantine, StateMachine,
};

/// What waits for the disk to be made ready.
pub(super) struct Opening<S> {
    pub(super) base: Base,
    log: ReadLog,
    pub(super) snapshots: Vec<Slot>,
    pub(super) snapshot_hash: u64,
    pub(super) seed: u64,
    quarantined: Option<(String, ConfigId)>,
    /// The disk is a survivor's and not decided for yet: `base` is what the new group begins with.
    pub(super) survives: bool,
    /// The state of a group that is being recovered. Nobody is shown it before its disk is ready: an attempt that is cut short
    /// may give way to one that finds less.
    pub(super) veiled: Option<(S, Shared)>,
}

/// What a member needs that is quarantined as the only voter, should it turn out not to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alone {
    /// The configuration in which it is.
    known: ConfigId,
    seed: u64,
}

impl<S: StateMachine> Opening<S> {
    /// Splits what was found into the machine, which may be queried at once, and what waits.
    pub(super) fn new(settings: &Settings, start: Start<S>, seed: u64) -> (Self, Replicated<S>) {
        let mut opening = Self {
            base: Base::default(),
            log: ReadLog {
                next_batch: 1,
                next_segment: 1,
                ..ReadLog::default()
            },
            snapshots: Vec::new(),
            snapshot_hash: 0,
            seed,
            quarantined: None,
            survives: false,
            veiled: None,
        };
        let (machine, shared) = match start {
            Start::Fresh { machine } => (machine, Shared::new()),
            Start::Quarantined {
                machine,
                why,
                alone,
            } => {
                opening.quarantined = Some((why, alone));
                (machine, Shared::new())
            }
            Start::Recovered(recovered) => opening.go_on_with(*recovered),
            Start::Successor(recovered) => {
                let found = opening.go_on_with(*recovered);
                opening.veil(found)
            }
            Start::Survivor(survivor) => {
                opening.base = survivor.base;
                opening.survives = true;
                opening.veil((survivor.machine, survivor.shared))
            }
        };
        let replicated = Replicated {
            machine,
            shared,
            level_max: settings.level_max,
            check_slots: settings.bounds.check_slots.max(1),
        };
        (opening, replicated)
    }

    fn go_on_with(&mut self, recovered: Recovered<S>) -> (S, Shared) {
        self.base = recovered.base;
        self.log = recovered.log;
        self.snapshots = recovered.snapshots;
        self.snapshot_hash = recovered.snapshot_hash;
        (recovered.machine, recovered.shared)
    }

    /// Keeps the state from everybody; what is shown meanwhile.
    fn veil(&mut self, (machine, shared): (S, Shared)) -> (S, Shared) {
        let empty = machine.empty();
        self.veiled = Some((machine, shared));
        (empty, Shared::new())
    }
}

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    pub(super) fn start_opening(&mut self, now: Now, mut opening: Opening<S>) {
        if let Some((why, known)) = opening.quarantined.take() {
            let seed = opening.seed;
            self.alone = Some(Alone { known, seed });
            return self.quarantine(Quarantine::Damaged(why));
        }
        if opening.veiled.is_some() {
            self.phase = Phase::Recovering;
        }
        self.opening = Some(opening);
        if !self.identity_script.go(&mut self.disk) {
            self.begin(now);
        }
    }

    /// A frame for a member that does not take part. If it is quarantined as the only voter, and somebody else acts as a
    /// voter of a later configuration, then its log had lost the end as well: it gives up what it holds and learns.
    pub(super) fn on_frame_while_out(&mut self, now: Now, from: Node, said: &Said) {
        let Some(alone) = self.alone else { return };
        let Said::Paxos(message) = said else { return };
        let votes = message.body.ballot().is_some_and(|b| b.node == from);
        if !votes || message.config <= alone.known {
            return;
        }
        let mut seeds = super::Seeds(alone.seed);
        let (disk_id, machine) = (seeds.draw_u128(), self.replicated.machine.empty());
        let Ok(prepared) = recovery::give_up(&self.settings, &self.disk, machine, disk_id) else {
            return;
        };
        self.alone = None;
        self.phase = Phase::Opening;
        self.open_anew(now, prepared, seeds.draw());
    }

    /// Begins with something else than what was found at the start.
    pub(super) fn open_anew(&mut self, now: Now, prepared: Prepared<S>, seed: u64) {
        let (opening, replicated) = Opening::new(&self.settings, prepared.start, seed);
        self.snapshots = Snapshots::new(&self.settings, &opening);
        self.replicated = replicated;
        self.identity = prepared.identity;
        self.identity_script = prepared.script;
        self.start_opening(now, opening);
    }

    /// A step of making the disk ready has ended, or of rewriting the identity.
    pub(super) fn on_script(&mut self, now: Now, completion: &Completion) -> bool {
        match self.identity_script.complete(completion, &mut self.disk) {
            Step::Unrelated => return false,
            Step::Pending => {}
            Step::Done => {
                self.disk_state = DiskState::Fine;
                self.begin(now);
            }
            Step::Failed(DiskError::Full) => {
                self.disk_state = DiskState::Full;
                self.script_retry_at = Some(now + self.settings.bounds.full_retry);
            }
            Step::Failed(DiskError::NotFound) => {
                self.quarantine(Quarantine::DiskFailed("a file vanished".to_owned()));
            }
            Step::Failed(DiskError::Failed(why)) => {
                self.quarantine(Quarantine::DiskFailed(why));
            }
        }
        true
    }

    /// Goes on where the disk had no space.
    pub(super) fn retry_script(&mut self, now: Now) {
        if self.script_retry_at.take_if(|at| *at <= now).is_some()
            && !self.identity_script.go(&mut self.disk)
        {
            self.begin(now);
        }
    }

    /// The disk is ready: the member takes part, or its state is written down for a new group.
    fn begin(&mut self, now: Now) {
        if self
            .opening
            .as_ref()
            .is_some_and(|opening| opening.survives)
        {
            return self.write_beginning();
        }
        let Some(mut opening) = self.opening.take() else {
            return;
        };
        if let Some((machine, shared)) = opening.veiled.take() {
            (self.replicated.machine, self.replicated.shared) = (machine, shared);
        }
        let wal = Wal::new(
            recovery::owner(&self.settings, self.identity.disk_id),
            &opening.log,
            self.settings.bounds.segment_bytes,
            self.settings.bounds.marker_idle,
        );
        let core = self.core(now, opening);
        self.phase = Phase::Running;
        self.running = Some(Running {
            core,
            wal,
            unsynced: Unsynced::default(),
            attendance_told: false,
            led: None,
            leader: (None, None),
            handed_over: None,
            hand_over_at: now,
            greet_at: now,
            due_at: now,
            tick_at: now,
            raised: 0,
            checked: 0,
        });
        self.tell_peers();
    }

    fn core(&self, now: Now, opening: Opening<S>) -> Replica {
        let settings = self.settings.of_core(opening.seed);
        let records: Vec<Record> = opening.log.of_group(self.settings.group).collect();
        let unused = records.is_empty() && opening.base.slot == Slot(0);
        match (&self.identity.initial, self.identity.standing) {
            (Some(initial), DiskStanding::Whole) if unused => {
                Replica::bootstrap(settings, initial.clone(), now)
            }
            (Some(initial), DiskStanding::Founding | DiskStanding::Noted) if unused => {
                Replica::bootstrap(settings, initial.clone(), now).founding()
            }
            _ => Replica::recover(
                settings,
                opening.base,
                records,
                |decided| self.standing(decided),
                now,
            ),
        }
    }

    fn standing(&self, decided: &Configuration) -> Standing {
        if self.identity.is_whole(decided) {
            return Standing::Whole;
        }
        match self.identity.standing {
            DiskStanding::Founding | DiskStanding::Noted => Standing::Founding,
            // What the group says of it is yet to be learned.
            DiskStanding::Joining => Standing::Amnesiac {
                context: Bytes::new(),
            },
            _ => Standing::Amnesiac {
                context: self.context(),
            },
        }
    }

    /// What this member says about itself, with the identity of its disk.
    pub(super) fn context(&self) -> Bytes {
        MemberContext {
            disk_id: self.identity.disk_id,
            ..self.settings.context.clone()
        }
        .encode()
    }

    /// A member that joins tells the group of its disk, in the words by which the group knows the member.
    pub(super) fn introduce(&mut self) {
        if self.identity.standing != DiskStanding::Joining {
            return;
        }
        let Some(running) = &mut self.running else {
            return;
        };
        let configuration = running.core.decided_configuration();
        let Some(known) = configuration.members.get(&self.settings.node) else {
            return;
        };
        let known = MemberContext::decode(&known.context);
        let own = MemberContext {
            disk_id: self.identity.disk_id,
            ..known.unwrap_or_else(|_| self.settings.context.clone())
        };
        running.core.restate(own.encode());
    }

    /// Notes on the disk that the group has taken note of this member's loss.
    pub(super) fn regain_standing(&mut self) {
        let Some(running) = &self.running else { return };
        let regained = matches!(
            self.identity.standing,
            DiskStanding::Amnesiac | DiskStanding::Joining
        ) && *running.core.standing() == Standing::Whole;
        if regained && !self.identity_script.is_busy() {
            self.identity.standing = DiskStanding::Whole;
            self.rewrite_identity();
        }
    }

    /// Notes on the disk that what it holds must not be used again.
    pub(super) fn give_up_state(&mut self) {
        if !self.identity_script.is_busy() {
            self.identity.standing = DiskStanding::Lost;
            self.rewrite_identity();
        }
    }

    pub(super) fn rewrite_identity(&mut self) {
        self.identity_script.replace(
            crate::identity::FILE,
            crate::identity::TEMPORARY,
            self.identity.encode(),
        );
        if self.identity.standing == DiskStanding::Whole {
            let files = self.disk.list().unwrap_or_default();
            recovery::remove_aside(&files, &mut self.identity_script);
        }
        self.identity_script.go(&mut self.disk);
    }
}
