//! `stats`

use std::sync::atomic::Ordering;

use synod_cache::item::ITEMS;
use synod_cache::keys::Keys;

use super::{BUSY, Caller, ITEM_BYTES_MAX, VERSION};
use crate::scripting;

/// Tells what is known of the server, of its settings, or nothing of what it has not.
pub(super) fn tell(caller: &mut Caller<'_>, of: &[u8]) {
    match of {
        b"" => general(caller),
        b"settings" => {
            let threads = caller.shared.mailboxes.len();
            say(caller, "num_threads", threads);
            say(caller, "item_size_max", ITEM_BYTES_MAX);
            say(caller, "cas_enabled", "yes");
            caller.say("END");
        }
        b"items" | b"slabs" | b"sizes" | b"conns" => caller.say("END"),
        b"reset" => {
            let counts = &caller.shared.memcached.counts;
            for counter in [
                &counts.hits,
                &counts.misses,
                &counts.stored,
                &counts.flushed,
            ] {
                counter.store(0, Ordering::Relaxed);
            }
            caller.say("RESET");
        }
        _ => caller.say("ERROR"),
    }
}

fn general(caller: &mut Caller<'_>) {
    let (items, bytes) = {
        let Ok(mut parts) = scripting::all(caller.shared) else {
            return caller.say(BUSY);
        };
        let bytes: usize = parts.iter().map(|part| part.partition.allocated()).sum();
        let mut partitions: Vec<_> = parts.iter_mut().map(|part| &mut part.partition).collect();
        let items = Keys::new(&mut partitions, ITEMS).item_count();
        (items, bytes)
    };
    let counts = &caller.shared.memcached.counts;
    let [hits, misses, stored, flushed] = [
        &counts.hits,
        &counts.misses,
        &counts.stored,
        &counts.flushed,
    ]
    .map(|counter| counter.load(Ordering::Relaxed));
    say(caller, "pid", std::process::id());
    say(caller, "time", caller.now / 1000);
    say(caller, "version", VERSION);
    say(caller, "pointer_size", usize::BITS);
    say(caller, "cmd_get", hits + misses);
    say(caller, "cmd_set", stored);
    say(caller, "cmd_flush", flushed);
    say(caller, "get_hits", hits);
    say(caller, "get_misses", misses);
    say(caller, "threads", caller.shared.mailboxes.len());
    say(caller, "bytes", bytes);
    say(caller, "curr_items", items);
    caller.say("END");
}

fn say(caller: &mut Caller<'_>, name: &str, value: impl std::fmt::Display) {
    caller.say(&format!("STAT {name} {value}"));
}
