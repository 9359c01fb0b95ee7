//! `ZRANDMEMBER key [count [WITHSCORES]]`

use crate::command::{Call, Error};
use crate::number::integer;
use crate::sorted_set::{SortedSet, random};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let Some(count) = call.args.get(2) else {
        return one(call);
    };
    let count = integer(count).ok_or(Error::NotInteger)?;
    if count == i64::MIN {
        let (min, max) = (-i64::MAX, i64::MAX);
        let words = format!("ERR value is out of range, value must between {min} and {max}");
        return Err(Error::Other(words.into()));
    }
    let with_scores = match call.args[3..] {
        [] => false,
        [word] if word.eq_ignore_ascii_case(b"withscores") => true,
        _ => return Err(Error::Syntax),
    };
    if with_scores && count.unsigned_abs() > (i64::MAX / 2).unsigned_abs() {
        return Err(Error::text("ERR value is out of range"));
    }
    random::run(call, count, with_scores)
}

fn one(call: &mut Call<'_>) -> Result<(), Error> {
    let key = call.args[1];
    let Some(len) = call.keys.view::<SortedSet>(key)?.map(|set| set.len()) else {
        call.reply.null();
        return Ok(());
    };
    let rank = call.keys.partition(key).random.below(len);
    let set = call.keys.view::<SortedSet>(key)?;
    let elements = set
        .into_iter()
        .flat_map(|set| set.range(rank..rank + 1, false));
    elements.for_each(|element| call.reply.bulk(element.member));
    Ok(())
}
