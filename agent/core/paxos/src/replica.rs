//! The replica: one member's whole part in the protocol, as `step`, `propose`, `tick` in and [`Ready`] out.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::acceptor::Acceptor;
use crate::election::{Canvassing, Preparing};
use crate::leader::Leading;
use crate::log::Log;
use crate::mutation::mutated;
use crate::reads::FollowerReads;
use crate::{
    Ballot, Base, Body, ConfigId, Configuration, Entry, Message, Node, Now, Outbound, Payload,
    ReadDone, Ready, Record, Settings, Slot, Span, Standing,
};

/// What a replica is doing about leadership.
#[derive(Debug)]
pub(crate) enum Role {
    Following(Following),
    Canvassing(Canvassing),
    Preparing(Preparing),
    Leading(Box<Leading>),
}

/// A follower's view of its leader.
#[derive(Clone, Debug, Default)]
pub(crate) struct Following {
    pub(crate) leader: Option<Node>,
    /// When the leader was last heard of.
    pub(crate) heard: Option<Now>,
}

/// What was handed out in a `Ready` and is not durable yet.
#[derive(Clone, Copy, Debug)]
struct Unsynced {
    number: u64,
    durable: Durable,
}

/// What is durable of an acceptor's state.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Durable {
    pub(crate) promised: Ballot,
    pub(crate) accepted: Ballot,
    pub(crate) last: Slot,
    pub(crate) decided: Slot,
}

/// What gathers until the next `ready`.
#[derive(Debug, Default)]
pub(crate) struct Out {
    pub(crate) persist: Vec<Record>,
    pub(crate) now: Vec<Outbound>,
    pub(crate) after: Vec<Outbound>,
    pub(crate) reads: Vec<ReadDone>,
    pub(crate) needs_snapshot: Vec<Node>,
    pub(crate) application: Vec<(Node, Bytes)>,
    /// An `Accepted` owed to this node in this ballot, and whether a gap was seen.
    pub(crate) acknowledge: Option<(Node, Ballot, bool)>,
}

/// One member of a group.
///
/// Invariants, checked by [`Replica::invariants`]:
/// 1. Those of its acceptor: `accepted <= promised`, `base <= decided <= last`.
/// 2. A leader's ballot is its promised and accepted ballot.
/// 3. Nothing follows an undecided configuration in a leader's log.
/// 4. A member that is not whole accepted nothing beyond what it knows decided.
#[derive(Debug)]
pub struct Replica {
    pub(crate) settings: Settings,
    pub(crate) standing: Standing,
    pub(crate) acceptor: Acceptor,
    pub(crate) role: Role,
    pub(crate) durable: Durable,
    unsynced: VecDeque<Unsynced>,
    readies: u64,
    pub(crate) told_decided: Slot,
    pub(crate) out: Out,
    pub(crate) reads: FollowerReads,
    /// When to stand for election, unless a leader is heard of.
    pub(crate) stand_at: Now,
    /// Until when nothing is promised: a lease was granted, or may have been before a restart.
    pub(crate) bound_until: Now,
    pub(crate) bound_to: Option<Ballot>,
    random: u64,
    /// The highest round seen anywhere.
    pub(crate) round_seen: u64,
    /// Clients use this member: see [`Replica::set_attended`].
    pub(crate) attended: bool,
}

impl Replica {
    fn new(settings: Settings, acceptor: Acceptor, standing: Standing, now: Now) -> Self {
        let random = settings.seed ^ settings.node.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let durable = Durable {
            promised: acceptor.promised,
            accepted: acceptor.accepted,
            last: acceptor.log.last(),
            decided: acceptor.decided,
        };
        let mut replica = Self {
            round_seen: acceptor.promised.round,
            attended: true,
            told_decided: acceptor.log.base().slot,
            settings,
            standing,
            acceptor,
            role: Role::Following(Following::default()),
            durable,
            unsynced: VecDeque::new(),
            readies: 0,
            out: Out::default(),
            reads: FollowerReads::starting_at(random),
            stand_at: now,
            bound_until: Now(0),
            bound_to: None,
            random,
        };
        replica.rest(now);
        replica.regain_standing();
        replica
    }

    /// A founding member. `initial` is the log's first entry, decided by decree, equal on all founders; its id is 1.
    ///
    /// # Panics
    /// If `initial` is not sound or its id is not 1.
    #[must_use]
    pub fn bootstrap(settings: Settings, initial: Configuration, now: Now) -> Self {
        assert!(
            initial.is_sound() && initial.id == ConfigId(1),
            "unsound bootstrap configuration {initial:?}"
        );
        let mut replica = Self::join(settings, now);
        let entry = Entry {
            ballot: Ballot::default(),
            payload: Payload::Configuration(initial),
        };
        replica.record(Record::Learn {
            from: Slot(1),
            entries: vec![entry],
        });
        if replica.configuration().voters().count() == 1 {
            replica.stand_at = now;
        }
        replica
    }

    /// A member that knows nobody and waits to be contacted by a leader that added it.
    #[must_use]
    pub fn join(settings: Settings, now: Now) -> Self {
        Self::new(
            settings,
            Acceptor::new(Base::default()),
            Standing::Whole,
            now,
        )
    }

    /// A member that ran before: its newest snapshot and the records written, in order. `standing` is asked with the
    /// configuration that they prove decided: a member that the group took note of may have voted since. Once
    /// [`Replica::standing`] is whole again, that must be kept with the records: a member that was removed since is in no
    /// configuration.
    #[must_use]
    pub fn recover(
        settings: Settings,
        base: Base,
        records: impl IntoIterator<Item = Record>,
        standing: impl FnOnce(&Configuration) -> Standing,
        now: Now,
    ) -> Self {
        let mut acceptor = Acceptor::new(base);
        for record in records {
            acceptor.apply(&record);
        }
        let standing = standing(acceptor.log.governing(acceptor.decided.next()));
        let lease = settings.timing.lease;
        let mut replica = Self::new(settings, acceptor, standing, now);
        replica.forget_unfounded();
        if let Some(lease) = lease
            && !mutated("paxos-lease-over-restart")
        {
            replica.bound_until = now + lease.length;
        }
        if replica.configuration().voters().eq([replica.node()]) {
            replica.stand_at = replica.bound_until.max(now);
        }
        replica
    }

    pub(crate) const fn node(&self) -> Node {
        self.settings.node
    }

    /// The last configuration the log holds, decided or not.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        self.acceptor.log.latest()
    }

    /// The configuration in force after the last decided slot.
    #[must_use]
    pub fn decided_configuration(&self) -> &Configuration {
        self.acceptor.log.governing(self.acceptor.decided.next())
    }

    pub(crate) fn can_vote(&self) -> bool {
        self.standing == Standing::Whole || mutated("paxos-amnesiac-votes")
    }

    /// A number below `bound` (xorshift64*; Vigna, "An experimental exploration of Marsaglia's xorshift generators").
    pub(crate) fn random(&mut self, bound: u64) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random
            .wrapping_mul(0x2545_F491_4F6C_DD1D)
            .checked_rem(bound)
            .unwrap_or(0)
    }

    /// Waits a fresh, random time before standing for election.
    pub(crate) fn rest(&mut self, now: Now) {
        let election = self.settings.timing.election;
        let extra = self.random(election.0);
        self.stand_at = now + election + Span(extra);
    }

    /// Changes the acceptor and notes that the change must become durable.
    pub(crate) fn record(&mut self, record: Record) {
        self.acceptor.apply(&record);
        self.regain_standing();
        if mutated("paxos-forget-promise") && matches!(record, Record::Promise { .. }) {
            return;
        }
        self.out.persist.push(record);
    }

    pub(crate) fn message(&self, body: Body) -> Message {
        Message {
            from: self.node(),
            config: self.configuration().id,
            body,
        }
    }

    pub(crate) fn send_now(&mut self, to: Node, body: Body) {
        let message = self.message(body);
        self.out.now.push(Outbound { to, message });
    }

    pub(crate) fn send_after_persist(&mut self, to: Node, body: Body) {
        let message = self.message(body);
        self.out.after.push(Outbound { to, message });
    }

    /// Takes a message in. Whoever calls this has authenticated `message.from`.
    pub fn step(&mut self, now: Now, message: Message) {
        let Message { from, config, body } = message;
        if from == self.node() {
            return;
        }
        if self.is_stale(config, &body) {
            let ballot = body.ballot().unwrap_or_default();
            let (promised, decided) = (self.acceptor.promised, self.acceptor.decided);
            return self.send_now(
                from,
                Body::Reject {
                    ballot,
                    promised,
                    decided,
                },
            );
        }
        if let Some(ballot) = body.ballot() {
            self.round_seen = self.round_seen.max(ballot.round);
        }
        match body {
            Body::Canvass { ballot, transfer } => self.on_canvass(now, from, ballot, transfer),
            Body::CanvassReply {
                ballot,
                granted,
                promised,
            } => {
                self.on_canvass_reply(now, from, ballot, granted, promised);
            }
            Body::Prepare {
                ballot,
                accepted,
                last,
                transfer,
            } => {
                self.on_prepare(now, from, ballot, (accepted, last), transfer);
            }
            Body::Promise {
                ballot,
                accepted,
                decided,
                last,
                suffix,
            } => {
                self.on_promise(
                    now,
                    from,
                    ballot,
                    crate::election::Promised {
                        accepted,
                        decided,
                        last,
                        suffix,
                    },
                );
            }
            Body::Reject {
                ballot,
                promised,
                decided,
            } => self.on_reject(now, from, ballot, promised, decided),
            Body::Sync {
                ballot,
                from: slot,
                entries,
                decided,
            } => {
                self.on_sync(now, from, ballot, slot, entries, decided);
            }
            Body::Accept {
                ballot,
                from: slot,
                entries,
                decided,
            } => {
                self.on_accept(now, from, ballot, slot, entries, decided);
            }
            Body::Accepted {
                ballot,
                last,
                decided,
                gap,
                attended,
            } => {
                self.note_attended(from, attended);
                self.on_accepted(now, from, ballot, last, decided, gap);
            }
            Body::Learn {
                ballot,
                from: slot,
                entries,
                decided,
            } => {
                self.on_learn(now, from, ballot, slot, entries, decided);
            }
            Body::Fetch { ballot, after } => self.on_fetch(from, ballot, after),
            Body::Heartbeat {
                ballot,
                decided,
                round,
                lease,
            } => {
                self.on_heartbeat(now, from, ballot, decided, round, Span(lease));
            }
            Body::HeartbeatAck {
                ballot,
                round,
                last,
                decided,
                leased,
            } => {
                self.on_heartbeat_ack(now, from, ballot, round, (last, decided), leased);
            }
            Body::ReadIndex { batch } => self.on_read_index(now, from, batch),
            Body::ReadIndexReply { batch, slot } => {
                self.on_read_index_reply(now, from, batch, slot)
            }
            Body::TakeOver { ballot } => self.on_take_over(now, from, ballot),
            Body::Amnesia { context, decided } => self.on_amnesia(now, from, context, decided),
            Body::Application(bytes) => self.out.application.push((from, bytes)),
        }
    }

    /// A sender that acts under a configuration older than one known to be decided might count votes that no longer
    /// count (of a member that lost its promises since, for one).
    fn is_stale(&self, config: ConfigId, body: &Body) -> bool {
        let votes = matches!(
            body,
            Body::Canvass { .. }
                | Body::Prepare { .. }
                | Body::Sync { .. }
                | Body::Accept { .. }
                | Body::Heartbeat { .. }
        );
        votes && config < self.decided_configuration().id && !mutated("paxos-stale-configuration")
    }

    /// Lets time pass. To be called at [`Replica::next_deadline`]; calling it more often does no harm.
    pub fn tick(&mut self, now: Now) {
        self.tick_reads(now);
        match self.role {
            Role::Leading(_) => self.tick_leading(now),
            Role::Preparing(_) if now < self.stand_at => self.tick_preparing(now),
            _ if now >= self.stand_at => self.stand(now),
            _ => {}
        }
    }

    /// When `tick` wants to be called next.
    #[must_use]
    pub fn next_deadline(&self) -> Now {
        let role = match &self.role {
            Role::Leading(leading) => leading
                .tell_at
                .map_or(leading.beat_at, |at| at.min(leading.beat_at)),
            Role::Preparing(preparing) => preparing.repeat_at.min(self.stand_at),
            _ => self.stand_at,
        };
        self.reads.repeat_at.map_or(role, |reads| reads.min(role))
    }

    /// Sends bytes of the layer above.
    pub fn send_application(&mut self, to: Node, bytes: Bytes) {
        self.send_now(to, Body::Application(bytes));
    }

    /// What is to be done now; `None` if nothing is.
    pub fn ready(&mut self) -> Option<Ready> {
        self.drive_leading();
        self.keep_configuration_decided();
        self.acknowledge();
        let out = &mut self.out;
        let idle = out.persist.is_empty()
            && out.now.is_empty()
            && out.after.is_empty()
            && out.reads.is_empty()
            && out.needs_snapshot.is_empty()
            && out.application.is_empty()
            && self.acceptor.decided == self.told_decided;
        if idle {
            return None;
        }
        self.told_decided = self.acceptor.decided;
        self.readies += 1;
        let out = std::mem::take(&mut self.out);
        if !out.persist.is_empty() {
            let durable = Durable {
                promised: self.acceptor.promised,
                accepted: self.acceptor.accepted,
                last: self.acceptor.log.last(),
                decided: self.acceptor.decided,
            };
            self.unsynced.push_back(Unsynced {
                number: self.readies,
                durable,
            });
            if mutated("paxos-own-vote-before-fsync") {
                self.durable = durable;
            }
        }
        Some(Ready {
            number: self.readies,
            persist: out.persist,
            send_now: out.now,
            send_after_persist: out.after,
            decided: self.acceptor.decided,
            reads: out.reads,
            needs_snapshot: out.needs_snapshot,
            application: out.application,
        })
    }

    /// That a configuration is decided is written down: a member that forgot it would still ask for the quorum of the
    /// one before, which may be gone for good.
    fn keep_configuration_decided(&mut self) {
        let Acceptor {
            accepted,
            decided,
            log,
            ..
        } = &self.acceptor;
        let newly = log
            .configuration_from(self.told_decided.next())
            .is_some_and(|slot| slot <= *decided);
        if newly {
            let (ballot, from, decided) = (*accepted, log.last().next(), *decided);
            self.out.persist.push(Record::Append {
                ballot,
                from,
                entries: Vec::new(),
                decided,
            });
        }
    }

    /// Everything handed out for persisting through `Ready` number `number` is durable.
    pub fn persisted(&mut self, now: Now, number: u64) {
        let mut moved = false;
        while let Some(unsynced) = self.unsynced.front().copied()
            && unsynced.number <= number
        {
            self.unsynced.pop_front();
            self.durable = unsynced.durable;
            moved = true;
        }
        if moved {
            self.try_lead(now);
        }
    }

    /// The last slot this replica itself accepted durably in `ballot`; 0 if it accepted none in it.
    pub(crate) fn durable_in(&self, ballot: Ballot) -> Slot {
        if self.durable.accepted == ballot {
            self.durable.last
        } else {
            Slot(0)
        }
    }

    /// Checks the invariants.
    ///
    /// # Panics
    /// With the evidence, if one does not hold.
    pub fn invariants(&self) {
        self.acceptor.invariants();
        if let Role::Leading(leading) = &self.role {
            let Acceptor {
                promised,
                accepted,
                decided,
                log,
            } = &self.acceptor;
            assert!(
                leading.ballot == *promised && leading.ballot == *accepted,
                "leads {} at {promised}",
                leading.ballot
            );
            let latest = log.latest_slot();
            assert!(
                latest <= *decided || latest == log.last(),
                "entries follow the undecided configuration at {latest}"
            );
        }
        if self.standing != Standing::Whole {
            let Acceptor { decided, log, .. } = &self.acceptor;
            assert!(
                log.last() == *decided,
                "amnesiac, yet accepted {} beyond {decided}",
                log.last()
            );
        }
    }
}

impl Replica {
    pub(crate) const fn log(&self) -> &Log {
        &self.acceptor.log
    }

    /// A member that lost promises keeps of its log only what is chosen.
    fn forget_unfounded(&mut self) {
        if self.standing != Standing::Whole {
            self.acceptor.log.truncate_after(self.acceptor.decided);
            self.acceptor.accepted = Ballot::default();
            self.durable.last = self.acceptor.log.last();
            self.durable.accepted = Ballot::default();
        }
    }
}
