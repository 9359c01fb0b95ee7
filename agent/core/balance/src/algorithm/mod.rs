//! The algorithms: each one file, with what it compiles of a pool (shared by threads) and what a thread keeps of its own.
//!
//! A new one is a file, a variant of [`Algorithm`], and a row in each of `Table`'s three matches.

mod least_connections;
mod least_load;
pub mod maglev;
mod power_of_two;
pub(crate) mod random;
pub mod ring;
mod round_robin;
mod weighted;

use crate::pool::Member;
use crate::{Draws, Moment};

/// How a backend is chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Algorithm {
    /// By chance, weighted: the plainest.
    Random,
    /// In turn, whatever the weights.
    RoundRobin,
    /// In turn, each as often as its weight says, spread evenly: smooth weighted round robin.
    Weighted,
    /// The one with the fewest requests under way for its weight.
    LeastConnections,
    /// In turn by weights that follow what backends say of their load, or else how quick they are.
    LeastLoad,
    /// Of two by chance the one that would answer sooner.
    #[default]
    PowerOfTwo,
    /// By the request's hash, on a ring.
    RingHash(ring::Settings),
    /// By the request's hash, from a table that is even and changes little.
    Maglev(maglev::Settings),
}

impl Algorithm {
    /// True if a request's hash decides: then weights are taken as configured, since a part that grows would move keys all the time.
    #[must_use]
    pub const fn is_by_hash(&self) -> bool {
        matches!(self, Self::RingHash(_) | Self::Maglev(_))
    }
}

/// What is asked of an algorithm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) hash: u64,
    /// How often one that was named could not be taken.
    pub(crate) attempt: u32,
    pub(crate) now: Moment,
}

/// What an algorithm made of a pool.
#[derive(Debug)]
pub(crate) enum Table {
    Random(random::Alias),
    RoundRobin,
    Weighted(weighted::Schedule),
    LeastConnections,
    PowerOfTwo(power_of_two::Pair),
    Ring(ring::Ring),
    Maglev(maglev::Maglev),
}

/// What a thread keeps for a pool.
#[derive(Debug)]
pub(crate) enum State {
    Nothing,
    RoundRobin(round_robin::Turn),
    Weighted(weighted::Position),
    LeastConnections(least_connections::Tournament),
}

impl Table {
    pub(crate) fn compile(algorithm: &Algorithm, members: &[Member], now: Moment) -> Self {
        let weights = || members.iter().map(|it| it.weight).collect::<Vec<_>>();
        match algorithm {
            Algorithm::Random => Self::Random(random::Alias::new(&weights())),
            Algorithm::RoundRobin => Self::RoundRobin,
            Algorithm::Weighted => Self::Weighted(weighted::Schedule::new(&weights())),
            Algorithm::LeastConnections => Self::LeastConnections,
            Algorithm::LeastLoad => {
                let weights = least_load::weights(members, now);
                Self::Weighted(weighted::Schedule::new(&weights))
            }
            Algorithm::PowerOfTwo => Self::PowerOfTwo(power_of_two::Pair::new(&weights())),
            Algorithm::RingHash(settings) => Self::Ring(ring::Ring::new(members, settings)),
            Algorithm::Maglev(settings) => Self::Maglev(maglev::Maglev::new(members, settings)),
        }
    }

    /// What a thread keeps for this pool; after what it kept for another one, if any.
    pub(crate) fn state(
        &self,
        members: &[Member],
        before: Option<(&State, &[Member])>,
        draws: &mut Draws,
    ) -> State {
        match self {
            Self::RoundRobin => {
                let before = before.and_then(|(state, members)| match state {
                    State::RoundRobin(turn) => turn.last(members),
                    _ => None,
                });
                State::RoundRobin(round_robin::Turn::new(members, before, draws))
            }
            Self::Weighted(schedule) => State::Weighted(schedule.begin(draws)),
            Self::LeastConnections => {
                State::LeastConnections(least_connections::Tournament::new(members, draws))
            }
            Self::Random(_) | Self::PowerOfTwo(_) | Self::Ring(_) | Self::Maglev(_) => {
                State::Nothing
            }
        }
    }

    /// The place of one of the members, of which there is at least one.
    pub(crate) fn choose(
        &self,
        members: &[Member],
        state: &mut State,
        question: Question,
        draws: &mut Draws,
    ) -> usize {
        debug_assert!(!members.is_empty(), "a pool without members is none");
        match (self, state) {
            (Self::Random(alias), _) => alias.draw(draws),
            (Self::RoundRobin, State::RoundRobin(turn)) => turn.next(members, draws),
            (Self::Weighted(schedule), State::Weighted(at)) => schedule.next(at),
            (Self::LeastConnections, State::LeastConnections(tournament)) => {
                tournament.next(members)
            }
            (Self::PowerOfTwo(pair), _) => pair.choose(members, question.now, draws),
            (Self::Ring(ring), _) => ring.choose(members, question),
            (Self::Maglev(maglev), _) => maglev.choose(question),
            (table, state) => unreachable!("{table:?} does not keep {state:?}"),
        }
    }
}
