//! The text commands.

use synod_cache::item::{Lifetime, Note, Place};

use super::number::{Expiry, counted, counter, expiry};
use super::request::{Request, Store, words};
use super::store::{Stored, Storing};
use super::{BUSY, Caller, VERSION, stats};

pub(super) fn run(caller: &mut Caller<'_>, request: &Request<'_>, block: &[u8]) {
    match *request {
        Request::Read {
            keys,
            with_cas,
            touches,
        } => read(caller, keys, with_cas, touches),
        Request::Store(ref store) => self::store(caller, store, block),
        Request::Count {
            key,
            delta,
            is_up,
            is_quiet,
        } => count(caller, key, (delta, is_up), is_quiet),
        Request::Touch {
            key,
            expires,
            is_quiet,
        } => touch(caller, key, expires, is_quiet),
        Request::Delete { key, is_quiet } => delete(caller, key, is_quiet),
        Request::Flush { delay, is_quiet } => flush(caller, delay, is_quiet),
        Request::Stats { of } => stats::tell(caller, of),
        Request::Version => caller.say(&format!("VERSION {VERSION}")),
        Request::Verbosity { is_quiet } => answer(caller, "OK", is_quiet),
        Request::Quit => caller.session.ends = true,
        _ => unreachable!("it is a meta command"),
    }
}

fn answer(caller: &mut Caller<'_>, text: &str, is_quiet: bool) {
    if !is_quiet {
        caller.say(text);
    }
}

fn read(caller: &mut Caller<'_>, keys: &[u8], with_cas: bool, touches: Option<i64>) {
    for key in words(keys) {
        let is_allowed = caller.may("get", key) && (touches.is_none() || caller.may("expire", key));
        if !is_allowed {
            return;
        }
        let found = read_one(caller, key, with_cas, touches);
        caller.shared.memcached.counts.read(found);
    }
    caller.say("END");
}

/// Whether it was there.
fn read_one(caller: &mut Caller<'_>, key: &[u8], with_cas: bool, touches: Option<i64>) -> bool {
    let now = caller.now;
    let Some(answer) = caller.on(key, |keys| {
        let cas = if with_cas {
            super::store::current_cas(keys, key)
        } else {
            None
        };
        let Place::Item(item) = keys.item(key) else {
            return None;
        };
        let mut answer = header(key, item.note.flags, item.value.len(), cas);
        answer.extend_from_slice(item.value);
        answer.extend_from_slice(b"\r\n");
        let note = item.note;
        if note != Note::default() {
            let was_read = true;
            keys.note_item(key, Note { was_read, ..note });
        }
        match touches.map(|seconds| expiry(seconds, now)) {
            None => {}
            Some(Expiry::Past) => drop(keys.remove_item(key)),
            Some(until) => keys.touch_item(key, until.until().flatten()),
        }
        Some(answer)
    }) else {
        return false;
    };
    if let Some(answer) = &answer {
        caller.session.reply.raw(answer);
    }
    answer.is_some()
}

fn header(key: &[u8], flags: u32, length: usize, cas: Option<u64>) -> Vec<u8> {
    let mut answer = Vec::with_capacity(key.len() + length + 64);
    answer.extend_from_slice(b"VALUE ");
    answer.extend_from_slice(key);
    answer.extend_from_slice(format!(" {flags} {length}").as_bytes());
    if let Some(cas) = cas {
        answer.extend_from_slice(format!(" {cas}").as_bytes());
    }
    answer.extend_from_slice(b"\r\n");
    answer
}

fn store(caller: &mut Caller<'_>, store: &Store<'_>, block: &[u8]) {
    if !caller.may("set", store.key) {
        return;
    }
    let storing = Storing {
        how: store.how,
        key: store.key,
        value: block,
        flags: store.flags,
        expires: store.expires,
        cas: store.cas,
        may_be_stale: false,
        new_cas: None,
        vivified: None,
    };
    let Some(stored) = caller.on(store.key, |keys| storing.store(keys)) else {
        return;
    };
    let text = match stored {
        Stored::Yes => "STORED",
        Stored::No => "NOT_STORED",
        Stored::Exists => "EXISTS",
        Stored::NotFound => "NOT_FOUND",
        Stored::TooLarge => "SERVER_ERROR object too large for cache",
    };
    caller.shared.memcached.counts.stored();
    answer(caller, text, store.is_quiet);
}

fn count(caller: &mut Caller<'_>, key: &[u8], (delta, is_up): (u64, bool), is_quiet: bool) {
    if !caller.may("incrby", key) {
        return;
    }
    let Some(text) = caller.on(key, |keys| {
        let item = match keys.item(key) {
            Place::Free => return "NOT_FOUND".to_owned(),
            Place::Taken => return NO_NUMBER.to_owned(),
            Place::Item(item) => item,
        };
        let Some(number) = counter(item.value) else {
            return NO_NUMBER.to_owned();
        };
        let note = Note {
            flags: item.note.flags,
            ..Note::default()
        };
        let text = counted(number, delta, is_up).to_string();
        keys.put_item(key, &[text.as_bytes()], Lifetime::Kept, note);
        text
    }) else {
        return;
    };
    answer(caller, &text, is_quiet);
}

/// What is counted is no number.
pub(super) const NO_NUMBER: &str = "CLIENT_ERROR cannot increment or decrement non-numeric value";

fn touch(caller: &mut Caller<'_>, key: &[u8], expires: i64, is_quiet: bool) {
    if !caller.may("expire", key) {
        return;
    }
    let now = caller.now;
    let Some(found) = caller.on(key, |keys| {
        if !matches!(keys.item(key), Place::Item(_)) {
            return false;
        }
        match expiry(expires, now) {
            Expiry::Past => drop(keys.remove_item(key)),
            until => keys.touch_item(key, until.until().flatten()),
        }
        true
    }) else {
        return;
    };
    answer(
        caller,
        if found { "TOUCHED" } else { "NOT_FOUND" },
        is_quiet,
    );
}

fn delete(caller: &mut Caller<'_>, key: &[u8], is_quiet: bool) {
    if !caller.may("del", key) {
        return;
    }
    let Some(found) = caller.on(key, |keys| keys.remove_item(key)) else {
        return;
    };
    answer(
        caller,
        if found { "DELETED" } else { "NOT_FOUND" },
        is_quiet,
    );
}

fn flush(caller: &mut Caller<'_>, delay: i64, is_quiet: bool) {
    if !caller.may("flushdb", &[]) {
        return;
    }
    let (shared, now) = (caller.shared, caller.now);
    match expiry(delay, now) {
        Expiry::At(at) => shared.memcached.flush_at(at),
        Expiry::Never | Expiry::Past if super::state::flush(shared, now).is_err() => {
            return caller.say(BUSY);
        }
        Expiry::Never | Expiry::Past => caller.session.kept.shows_all(),
    }
    shared.memcached.counts.flushed();
    answer(caller, "OK", is_quiet);
}
