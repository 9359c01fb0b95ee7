//! What users were denied: `ACL LOG`.

use std::collections::VecDeque;

/// So many entries are kept.
const ENTRIES_MAX: usize = 128;
/// Among so many entries one is looked for that tells the same.
const SEARCHED: usize = 10;
/// What happens again within so many milliseconds is told once.
const SAME_MS: i64 = 60_000;

/// Why something was denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Auth,
    Command,
    Key,
    Channel,
}

impl Reason {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Command => "command",
            Self::Key => "key",
            Self::Channel => "channel",
        }
    }
}

/// Where it was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    TopLevel,
    Multi,
    /// In a script.
    Lua,
}

impl Context {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::TopLevel => "toplevel",
            Self::Multi => "multi",
            Self::Lua => "lua",
        }
    }
}

/// Something that was denied.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) reason: Reason,
    pub(crate) context: Context,
    /// The command, the key or the channel.
    pub(crate) object: Box<[u8]>,
    pub(crate) user: Box<[u8]>,
    /// Of the client, as `CLIENT INFO` tells.
    pub(crate) client: String,
}

/// Something that was denied, perhaps several times.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: u64,
    pub(crate) count: u64,
    pub(crate) event: Event,
    /// In Unix milliseconds.
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// The last entries, the newest first, and how much was denied for which reason.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: VecDeque<Entry>,
    next: u64,
    /// Of each [`Reason`], in their order.
    denied: [u64; 4],
}

impl Log {
    /// Notes what was denied at this time.
    pub(crate) fn note(&mut self, event: Event, now: i64) {
        self.denied[event.reason as usize] += 1;
        let mut searched = self.entries.iter().take(SEARCHED);
        let known = searched.position(|entry| {
            let (known, is_soon) = (&entry.event, (entry.last - now).abs() <= SAME_MS);
            let is_same = known.reason == event.reason && known.context == event.context;
            is_soon && is_same && known.object == event.object && known.user == event.user
        });
        if let Some(mut entry) = known.and_then(|index| self.entries.remove(index)) {
            entry.count += 1;
            entry.last = now;
            entry.event.client = event.client;
            self.entries.push_front(entry);
            return;
        }
        self.entries.push_front(Entry {
            id: self.next,
            count: 1,
            event,
            first: now,
            last: now,
        });
        self.next += 1;
        self.entries.truncate(ENTRIES_MAX);
    }

    /// The newest first.
    pub(crate) fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// How much was denied for a reason, for `INFO`.
    #[allow(dead_code, reason = "for INFO, which tells it")]
    pub(crate) const fn denied(&self, reason: Reason) -> u64 {
        self.denied[reason as usize]
    }
}
