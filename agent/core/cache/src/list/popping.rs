//! What all commands do that take elements from an end of a list.

use super::{End, List, ListChange, ListView};
use crate::command::{Call, Error};
use crate::notice::Class;
use crate::number::integer;
use crate::partition::Edit;
use crate::reply::Reply;

/// `LPOP`, `RPOP`: `key [count]`
pub(crate) fn pop(call: &mut Call<'_>, end: End) -> Result<(), Error> {
    let count = match call.args {
        [_, _] => None,
        [_, _, count] => Some(not_negative(count)?),
        _ => return Err(Error::Arity(event(end))),
    };
    let reply = &mut *call.reply;
    call.keys.edit::<List, _>(call.args[1], |list| {
        let length = list.now().view().len();
        match count {
            None if length == 0 => reply.null(),
            Some(_) if length == 0 => reply.null_array(),
            Some(0) => reply.array(0),
            None => take_one(list, end, reply),
            Some(count) => take(list, end, count.min(length), reply),
        }
    })?;
    Ok(())
}

/// Takes elements of the first of these lists that is there: as many as `count` says in an array, or one alone. Whether there was
/// one.
pub(super) fn pop_first(
    call: &mut Call<'_>,
    keys: &[&[u8]],
    end: End,
    count: Option<usize>,
) -> Result<bool, Error> {
    for key in keys {
        let Some(length) = call.keys.view::<List>(key)?.map(ListView::len) else {
            continue;
        };
        let reply = &mut *call.reply;
        reply.array(2);
        reply.bulk(key);
        call.keys.edit::<List, _>(key, |list| match count {
            None => take_one(list, end, reply),
            Some(count) => take(list, end, count.min(length), reply),
        })?;
        return Ok(true);
    }
    Ok(false)
}

/// Answers the element at an end, which is there, and removes it.
fn take_one(list: &mut Edit<'_, List>, end: End, reply: &mut Reply) {
    let element = list.now().view().end(end);
    element.expect("a list has elements").answer(reply);
    remove(list, end, 1);
}

/// Answers so many elements, which are there, and removes them.
fn take(list: &mut Edit<'_, List>, end: End, count: usize, reply: &mut Reply) {
    reply.array(count);
    let elements = list.now().view().run_from(end).take(count);
    elements.for_each(|element| element.answer(reply));
    remove(list, end, count);
}

/// Removes so many elements, which are there.
pub(super) fn remove(list: &mut Edit<'_, List>, end: End, count: usize) {
    list.apply(&ListChange::Pop { end, count });
    list.notify(Class::LIST, event(end));
}

/// What is told of it; also the command's name.
pub(super) const fn event(end: End) -> &'static str {
    match end {
        End::Head => "lpop",
        End::Tail => "rpop",
    }
}

fn not_negative(count: &[u8]) -> Result<usize, Error> {
    let count = integer(count).and_then(|count| usize::try_from(count).ok());
    count.ok_or(Error::text("ERR value is out of range, must be positive"))
}

/// What `LMPOP` and `BLMPOP` are asked: `numkeys key [key ...] LEFT | RIGHT [COUNT count]`
pub(crate) struct Asked<'a> {
    pub(crate) keys: &'a [&'a [u8]],
    pub(crate) end: End,
    pub(crate) count: usize,
}

impl<'a> Asked<'a> {
    pub(crate) fn parse(words: &'a [&'a [u8]]) -> Result<Self, Error> {
        let above_0 = |word: &[u8], otherwise: &'static str| {
            let number = integer(word).filter(|number| *number > 0);
            let number = number.map(|number| usize::try_from(number).unwrap_or(usize::MAX));
            number.ok_or(Error::text(otherwise))
        };
        let [number, rest @ ..] = words else {
            return Err(Error::Syntax);
        };
        let number = above_0(number, "ERR numkeys should be greater than 0")?;
        let Some((keys, [end, options @ ..])) = rest.split_at_checked(number) else {
            return Err(Error::Syntax);
        };
        let end = End::named(end)?;
        let count = match options {
            [] => 1,
            [word, count, rest @ ..] if word.eq_ignore_ascii_case(b"count") => {
                let count = above_0(count, "ERR count should be greater than 0")?;
                if !rest.is_empty() {
                    return Err(Error::Syntax);
                }
                count
            }
            _ => return Err(Error::Syntax),
        };
        Ok(Self { keys, end, count })
    }
}

/// `LMPOP`
pub(crate) fn pop_of_several(call: &mut Call<'_>, asked: &Asked<'_>) -> Result<(), Error> {
    if !pop_first(call, asked.keys, asked.end, Some(asked.count))? {
        call.reply.null_array();
    }
    Ok(())
}
