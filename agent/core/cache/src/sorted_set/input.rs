//! What unions and the like are made of.

use super::{Element, SortedSet, SortedSetView};
use crate::command::Error;
use crate::keys::Keys;

/// A sorted set, or nothing.
#[derive(Clone, Copy, Debug)]
pub(super) enum ScoredInput<'a> {
    Nothing,
    SortedSet(SortedSetView<'a>),
}

/// What is under a key, to be taken as a sorted set.
///
/// To be extended by plain sets, whose members all have the score 1.
pub(super) fn scored_input<'a>(
    keys: &'a mut Keys<'_>,
    key: &[u8],
) -> Result<ScoredInput<'a>, Error> {
    let set = keys.view::<SortedSet>(key)?;
    Ok(set.map_or(ScoredInput::Nothing, ScoredInput::SortedSet))
}

impl<'a> ScoredInput<'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::SortedSet(set) => set.len(),
        }
    }

    pub(super) fn score(self, member: &[u8]) -> Option<f64> {
        match self {
            Self::Nothing => None,
            Self::SortedSet(set) => set.score(member),
        }
    }

    /// All elements.
    pub(super) fn for_each(self, each: impl FnMut(Element<'a>)) {
        match self {
            Self::Nothing => {}
            Self::SortedSet(set) => set.iter().for_each(each),
        }
    }
}
