//! What is stored as a sorted set.

use super::{Element, SortedSet, SortedSetChange};
use crate::command::{Call, Error};
use crate::notice::Class;

/// A member with its score, of its own.
pub(crate) type Scored = (Box<[u8]>, f64);

/// Puts these elements under a key, whatever was there, and answers how many they are. Without any the key goes.
pub(crate) fn store(
    call: &mut Call<'_>,
    key: &[u8],
    mut elements: Vec<Scored>,
    event: &'static str,
) -> Result<(), Error> {
    in_order(&mut elements);
    let was_there = call.keys.make_room(key);
    if elements.is_empty() {
        if was_there {
            call.keys.notify(Class::GENERIC, "del", key);
        }
    } else {
        call.keys.edit::<SortedSet, _>(key, |set| {
            for (member, score) in &elements {
                set.apply(&SortedSetChange::Put {
                    member,
                    // They come in no order, so -0 must not become what it becomes by what is there before.
                    score: *score + 0.0,
                });
            }
            set.notify(Class::SORTED_SET, event);
        })?;
    }
    call.reply.count(elements.len());
    Ok(())
}

/// Sorts elements, by their scores first.
pub(super) fn in_order(elements: &mut [Scored]) {
    elements.sort_unstable_by(|one, other| {
        Element::new(one.1, &one.0).cmp(&Element::new(other.1, &other.0))
    });
}
