//! All keys of both servers: what is under each, when it expires, and how it is shown.

use crate::compare::Compare;
use crate::peer::Peer;
use crate::play::{Difference, Stage};
use crate::reply::Value;
use crate::words::words;

/// So many databases are looked at: all that commands come to.
const DATABASES: usize = 3;

/// Compares all keys.
pub(crate) fn look(stage: &mut Stage) -> Option<Difference> {
    for database in 0..DATABASES {
        let select = words(&format!("select {database}"));
        let (selected, _) = stage.ask(Peer::LOOKS, &select, Compare::Exact);
        if selected.is_error("") && database > 0 {
            continue;
        }
        let found = database_of(stage);
        if found.is_some() {
            return found;
        }
    }
    None
}

fn database_of(stage: &mut Stage) -> Option<Difference> {
    let (ours, theirs) = stage.ask(Peer::LOOKS, &words("keys *"), Compare::Sorted);
    let keys = theirs.clone();
    let differ = stage.compared(&words("keys *"), Compare::Sorted, ours, theirs);
    if differ.is_some() {
        return differ;
    }
    let keys = keys.elements().unwrap_or_default();
    let keys: Vec<_> = keys.iter().filter_map(Value::bytes).collect();
    keys.chunks(KEYS_AT_ONCE)
        .find_map(|keys| look_at(stage, keys))
}

/// So many keys are looked at at once.
const KEYS_AT_ONCE: usize = 20;

/// Compares what is under keys.
fn look_at(stage: &mut Stage, keys: &[&[u8]]) -> Option<Difference> {
    let types = asked(keys.iter().map(|key| (*key, "type KEY", Compare::Exact)));
    let kinds = match compared(stage, &types) {
        Ok(kinds) => kinds,
        Err(difference) => return Some(difference),
    };
    let looks = keys.iter().zip(&kinds).flat_map(|(key, kind)| {
        let (line, compare) = content(kind.bytes().unwrap_or_default());
        [
            (*key, line, compare),
            (*key, "pexpiretime KEY", Compare::Near(60_000)),
            (*key, "object encoding KEY", Compare::Exact),
        ]
    });
    compared(stage, &asked(looks)).err()
}

/// How what is under a key of this type is read.
const fn content(kind: &[u8]) -> (&'static str, Compare) {
    match kind {
        b"string" => ("get KEY", Compare::Exact),
        b"list" => ("lrange KEY 0 -1", Compare::Exact),
        b"set" => ("smembers KEY", Compare::Sorted),
        b"hash" => ("hgetall KEY", Compare::Pairs),
        b"zset" => ("zrange KEY 0 -1 withscores", Compare::Exact),
        b"stream" => ("xinfo stream KEY full", Compare::Near(60_000)),
        // It may have expired.
        _ => ("exists KEY", Compare::Exact),
    }
}

/// Commands with keys for `KEY`.
fn asked<'a>(
    lines: impl Iterator<Item = (&'a [u8], &'static str, Compare)>,
) -> Vec<(Vec<Vec<u8>>, Compare)> {
    let with = |key: &[u8], line: &str| {
        let words = words(line).into_iter();
        let words = words.map(|word| if word == b"KEY" { key.to_vec() } else { word });
        words.collect()
    };
    lines
        .map(|(key, line, compare)| (with(key, line), compare))
        .collect()
}

/// What both answer, or the first difference.
fn compared(
    stage: &mut Stage,
    asked: &[(Vec<Vec<u8>>, Compare)],
) -> Result<Vec<Value>, Difference> {
    let commands: Vec<_> = asked.iter().map(|(words, _)| words.as_slice()).collect();
    let answers = stage.ask_all(Peer::LOOKS, &commands);
    let mut values = Vec::new();
    for ((words, compare), (ours, theirs)) in asked.iter().zip(answers) {
        values.push(theirs.clone());
        if let Some(difference) = stage.compared(words, *compare, ours, theirs) {
            return Err(difference);
        }
    }
    Ok(values)
}
