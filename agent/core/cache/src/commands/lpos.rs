//! `LPOS key element [RANK rank] [COUNT matches] [MAXLEN length]`

use crate::command::{Call, Error};
use crate::list::{End, List, symmetric};
use crate::number::integer;

struct Options {
    /// From where it looks.
    end: End,
    /// Which match is the first that counts, from 1 on.
    rank: u64,
    /// How many are asked for, 0 for all, if more than the first one.
    count: Option<u64>,
    /// How many elements are compared, 0 for all.
    length_max: u64,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, element, options @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let options = Options::parse(options)?;
    let Some(list) = call.keys.view::<List>(key)? else {
        match options.count {
            Some(_) => call.reply.array(0),
            None => call.reply.null(),
        }
        return Ok(());
    };
    let length = list.len();
    let matches = list
        .run_from(options.end)
        .take(all_for_0(options.length_max))
        .enumerate()
        .filter(|(_, own)| own.bytes() == *element)
        .map(|(passed, _)| match options.end {
            End::Head => passed,
            End::Tail => length - 1 - passed,
        });
    let mut matches = matches.skip(all_for_0(options.rank) - 1);
    match options.count {
        None => match matches.next() {
            Some(at) => call.reply.count(at),
            None => call.reply.null(),
        },
        Some(count) => {
            let matches: Vec<_> = matches.take(all_for_0(count)).collect();
            call.reply.array(matches.len());
            matches.into_iter().for_each(|at| call.reply.count(at));
        }
    }
    Ok(())
}

fn all_for_0(count: u64) -> usize {
    match usize::try_from(count) {
        Ok(count @ 1..) => count,
        _ => usize::MAX,
    }
}

impl Options {
    fn parse(mut words: &[&[u8]]) -> Result<Self, Error> {
        let mut options = Self {
            end: End::Head,
            rank: 1,
            count: None,
            length_max: 0,
        };
        while let [word, number, rest @ ..] = words {
            words = rest;
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            if is("rank") {
                let rank = rank(number)?;
                options.rank = rank.unsigned_abs();
                options.end = if rank < 0 { End::Tail } else { End::Head };
            } else if is("count") {
                options.count = Some(not_negative(number, "ERR COUNT can't be negative")?);
            } else if is("maxlen") {
                options.length_max = not_negative(number, "ERR MAXLEN can't be negative")?;
            } else {
                return Err(Error::Syntax);
            }
        }
        if words.is_empty() {
            Ok(options)
        } else {
            Err(Error::Syntax)
        }
    }
}

fn rank(number: &[u8]) -> Result<i64, Error> {
    match symmetric(number)? {
        0 => Err(Error::text(
            "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from \
             the end of the list",
        )),
        rank => Ok(rank),
    }
}

fn not_negative(number: &[u8], otherwise: &'static str) -> Result<u64, Error> {
    let number = integer(number).and_then(|number| u64::try_from(number).ok());
    number.ok_or(Error::text(otherwise))
}
