//! What a leader knows and proposes by itself: when sessions run out, what is to be reaped, its limits, who the members are.

use synod_machine::deadlines::Deadlines;
use synod_paxos::{Ballot, Now, Span};

use crate::apply::is_over;
use crate::command::{Command, Limits};
use crate::derived::Derived;
use crate::mutation::mutated;
use crate::path::Key;
use crate::session::SessionId;
use crate::state::State;
use crate::store::Store;

/// A proposal that is not in force yet is repeated after this time.
const AGAIN: Span = Span::from_millis(1_000);

/// What is to be reaped is looked for this often. ZooKeeper looks once a minute.
const REAP_EVERY: Span = Span::from_millis(10_000);

/// Nodes of one reaping, and sessions of one expiry.
const BATCH_MAX: usize = 1_000;

/// Nodes that go with the sessions of one expiry, but for those of the last: nobody is served while they are deleted.
const BATCH_NODES_MAX: usize = 5_000;

/// While there are sessions, the clock is looked at this often, so that a pause is noticed.
const LOOK_EVERY: Span = Span::from_millis(500);

/// A longer time between two looks is a pause of this process, or of its machine: nobody could be heard in it, so it does not
/// count against anybody.
const PAUSE: Span = Span::from_millis(2_000);

/// The leader's soft state. It is made anew with every ballot and never replicated.
pub(crate) struct Lead {
    ballot: Ballot,
    /// In a time that stands still while this process does.
    deadlines: Deadlines<SessionId>,
    seen: Now,
    paused: Span,
    /// The replicated clock as it was when it last moved, and when that was seen.
    clock: (u64, Now),
    reap_at: Now,
    configure_at: Now,
}

impl Lead {
    pub(crate) fn new(now: Now, ballot: Ballot, state: &State) -> Self {
        let sessions = state.sessions.iter().map(|session| {
            let grace = if mutated("znode.session.no_grace") {
                0
            } else {
                session.timeout_ms
            };
            (session.id(), Span::from_millis(grace.into()))
        });
        Self {
            ballot,
            deadlines: Deadlines::new(now, sessions),
            seen: now,
            paused: Span(0),
            clock: (0, now),
            reap_at: now + REAP_EVERY,
            configure_at: now,
        }
    }

    /// A session was begun or attached: its time begins when the clock is next looked at. One that is attached with a shorter
    /// time-out than it had, since the limits are other ones by now, keeps for once what it had left: its client may not hear of
    /// the attachment, and rely on what it was told before.
    pub(crate) fn begin(&mut self, id: SessionId, timeout_ms: u32) {
        if mutated("znode.session.attached_for_less") {
            self.deadlines.end(id);
        }
        self.deadlines
            .begin(id, Span::from_millis(timeout_ms.into()));
    }

    /// A session is gone.
    pub(crate) fn end(&mut self, id: SessionId) {
        self.deadlines.end(id);
    }

    /// A session was heard of `age` ago; false if it is as good as gone.
    pub(crate) fn touch(&mut self, now: Now, id: SessionId, age: Span, timeout_ms: u32) -> bool {
        let now = self.look(now);
        let since = Now(now.0.saturating_sub(age.0));
        self.deadlines
            .keep_alive(now, since, id, Span::from_millis(timeout_ms.into()))
    }

    /// The time without pauses.
    fn look(&mut self, now: Now) -> Now {
        let gap = now - self.seen;
        if gap > PAUSE && !mutated("znode.session.no_pause_grace") {
            self.paused = Span(self.paused.0 + gap.0);
        }
        self.seen = self.seen.max(now);
        Now(self.seen.0 - self.paused.0)
    }

    /// What the replicated clock says by now, or a little less.
    const fn wall_ms(&mut self, now: Now, time_ms: u64) -> u64 {
        if self.clock.0 != time_ms {
            self.clock = (time_ms, now);
        }
        time_ms + now.0.saturating_sub(self.clock.1.0) / 1_000_000
    }

    fn next_look(&self) -> Option<Now> {
        let next = self.deadlines.next()?;
        let next = Now(next.0.saturating_add(self.paused.0));
        Some(next.min(self.seen + LOOK_EVERY))
    }
}

impl Store {
    /// What the leader wants proposed now, at most `max` commands.
    pub(crate) fn proposals(&mut self, now: Now, max: usize) -> Vec<Command> {
        let wanted = self.wanted();
        let Self {
            lead,
            state,
            derived,
            time_ms,
            ..
        } = self;
        let Some(lead) = lead else {
            return Vec::new();
        };
        let mut commands = Vec::new();
        let virtual_now = lead.look(now);
        commands.extend(expiry(lead, state, derived, virtual_now));
        let time_ms = lead.wall_ms(now, *time_ms);
        if lead.reap_at <= now {
            let (paths, more) = over(state, derived.reaped.iter(), time_ms);
            lead.reap_at = now + if more { AGAIN } else { REAP_EVERY };
            commands.extend((!paths.is_empty()).then_some(Command::Reap { paths }));
        }
        if !wanted.is_empty() && lead.configure_at <= now {
            lead.configure_at = now + AGAIN;
            commands.extend(wanted);
        }
        commands.truncate(max);
        commands
    }

    /// When [`Store::proposals`] has something to propose, or wants to look at the clock.
    pub(crate) fn next_proposal(&self) -> Option<Now> {
        let lead = self.lead.as_ref()?;
        let configure = (!self.wanted().is_empty()).then_some(lead.configure_at);
        let reap = (!self.derived.reaped.is_empty()).then_some(lead.reap_at);
        [lead.next_look(), reap, configure]
            .into_iter()
            .flatten()
            .min()
    }

    /// What is to be in force and is not.
    fn wanted(&self) -> Vec<Command> {
        let limits = wanted_limits(self.settings.limits);
        let limits = Some(limits).filter(|limits| *limits != self.state.limits);
        let members = self.settings.members.clone();
        let members = members.filter(|text| text.as_bytes() != self.members());
        let members = members.map(|text| Command::SetMembers { text });
        limits
            .map(Command::Configure)
            .into_iter()
            .chain(members)
            .collect()
    }
}

/// Time-outs that are in order.
fn wanted_limits(limits: Limits) -> Limits {
    let timeout_ms_min = limits.timeout_ms_min.max(1);
    Limits {
        timeout_ms_min,
        timeout_ms_max: limits.timeout_ms_max.max(timeout_ms_min),
        ..limits
    }
}

/// Sessions that ran out: so many that what goes with them is no more than one command is to delete.
fn expiry(lead: &mut Lead, state: &State, derived: &Derived, now: Now) -> Option<Command> {
    let (mut sessions, mut nodes) = (Vec::new(), 0);
    while sessions.len() < BATCH_MAX && nodes < BATCH_NODES_MAX {
        let Some(id) = lead.deadlines.expire(now, 1).pop() else {
            break;
        };
        if let Some(session) = state.session(id) {
            sessions.push((id, session.attachment));
            nodes += derived.ephemeral_count_of(id);
        }
    }
    let ballot = lead.ballot;
    (!sessions.is_empty()).then_some(Command::Expire { ballot, sessions })
}

/// Nodes that are over, and whether there are more.
fn over<'a>(
    state: &State,
    keys: impl Iterator<Item = &'a Key>,
    time_ms: u64,
) -> (Vec<String>, bool) {
    let is_over = |key: &&Key| {
        state
            .fields(key)
            .is_some_and(|fields| is_over(&fields, time_ms))
    };
    let mut over = keys.filter(is_over).map(|key| key.path().to_owned());
    let paths: Vec<_> = over.by_ref().take(BATCH_MAX).collect();
    let more = over.next().is_some();
    (paths, more)
}
