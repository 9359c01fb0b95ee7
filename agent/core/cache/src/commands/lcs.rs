//! `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN length] [WITHMATCHLEN]`

use crate::command::{Call, Error};
use crate::number::integer;
use crate::partition::WrongKind;
use crate::string::STRING_BYTES_MAX;
use crate::subsequence::{Match, Subsequence, length};

#[derive(Default)]
struct Options {
    length: bool,
    places: bool,
    length_min: usize,
    with_lengths: bool,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (a, b) = (copy(call, call.args[1])?, copy(call, call.args[2])?);
    let options = Options::parse(&call.args[3..])?;
    // Redis would need so many bytes.
    if (a.len() + 1).saturating_mul(b.len() + 1) > STRING_BYTES_MAX / 4 {
        return Err(Error::text(
            "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
        ));
    }
    if options.length {
        call.reply.count(length(&a, &b));
        return Ok(());
    }
    let found = Subsequence::find(&a, &b);
    if !options.places {
        call.reply.bulk(&found.bytes);
        return Ok(());
    }
    let matches = found.matches.iter();
    let matches: Vec<_> = matches
        .filter(|it| it.length >= options.length_min)
        .collect();
    call.reply.map(2);
    call.reply.bulk(b"matches");
    call.reply.array(matches.len());
    for found in matches {
        answer(call, found, options.with_lengths);
    }
    call.reply.bulk(b"len");
    call.reply.count(found.bytes.len());
    Ok(())
}

fn copy(call: &mut Call<'_>, key: &[u8]) -> Result<Vec<u8>, Error> {
    match call.keys.string(key) {
        Ok(string) => Ok(string.unwrap_or_default().to_vec()),
        Err(WrongKind) => Err(Error::text(
            "ERR The specified keys must contain string values",
        )),
    }
}

fn answer(call: &mut Call<'_>, found: &Match, with_length: bool) {
    call.reply.array(if with_length { 3 } else { 2 });
    for start in [found.a, found.b] {
        call.reply.array(2);
        call.reply.count(start);
        call.reply.count(start + found.length - 1);
    }
    if with_length {
        call.reply.count(found.length);
    }
}

impl Options {
    fn parse(mut words: &[&[u8]]) -> Result<Self, Error> {
        let mut options = Self::default();
        while let [word, rest @ ..] = words {
            words = rest;
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            if is("idx") {
                options.places = true;
            } else if is("len") {
                options.length = true;
            } else if is("withmatchlen") {
                options.with_lengths = true;
            } else if is("minmatchlen")
                && let [least, rest @ ..] = words
            {
                let least = integer(least).ok_or(Error::NotInteger)?;
                options.length_min = usize::try_from(least).unwrap_or(0);
                words = rest;
            } else {
                return Err(Error::Syntax);
            }
        }
        if options.places && options.length {
            return Err(Error::text(
                "ERR If you want both the length and indexes, please just use IDX.",
            ));
        }
        Ok(options)
    }
}
