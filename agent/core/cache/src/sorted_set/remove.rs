//! Removes elements by their ranks.

use std::ops::Range;

use super::{SortedSet, SortedSetChange, SortedSetView};
use crate::command::{Call, Error};
use crate::notice::Class;

/// Removes those of these ranks from the sorted set that the call names first, and answers how many they were.
pub(crate) fn remove_ranks(
    call: &mut Call<'_>,
    ranks: impl FnOnce(SortedSetView<'_>) -> Range<usize>,
    event: &'static str,
) -> Result<(), Error> {
    let removed = call.keys.edit::<SortedSet, _>(call.args[1], |set| {
        let ranks = ranks(set.now().view());
        let (first, count) = (ranks.start, ranks.len());
        if count > 0 {
            set.apply(&SortedSetChange::RemoveRanks { first, count });
            set.notify(Class::SORTED_SET, event);
        }
        count
    })?;
    call.reply.count(removed);
    Ok(())
}
