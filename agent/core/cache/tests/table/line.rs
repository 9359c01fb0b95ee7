//! What callers need to know of a command, in a line.

use std::fmt::Write as _;

use synod_cache::command::{Begin, Find, KeySpec, Spec};

/// `name arity | flags | categories | first, last and step of its plain range of keys | key specs | tips`, where the order of words
/// says nothing, sorted.
pub(crate) fn line(name: &str, spec: &Spec) -> String {
    let (first, last, step) = spec.plain_range();
    let keys: Vec<_> = spec.keys.iter().map(keys).collect();
    [
        format!("{name} {}", spec.arity),
        words(spec.flags.names()),
        words(spec.all_categories().names()),
        format!("{first} {last} {step}"),
        keys.join("; "),
        words(spec.tips.iter().copied()),
    ]
    .join(" | ")
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut words: Vec<_> = words.collect();
    words.sort_unstable();
    words.join(" ")
}

fn keys(spec: &KeySpec) -> String {
    let mut line = words(spec.uses.names());
    let begin = match spec.begin {
        Begin::Index(at) => format!("index {at}"),
        Begin::Keyword(word, from) => format!("keyword {word} {from}"),
        Begin::Unknown => "unknown".to_owned(),
    };
    let find = match spec.find {
        Find::Range { last, step, limit } => format!("range {last} {step} {limit}"),
        Find::KeyNumber { count, first, step } => format!("keynum {count} {first} {step}"),
        Find::Unknown => "unknown".to_owned(),
    };
    let _ = write!(line, ": {begin}, {find}");
    line
}
