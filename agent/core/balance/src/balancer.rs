//! A thread's side: which backend gets a request.

use std::mem;
use std::sync::Arc;

use crate::algorithm::{Question, State};
use crate::circuit::Limits;
use crate::sticky::Token;
use crate::ticket::Place;
use crate::{Backend, BackendId, Draws, Moment, Notice, Outcome, Refusal, Ticket, View};

/// So many backends are tried for one request at most.
pub const TRIED_MAX: usize = 8;
/// An algorithm is asked so often, before whoever there is is taken.
const ATTEMPTS: u32 = 4;

/// Backends that were tried for a request already.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried {
    ids: [Option<BackendId>; TRIED_MAX],
}

impl Tried {
    /// Adds one; false if there is no room, then no more are to be tried.
    pub fn add(&mut self, id: BackendId) -> bool {
        let free = self.ids.iter_mut().find(|it| it.is_none());
        free.map(|it| *it = Some(id)).is_some()
    }

    /// True if this one was tried.
    #[must_use]
    pub fn contains(&self, id: BackendId) -> bool {
        self.ids.iter().map_while(|it| *it).any(|it| it == id)
    }
}

/// What of a request a choice depends on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// A hash of what binds it to a backend, for the algorithms that go by it; without one, chance decides.
    pub hash: Option<u64>,
    /// The token that its cookie carries.
    pub token: Option<Token>,
    /// Who is not to be chosen again.
    pub tried: Tried,
}

/// One thread's way of choosing among a group's backends.
#[derive(Debug)]
pub struct Balancer {
    view: Arc<View>,
    draws: Draws,
    states: [State; 2],
}

impl Balancer {
    /// A balancer over this view. Threads are given different seeds.
    #[must_use]
    pub fn new(view: Arc<View>, seed: u64) -> Self {
        let mut balancer = Self {
            view: Arc::clone(&view),
            draws: Draws::new(seed),
            states: [State::Nothing, State::Nothing],
        };
        balancer.states = balancer.states_of(&view);
        balancer
    }

    /// Goes on with this view: choices under way keep their tickets, turns go on where they were.
    pub fn update(&mut self, view: Arc<View>) {
        if view.version == self.view.version {
            return;
        }
        self.states = self.states_of(&view);
        self.view = view;
    }

    /// The view that is chosen from.
    #[must_use]
    pub const fn view(&self) -> &Arc<View> {
        &self.view
    }

    fn states_of(&mut self, view: &View) -> [State; 2] {
        let before = mem::replace(&mut self.states, [State::Nothing, State::Nothing]);
        let state = |side: usize| {
            let Some(pool) = &view.pools[side] else {
                return State::Nothing;
            };
            let old = self.view.pools[side].as_ref();
            let old = old.map(|old| (&before[side], &*old.members));
            pool.table.state(&pool.members, old, &mut self.draws)
        };
        [0, 1].map(state)
    }

    /// Chooses one for a request and counts it there.
    ///
    /// # Errors
    /// If nobody may be used, all were tried, or a limit is reached.
    pub fn choose(&mut self, asked: &Asked, now: Moment) -> Result<Ticket, Refusal> {
        self.view.totals.begin(&self.view.limits)?;
        match self.place(asked, now) {
            Ok((backend, place)) => Ok(Ticket::new(backend, place, now, self.view.suspect_after)),
            Err(refusal) => {
                self.view.totals.end();
                Err(refusal)
            }
        }
    }

    /// Ends a request, as [`Ticket::finish`] does; the thread that gave the ticket sees the load go at once.
    pub fn finish(&mut self, ticket: Ticket, outcome: Outcome, now: Moment) -> Notice {
        let place = ticket.place;
        let notice = ticket.finish(outcome, now);
        let side = usize::from(place.far);
        if place.version == self.view.version
            && let State::LeastConnections(tournament) = &mut self.states[side]
            && let (Some(pool), Some(member)) = (&self.view.pools[side], place.member)
        {
            tournament.read(&pool.members, member as usize);
        }
        notice
    }

    fn place(&mut self, asked: &Asked, now: Moment) -> Result<(Arc<Backend>, Place), Refusal> {
        let mut refusal = Refusal::NoBackend;
        if let Some(backend) = asked.token.and_then(|token| self.view.stuck_to(token))
            && taken(backend, asked, &self.view.limits, &mut refusal)
        {
            return Ok((Arc::clone(backend), self.place_at(0, None)));
        }
        let hash = asked.hash.unwrap_or_else(|| self.draws.bits());
        let side = self.side(asked.hash);
        let Some(pool) = &self.view.pools[side] else {
            return Err(refusal);
        };
        let members = &pool.members;
        for attempt in 0..ATTEMPTS {
            let question = Question { hash, attempt, now };
            let state = &mut self.states[side];
            let member = pool.table.choose(members, state, question, &mut self.draws);
            let backend = &members[member].backend;
            if taken(backend, asked, &self.view.limits, &mut refusal) {
                return Ok((Arc::clone(backend), self.place_at(side, Some(member))));
            }
        }
        self.anybody(side, asked, refusal)
    }

    /// Whoever may be taken, of the other pool too: from somewhere on, so that not all go to the same one.
    fn anybody(
        &mut self,
        side: usize,
        asked: &Asked,
        mut refusal: Refusal,
    ) -> Result<(Arc<Backend>, Place), Refusal> {
        for side in [side, 1 - side] {
            let Some(pool) = &self.view.pools[side] else {
                continue;
            };
            let count = pool.members.len();
            let begin = self.draws.below(count as u32) as usize;
            for member in (begin..count).chain(0..begin) {
                let backend = &pool.members[member].backend;
                if taken(backend, asked, &self.view.limits, &mut refusal) {
                    return Ok((Arc::clone(backend), self.place_at(side, Some(member))));
                }
            }
        }
        Err(refusal)
    }

    /// Near or far. A key stays on its side, as long as the sides' parts stay.
    fn side(&mut self, hash: Option<u64>) -> usize {
        if self.view.stays_below > u64::from(u32::MAX) {
            return 0;
        }
        let draw = match hash.filter(|_| self.view.algorithm.is_by_hash()) {
            Some(hash) => crate::entropy::mixed(!hash) >> 32,
            None => self.draws.bits() >> 32,
        };
        usize::from(draw >= self.view.stays_below)
    }

    fn place_at(&self, side: usize, member: Option<usize>) -> Place {
        Place {
            version: self.view.version,
            far: side == 1,
            member: member.map(|member| member as u32),
        }
    }
}

/// Counts a request at this backend, unless it was tried or is full; why not is noted.
fn taken(backend: &Backend, asked: &Asked, limits: &Limits, refusal: &mut Refusal) -> bool {
    if asked.tried.contains(backend.id()) {
        if *refusal == Refusal::NoBackend {
            *refusal = Refusal::NoneLeft;
        }
        return false;
    }
    match backend.begin(limits) {
        Ok(()) => true,
        Err(why) => {
            *refusal = why;
            false
        }
    }
}
