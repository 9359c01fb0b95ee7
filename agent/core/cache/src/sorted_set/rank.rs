//! How many members are before one, or behind it.

use super::SortedSet;
use crate::command::{Call, Empty, Error};

/// `key member [WITHSCORE]`
pub(crate) fn run(call: &mut Call<'_>, down: bool, command: &'static str) -> Result<(), Error> {
    let with_score = match call.args[3..] {
        [] => false,
        [word] if word.eq_ignore_ascii_case(b"withscore") => true,
        [_] => return Err(Error::Syntax),
        _ => return Err(Error::Arity(command)),
    };
    let set = call.keys.view::<SortedSet>(call.args[1])?;
    let found = set.and_then(|set| Some((set.len(), set.rank(call.args[2])?)));
    let Some((len, (rank, score))) = found else {
        let empty = if with_score {
            Empty::NullArray
        } else {
            Empty::Null
        };
        empty.answer(call.reply);
        return Ok(());
    };
    if with_score {
        call.reply.array(2);
    }
    call.reply.count(if down { len - 1 - rank } else { rank });
    if with_score {
        call.reply.double(score);
    }
    Ok(())
}
