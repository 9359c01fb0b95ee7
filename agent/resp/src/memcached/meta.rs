//! The meta commands.
//!
//! An item can be stale: it was said to be so, and is shown until somebody stores a newer one. Who sees it first, or sees one that is
//! about to expire, or is missing and was to be made, is told that he is the one to renew it (`W`), all others that somebody is (`Z`).

use std::fmt::Write as _;

use synod_cache::item::{Item, Lifetime, Note, Place};
use synod_cache::keys::Keys;

use super::Caller;
use super::meta_request::Meta;
use super::number::{Expiry, counted, counter, expiry, seconds_left};
use super::store::{Stored, Storing, current_cas};
use super::text::NO_NUMBER;

/// What is told of a key: a code, flags, and the value.
struct Answer {
    code: &'static str,
    flags: Vec<u8>,
    value: Option<Vec<u8>>,
}

impl Answer {
    /// Only a code, and what the client wants to have back.
    fn new(code: &'static str, meta: &Meta<'_>) -> Self {
        let mut flags = Vec::new();
        for (letter, token) in &meta.flags {
            echo(&mut flags, meta, *letter, token);
        }
        Self {
            code,
            flags,
            value: None,
        }
    }

    fn say(&self, caller: &mut Caller<'_>) {
        let reply = &mut caller.session.reply;
        match &self.value {
            Some(value) => reply.raw(format!("VA {}", value.len()).as_bytes()),
            None => reply.raw(self.code.as_bytes()),
        }
        reply.raw(&self.flags);
        reply.raw(b"\r\n");
        if let Some(value) = &self.value {
            reply.raw(value);
            reply.raw(b"\r\n");
        }
    }
}

/// What the client wants to have back of what it said.
fn echo(flags: &mut Vec<u8>, meta: &Meta<'_>, letter: u8, token: &[u8]) {
    let token = match letter {
        b'O' => token,
        b'k' => meta.written,
        _ => return,
    };
    flags.extend_from_slice(&[b' ', letter]);
    flags.extend_from_slice(token);
    if letter == b'k' && meta.has(b'b') {
        // Whoever reads the key has to know how.
        flags.extend_from_slice(b" b");
    }
}

/// `mg key flags*`
pub(super) fn get(caller: &mut Caller<'_>, meta: &Meta<'_>) {
    let key = &*meta.key;
    let changes = meta.expires.is_some() || meta.vivified.is_some();
    if !caller.may("get", key) || changes && !caller.may("set", key) {
        return;
    }
    let now = caller.now;
    let Some(answer) = caller.on(key, |keys| get_one(keys, meta, now)) else {
        return;
    };
    caller.shared.memcached.counts.read(answer.code != "EN");
    if answer.code != "EN" || !meta.has(b'q') {
        answer.say(caller);
    }
}

fn get_one(keys: &mut Keys<'_>, meta: &Meta<'_>, now: i64) -> Answer {
    let key = &*meta.key;
    let mut is_won = false;
    match (keys.item(key), meta.vivified) {
        (Place::Item(_), _) => {}
        (Place::Free, Some(expires)) => {
            if !vivify(keys, meta, &[], expires, now) {
                return Answer::new("EN", meta);
            }
            is_won = true;
        }
        (Place::Free | Place::Taken, _) => return Answer::new("EN", meta),
    }
    let cas = if meta.has(b'c') { keys.cas(key) } else { 0 };
    let Place::Item(Item { idle, note, .. }) = keys.item(key) else {
        return Answer::new("EN", meta);
    };
    let until = meta.expires.map(|seconds| expiry(seconds, now).until());
    if let Some(Some(until)) = until {
        keys.touch_item(key, until);
    }
    let Place::Item(item) = keys.item(key) else {
        return Answer::new("EN", meta);
    };
    let is_due = |before: i64| {
        let left = seconds_left(item.expiry, now);
        item.expiry.is_some() && left < before
    };
    let was_won = note.is_won;
    is_won |= !was_won && (note.is_stale || meta.renewed.is_some_and(is_due));
    let shown = Item { idle, note, ..item };
    let mut answer = shown_by(meta, &shown, cas, now);
    for (letter, is_so) in [(b'Z', was_won), (b'X', note.is_stale), (b'W', is_won)] {
        if is_so {
            answer.flags.extend_from_slice(&[b' ', letter]);
        }
    }
    let asks = meta.has(b'h') || note != Note::default();
    let after = Note {
        cas: note.cas.max(cas),
        is_won: was_won || is_won,
        was_read: note.was_read || asks,
        ..note
    };
    keys.note_item(key, after);
    if until == Some(None) {
        keys.remove_item(key);
    }
    answer
}

/// What the flags ask to be shown of an item.
fn shown_by(meta: &Meta<'_>, item: &Item<'_>, cas: u64, now: i64) -> Answer {
    let mut flags = Vec::new();
    for (letter, token) in &meta.flags {
        let mut text = String::new();
        let _ = match letter {
            b'c' => write!(text, " c{cas}"),
            b'f' => write!(text, " f{}", item.note.flags),
            b'h' => write!(text, " h{}", u8::from(item.note.was_read)),
            b'l' => write!(text, " l{}", item.idle),
            b's' => write!(text, " s{}", item.value.len()),
            b't' => write!(text, " t{}", seconds_left(item.expiry, now)),
            _ => {
                echo(&mut flags, meta, *letter, token);
                Ok(())
            }
        };
        flags.extend_from_slice(text.as_bytes());
    }
    Answer {
        code: "HD",
        flags,
        value: meta.has(b'v').then(|| item.value.to_vec()),
    }
}

/// Makes an item that was missing; whether it is there then.
fn vivify(keys: &mut Keys<'_>, meta: &Meta<'_>, value: &[u8], expires: i64, now: i64) -> bool {
    let Some(until) = expiry(expires, now).until() else {
        return false;
    };
    let note = Note {
        cas: meta.new_cas.unwrap_or_default(),
        ..Note::default()
    };
    keys.put_item(&meta.key, &[value], Lifetime::Until(until), note);
    true
}

/// `ms key length flags*`
pub(super) fn set(caller: &mut Caller<'_>, meta: &Meta<'_>, block: &[u8]) {
    let key = &*meta.key;
    if !caller.may("set", key) {
        return;
    }
    let storing = Storing {
        how: meta.how,
        key,
        value: block,
        flags: meta.client_flags,
        expires: meta.expires.unwrap_or_default(),
        cas: meta.cas,
        may_be_stale: meta.has(b'I'),
        new_cas: meta.new_cas,
        vivified: meta.vivified,
    };
    let Some((stored, cas)) = caller.on(key, |keys| {
        let stored = storing.store(keys);
        let asks = meta.has(b'c') && stored == Stored::Yes;
        let cas = asks.then(|| current_cas(keys, key)).flatten();
        (stored, cas)
    }) else {
        return;
    };
    caller.shared.memcached.counts.stored();
    let code = match stored {
        Stored::Yes => "HD",
        Stored::No => "NS",
        Stored::Exists => "EX",
        Stored::NotFound => "NF",
        Stored::TooLarge => return caller.say("SERVER_ERROR object too large for cache"),
    };
    let mut answer = Answer::new(code, meta);
    if let Some(cas) = cas {
        answer
            .flags
            .extend_from_slice(format!(" c{cas}").as_bytes());
    }
    say_if_not_quiet(caller, meta, &answer);
}

/// `HD` is not said if it is not wanted.
fn say_if_not_quiet(caller: &mut Caller<'_>, meta: &Meta<'_>, answer: &Answer) {
    if answer.code != "HD" || answer.value.is_some() || !meta.has(b'q') {
        answer.say(caller);
    }
}

/// `md key flags*`
pub(super) fn delete(caller: &mut Caller<'_>, meta: &Meta<'_>) {
    let key = &*meta.key;
    if !caller.may("del", key) {
        return;
    }
    let now = caller.now;
    let Some(code) = caller.on(key, |keys| delete_one(keys, meta, now)) else {
        return;
    };
    say_if_not_quiet(caller, meta, &Answer::new(code, meta));
}

fn delete_one(keys: &mut Keys<'_>, meta: &Meta<'_>, now: i64) -> &'static str {
    let key = &*meta.key;
    let current = meta.cas.and_then(|_| current_cas(keys, key));
    let note = match keys.item(key) {
        Place::Free => return "NF",
        Place::Taken => Note::default(),
        Place::Item(item) => item.note,
    };
    if meta.cas.is_some() && meta.cas != current {
        return "EX";
    }
    if !meta.has(b'I') && !meta.has(b'x') {
        keys.remove_item(key);
        return "HD";
    }
    let flags = if meta.has(b'x') { 0 } else { note.flags };
    if meta.has(b'x') {
        keys.put_item(key, &[], Lifetime::Kept, Note::default());
    }
    if meta.has(b'I') {
        match meta.expires.map(|seconds| expiry(seconds, now)) {
            Some(Expiry::Past) => {
                keys.remove_item(key);
                return "HD";
            }
            Some(until) => keys.touch_item(key, until.until().flatten()),
            None => {}
        }
    }
    let stale = Note {
        flags,
        cas: meta.new_cas.unwrap_or_default(),
        is_stale: meta.has(b'I'),
        ..Note::default()
    };
    keys.note_item(key, stale);
    "HD"
}

/// `ma key flags*`
pub(super) fn count(caller: &mut Caller<'_>, meta: &Meta<'_>) {
    let key = &*meta.key;
    if !caller.may("incrby", key) {
        return;
    }
    let now = caller.now;
    let Some(counted) = caller.on(key, |keys| {
        let code = match count_one(keys, meta, now) {
            Ok(()) => "HD",
            Err(code) => return Err(code),
        };
        let cas = if meta.has(b'c') { keys.cas(key) } else { 0 };
        let Place::Item(item) = keys.item(key) else {
            return Ok(Answer::new(code, meta));
        };
        Ok(shown_by(meta, &item, cas, now))
    }) else {
        return;
    };
    match counted {
        Ok(mut answer) => {
            keep_counters_flags(meta, &mut answer);
            say_if_not_quiet(caller, meta, &answer);
        }
        Err(NO_NUMBER) => caller.say(NO_NUMBER),
        Err(code) => say_if_not_quiet(caller, meta, &Answer::new(code, meta)),
    }
}

/// Counts; the code if it cannot be.
fn count_one(keys: &mut Keys<'_>, meta: &Meta<'_>, now: i64) -> Result<(), &'static str> {
    let key = &*meta.key;
    let current = meta.cas.and_then(|_| current_cas(keys, key));
    let item = match (keys.item(key), meta.vivified) {
        (Place::Item(item), _) => item,
        (Place::Free, Some(expires)) => {
            let initial = meta.initial.to_string();
            vivify(keys, meta, initial.as_bytes(), expires, now);
            return Ok(());
        }
        (Place::Free, None) => return Err("NF"),
        (Place::Taken, _) => return Err(NO_NUMBER),
    };
    if meta.cas.is_some() && meta.cas != current {
        return Err("EX");
    }
    let number = counter(item.value).ok_or(NO_NUMBER)?;
    let note = Note {
        flags: item.note.flags,
        cas: meta.new_cas.unwrap_or_default(),
        ..Note::default()
    };
    let lifetime = match meta.expires.map(|seconds| expiry(seconds, now)) {
        None => Lifetime::Kept,
        Some(Expiry::Past) => Lifetime::Until(Some(now)),
        Some(until) => Lifetime::Until(until.until().flatten()),
    };
    let text = counted(number, meta.delta, meta.counts_up).to_string();
    keys.put_item(key, &[text.as_bytes()], lifetime, note);
    Ok(())
}

/// Of what `mg` shows `ma` shows when it expires, its number, and what is echoed.
fn keep_counters_flags(meta: &Meta<'_>, answer: &mut Answer) {
    let is_shown = |letter: u8| b"tcNOkb".contains(&letter);
    if meta
        .flags
        .iter()
        .all(|(letter, _)| !b"fhls".contains(letter))
    {
        return;
    }
    let flags = answer.flags.split(|byte| *byte == b' ').skip(1);
    let kept = flags.filter(|flag| flag.first().is_some_and(|letter| is_shown(*letter)));
    let kept: Vec<_> = kept.flat_map(|flag| [b" ", flag]).collect();
    answer.flags = kept.concat();
}

/// `me key`
pub(super) fn debug(caller: &mut Caller<'_>, key: &[u8]) {
    if !caller.may("get", key) {
        return;
    }
    let now = caller.now;
    let Some(told) = caller.on(key, |keys| {
        let cas = current_cas(keys, key)?;
        let Place::Item(item) = keys.item(key) else {
            return None;
        };
        let fetched = if item.note.was_read { "yes" } else { "no" };
        let size = key.len() + item.value.len();
        let (left, idle) = (seconds_left(item.expiry, now), item.idle);
        Some(format!(
            " exp={left} la={idle} cas={cas} fetch={fetched} cls=1 size={size}"
        ))
    }) else {
        return;
    };
    let Some(told) = told else {
        return caller.say("EN");
    };
    let reply = &mut caller.session.reply;
    reply.raw(b"ME ");
    reply.raw(key);
    caller.say(&told);
}
