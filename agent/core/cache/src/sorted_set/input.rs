//! What unions and the like are made of.

use super::{Element, SortedSet, SortedSetView};
use crate::command::Error;
use crate::keys::Keys;
use crate::keyspace::Kind;
use crate::set::{Set, SetView};

/// A sorted set, or nothing.
#[derive(Clone, Copy, Debug)]
pub(super) enum ScoredInput<'a> {
    Nothing,
    SortedSet(SortedSetView<'a>),
    Set(SetView<'a>),
}

/// The score of all members of a plain set.
const SCORE_OF_SET: f64 = 1.0;

/// What is under a key, to be taken as a sorted set.
pub(super) fn scored_input<'a>(
    keys: &'a mut Keys<'_>,
    key: &[u8],
) -> Result<ScoredInput<'a>, Error> {
    match keys.kind(key) {
        None => Ok(ScoredInput::Nothing),
        Some(Kind::Set) => {
            let set = keys.view::<Set>(key)?;
            Ok(set.map_or(ScoredInput::Nothing, ScoredInput::Set))
        }
        Some(_) => {
            let set = keys.view::<SortedSet>(key)?;
            Ok(set.map_or(ScoredInput::Nothing, ScoredInput::SortedSet))
        }
    }
}

impl<'a> ScoredInput<'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::SortedSet(set) => set.len(),
            Self::Set(set) => set.len(),
        }
    }

    pub(super) fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Self::Nothing => None,
            Self::SortedSet(set) => set.score(member),
            Self::Set(set) => set.contains(member).then_some(SCORE_OF_SET),
        }
    }

    /// All elements.
    pub(super) fn for_each(self, each: impl FnMut(Element<'a>)) {
        match self {
            Self::Nothing => {}
            Self::SortedSet(set) => set.iter().for_each(each),
            Self::Set(set) => set
                .iter()
                .map(|member| Element::new(SCORE_OF_SET, member))
                .for_each(each),
        }
    }
}
