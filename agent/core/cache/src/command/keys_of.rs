//! Which arguments of a call are keys, and what is done with each: by the key specs of its command, and by its options where those
//! decide.
//!
//! <https://redis.io/docs/latest/develop/reference/key-specs/>, <https://redis.io/docs/latest/commands/command-getkeysandflags/>

use super::spec::{Begin, Find, KeySpec, KeyUses, Spec};
use crate::number::integer;

/// A key of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyOf {
    /// Which argument it is; the command's name is argument 0.
    pub index: usize,
    /// What is done with it.
    pub uses: KeyUses,
}

const READS: KeyUses = KeyUses::of(&[KeyUses::RO, KeyUses::ACCESS]);
const STORES: KeyUses = KeyUses::of(&[KeyUses::OW, KeyUses::UPDATE]);
const CHANGES: KeyUses = KeyUses::of(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE]);

impl Spec {
    /// The keys of a call of it with these arguments, the command's name the first of them, in the order of its key specs.
    ///
    /// None if it has none, or if it will fail for what its arguments are: keys that it comes to are never missing.
    #[must_use]
    pub fn keys_of(&self, args: &[&[u8]]) -> Vec<KeyOf> {
        if self.keys.is_empty() {
            return Vec::new();
        }
        // Subcommands of these names have no keys.
        match self.name {
            "bitfield" => first(args, bitfield(args)),
            "georadius" | "georadiusbymember" => stored(self.keys, args),
            "set" => first(args, set(args)),
            "sort" => sort(args),
            "sort_ro" => first(args, READS),
            "xreadgroup" => xreadgroup(self.keys, args),
            _ => by_specs(self.keys, args).unwrap_or_default(),
        }
    }
}

/// The keys that the specs tell, unless one of them does not fit.
fn by_specs(specs: &[KeySpec], args: &[&[u8]]) -> Option<Vec<KeyOf>> {
    let mut keys = Vec::new();
    for spec in specs.iter().filter(|spec| !spec.uses.has(KeyUses::NOT_KEY)) {
        let begin = match spec.begin {
            Begin::Index(index) => index,
            Begin::Keyword(word, from) => match behind(word, from, args) {
                Some(index) => index,
                None => continue,
            },
            Begin::Unknown => return None,
        };
        from(spec, begin, args, &mut keys)?;
    }
    Some(keys)
}

/// The argument behind a word. The last argument is none, since nothing is behind it.
fn behind(word: &str, from: isize, args: &[&[u8]]) -> Option<usize> {
    let is_word = |index: &usize| args[*index].eq_ignore_ascii_case(word.as_bytes());
    let found = match usize::try_from(from) {
        Ok(from) => (from..args.len().saturating_sub(1)).find(is_word),
        Err(_) => {
            let from = args.len().checked_sub(from.unsigned_abs())?;
            (2..=from).rev().find(is_word)
        }
    };
    found.map(|index| index + 1)
}

/// Adds the keys of a spec whose search begins there; nothing, if they would be beyond the arguments.
fn from(spec: &KeySpec, begin: usize, args: &[&[u8]], keys: &mut Vec<KeyOf>) -> Option<()> {
    let count = args.len();
    let (first, last, step) = match spec.find {
        Find::Range { last, step, limit } => {
            let end = match usize::try_from(last) {
                Ok(last) => begin.checked_add(last)?,
                Err(_) if limit == 0 => count.checked_sub(last.unsigned_abs())?,
                Err(_) => {
                    let among = count.checked_sub(begin)? / limit;
                    begin + among.checked_sub(last.unsigned_abs())?
                }
            };
            (begin, end, step)
        }
        Find::KeyNumber {
            count: at,
            first,
            step,
        } => {
            let number = integer(args.get(begin + at)?)?;
            let number = usize::try_from(number).ok()?.checked_sub(1)?;
            let first = begin + first;
            (first, first.checked_add(number.checked_mul(step)?)?, step)
        }
        Find::Unknown => return None,
    };
    if last >= count || last < first {
        return None;
    }
    let uses = spec.uses;
    keys.extend(
        (first..=last)
            .step_by(step)
            .map(|index| KeyOf { index, uses }),
    );
    Some(())
}

/// The first argument.
fn first(args: &[&[u8]], uses: KeyUses) -> Vec<KeyOf> {
    let key = KeyOf { index: 1, uses };
    args.get(1).map(|_| key).into_iter().collect()
}

/// A value that is answered, or compared with, is read.
fn set(args: &[&[u8]]) -> KeyUses {
    let reads = args
        .iter()
        .skip(3)
        .any(|option| option.eq_ignore_ascii_case(b"GET") || option.eq_ignore_ascii_case(b"IFEQ"));
    if reads { CHANGES } else { STORES }
}

/// Without anything but `GET` it is read alone.
fn bitfield(args: &[&[u8]]) -> KeyUses {
    let mut rest = args.get(2..).unwrap_or_default();
    loop {
        rest = match rest {
            [] => return READS,
            [word, _, _, rest @ ..] if word.eq_ignore_ascii_case(b"GET") => rest,
            [word, _, rest @ ..] if word.eq_ignore_ascii_case(b"OVERFLOW") => rest,
            _ => return CHANGES,
        };
    }
}

/// The key that is sorted, and the last one that is named to store it, which counts.
fn sort(args: &[&[u8]]) -> Vec<KeyOf> {
    let mut keys = first(args, READS);
    let mut index = 2;
    let mut stored = None;
    while let Some(option) = args.get(index) {
        let is = |word: &str| option.eq_ignore_ascii_case(word.as_bytes());
        if is("STORE") && index + 1 < args.len() {
            stored = Some(index + 1);
        }
        index += if is("LIMIT") {
            3
        } else if is("GET") || is("BY") || is("STORE") {
            2
        } else {
            1
        };
    }
    let uses = STORES;
    keys.extend(stored.map(|index| KeyOf { index, uses }));
    keys
}

/// Every key that is named to store something: the last one counts, and all of them are looked at.
fn stored(specs: &[KeySpec], args: &[&[u8]]) -> Vec<KeyOf> {
    let mut keys = Vec::new();
    for spec in specs {
        match spec.begin {
            Begin::Keyword(word, mut from) => {
                while let Some(index) = behind(word, from, args) {
                    let uses = spec.uses;
                    keys.push(KeyOf { index, uses });
                    from = index as isize;
                }
            }
            Begin::Index(index) if index < args.len() => keys.push(KeyOf {
                index,
                uses: spec.uses,
            }),
            _ => {}
        }
    }
    keys
}

/// Streams are behind the word that is an option, which may be the name of a group or a consumer as well.
fn xreadgroup(specs: &[KeySpec], args: &[&[u8]]) -> Vec<KeyOf> {
    let mut index = 1;
    while let Some(option) = args.get(index) {
        let is = |word: &str| option.eq_ignore_ascii_case(word.as_bytes());
        index += match () {
            () if is("GROUP") => 3,
            () if is("BLOCK") || is("COUNT") => 2,
            () if is("NOACK") => 1,
            () if is("STREAMS") => break,
            () => return Vec::new(),
        };
    }
    let mut keys = Vec::new();
    let streams = specs.first();
    let found = streams.and_then(|spec| from(spec, index + 1, args, &mut keys));
    found.map_or_else(Vec::new, |()| keys)
}
