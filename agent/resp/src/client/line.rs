//! A client as `CLIENT LIST` shows it.
//!
//! <https://redis.io/docs/latest/commands/client-list/>

use synod_cache::reply::Protocol;

use super::{Activity, Client, Known};

/// So many bytes of a reply are kept apart from all others, as Redis does it; ours are in one buffer.
const REPLY_BUFFER: usize = 1024;

impl Client {
    /// It in a line without its end, at this time.
    pub(crate) fn line(&self, now: i64) -> String {
        let known = self.known().clone();
        let Activity {
            at,
            called,
            database,
            protocol,
            queued,
            channels,
            patterns,
            sharded_channels,
            buffers,
            ..
        } = known.activity;
        let seconds = |since: i64| now.saturating_sub(since).max(0) / 1000;
        let place = &self.place;
        let mut words = vec![
            format!("id={}", self.id),
            format!("addr={}", place.peer),
            format!("laddr={}", place.own),
            format!("fd={}", place.descriptor),
            format!("name={}", text(&known.name)),
            format!("age={}", seconds(place.since)),
            format!("idle={}", seconds(at)),
            format!("flags={}", flags(&known.activity)),
            format!("db={database}"),
            format!("sub={channels} psub={patterns} ssub={sharded_channels}"),
            format!("multi={}", queued.map_or(-1, usize::cast_signed)),
            format!("qbuf={} qbuf-free={}", buffers.input, buffers.input_room),
            "argv-mem=0 multi-mem=0".to_owned(),
            format!("rbs={REPLY_BUFFER} rbp=0 obl={}", buffers.output),
            "oll=0 omem=0".to_owned(),
        ];
        words.push(format!("tot-mem={}", memory(&known)));
        let events = if buffers.waits_to_write { "rw" } else { "r" };
        let command = called.map_or_else(|| "NULL".to_owned(), |called| called.full_name());
        let protocol = match protocol {
            Protocol::Resp2 => 2,
            Protocol::Resp3 => 3,
        };
        let redirect = known.activity.tracks.map(|it| it.redirect.unwrap_or(0));
        let redirect = redirect.map_or(-1, u64::cast_signed);
        words.extend([
            format!("events={events} cmd={command}"),
            format!("user={} redir={redirect}", text(&known.account.name)),
            format!("resp={protocol}"),
            format!("lib-name={}", text(&known.library)),
            format!("lib-ver={}", text(&known.library_version)),
        ]);
        words.join(" ")
    }
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Letters for what it does, `N` if there is nothing to be told.
fn flags(activity: &Activity) -> String {
    let all = [
        (activity.monitors, 'O'),
        (activity.is_subscribed(), 'P'),
        (activity.queued.is_some(), 'x'),
        (activity.waits, 'b'),
        (activity.tracks.is_some(), 't'),
        (activity.tracks.is_some_and(|it| it.is_broken), 'R'),
        (activity.tracks.is_some_and(|it| it.broadcasts), 'B'),
        (activity.ends, 'c'),
        (activity.is_kept, 'e'),
        (activity.touches_nothing, 'T'),
    ];
    let set = all.into_iter().filter_map(|(is, flag)| is.then_some(flag));
    let set: String = set.collect();
    if set.is_empty() { "N".to_owned() } else { set }
}

/// About what it takes.
fn memory(known: &Known) -> usize {
    let buffers = known.activity.buffers;
    let names = known.name.len() + known.library.len() + known.library_version.len();
    let own = size_of::<Client>() + size_of::<crate::session::Session>();
    own + names + buffers.input + buffers.input_room + buffers.output
}
