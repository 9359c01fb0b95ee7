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
    for key in keys.elements().unwrap_or_default() {
        let key = key.bytes().expect("a key is a string");
        let differ = look_at(stage, key);
        if differ.is_some() {
            return differ;
        }
    }
    None
}

fn look_at(stage: &mut Stage, key: &[u8]) -> Option<Difference> {
    let asked = |line: &str| -> Vec<Vec<u8>> {
        let words = words(line).into_iter();
        let is_key = |word: &[u8]| word == b"KEY";
        words
            .map(|word| if is_key(&word) { key.to_vec() } else { word })
            .collect()
    };
    let (ours, theirs) = stage.ask(Peer::LOOKS, &asked("type KEY"), Compare::Exact);
    let kind = theirs.clone();
    let mut differ = stage.compared(&asked("type KEY"), Compare::Exact, ours, theirs);
    let kind = match &kind {
        Value::Simple(kind) => kind.as_slice(),
        _ => b"",
    };
    let (content, compare) = match kind {
        b"string" => ("get KEY", Compare::Exact),
        b"list" => ("lrange KEY 0 -1", Compare::Exact),
        b"set" => ("smembers KEY", Compare::Sorted),
        b"hash" => ("hgetall KEY", Compare::Pairs),
        b"zset" => ("zrange KEY 0 -1 withscores", Compare::Exact),
        b"stream" => ("xinfo stream KEY full", Compare::Near(5_000)),
        // It may have expired.
        _ => ("exists KEY", Compare::Exact),
    };
    let looks = [
        (content, compare),
        ("pexpiretime KEY", Compare::Near(5_000)),
        ("object encoding KEY", Compare::Exact),
    ];
    for (line, compare) in looks {
        if differ.is_none() {
            let (ours, theirs) = stage.ask(Peer::LOOKS, &asked(line), compare);
            differ = stage.compared(&asked(line), compare, ours, theirs);
        }
    }
    differ
}
