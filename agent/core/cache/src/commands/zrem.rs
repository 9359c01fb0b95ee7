//! `ZREM key member [member ...]`

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::sorted_set::{SortedSet, SortedSetChange};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, members @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let removed = call.keys.edit::<SortedSet, _>(key, |set| {
        let mut removed = 0;
        for member in members {
            if set.now().view().score(member).is_some() {
                set.apply(&SortedSetChange::Remove { member });
                removed += 1;
            }
        }
        if removed > 0 {
            set.notify(Class::SORTED_SET, "zrem");
        }
        removed
    })?;
    call.reply.count(removed);
    Ok(())
}
