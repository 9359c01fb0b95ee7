//! `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
//!
//! A cursor is where the walk of a partition is, times the number of partitions, and the number of that one.

use crate::command::{Call, Error};
use crate::glob;
use crate::keyspace::Header;
use crate::number::integer;

#[derive(Clone, Copy)]
struct Options<'a> {
    pattern: Option<&'a [u8]>,
    count: usize,
    kind: Option<&'a [u8]>,
}

/// A walk looks at no more buckets than that, for each key that is wanted: they may be empty.
const BUCKETS_PER_KEY: usize = 10;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let cursor = cursor(call.args[1]).ok_or(Error::text("ERR invalid cursor"))?;
    let options = Options::parse(&call.args[2..])?;
    let (next, keys) = walk(call, cursor, options.count);
    let now = call.keys.now();
    call.keys.set_reads(false);
    let is_wanted = |(key, header): &Met| {
        let is_kind = |kind: &[u8]| kind.eq_ignore_ascii_case(header.kind.name().as_bytes());
        // Whoever looks at a key that expired removes it.
        let is_there = |call: &mut Call<'_>| {
            header.expiry.is_none_or(|at| at >= now) || call.keys.look(key).is_some()
        };
        options.pattern.is_none_or(|it| glob::matches(it, key))
            && options.kind.is_none_or(is_kind)
            && is_there(call)
    };
    let keys: Vec<_> = keys.into_iter().filter(is_wanted).collect();
    call.reply.array(2);
    call.reply.bulk(next.to_string().as_bytes());
    call.reply.array(keys.len());
    keys.iter().for_each(|(key, _)| call.reply.bulk(key));
    Ok(())
}

/// A key that was met, and what is noted of it.
type Met = (Box<[u8]>, Header);

/// Some keys from a cursor on, at least `count` if there are so many, and the next cursor.
fn walk(call: &mut Call<'_>, cursor: u64, count: usize) -> (u64, Vec<Met>) {
    let (database, partitions) = (call.keys.database(), call.keys.partition_count() as u64);
    let (mut walk, mut partition) = (cursor / partitions, cursor % partitions);
    let mut keys = Vec::new();
    for _ in 0..count.saturating_mul(BUCKETS_PER_KEY) {
        let table = call.keys.partition_at(partition as usize).table(database);
        let (bucket, next) = table.walk(walk);
        for (_, key, value) in table.bucket(bucket) {
            keys.push((Box::from(key), Header::split(value).0));
        }
        walk = next;
        if walk == 0 {
            partition += 1;
        }
        if partition == partitions || keys.len() >= count {
            break;
        }
    }
    if partition == partitions {
        (0, keys)
    } else {
        (walk * partitions + partition, keys)
    }
}

/// A cursor as Redis reads it: with a sign, if need be.
fn cursor(text: &[u8]) -> Option<u64> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let mut number = 0_u64;
    for digit in digits {
        let digit = char::from(*digit).to_digit(10)?;
        number = number.checked_mul(10)?.checked_add(digit.into())?;
    }
    Some(if is_negative {
        number.wrapping_neg()
    } else {
        number
    })
}

impl<'a> Options<'a> {
    fn parse(mut words: &[&'a [u8]]) -> Result<Self, Error> {
        let mut options = Self {
            pattern: None,
            count: 10,
            kind: None,
        };
        while let [word, value, rest @ ..] = words {
            words = rest;
            match word.to_ascii_lowercase().as_slice() {
                b"count" => {
                    let count = integer(value).ok_or(Error::NotInteger)?;
                    if count < 1 {
                        return Err(Error::Syntax);
                    }
                    options.count = usize::try_from(count).unwrap_or(usize::MAX);
                }
                b"match" => options.pattern = Some(*value).filter(|pattern| *pattern != b"*"),
                b"type" => options.kind = Some(*value),
                _ => return Err(Error::Syntax),
            }
        }
        if words.is_empty() {
            Ok(options)
        } else {
            Err(Error::Syntax)
        }
    }
}
