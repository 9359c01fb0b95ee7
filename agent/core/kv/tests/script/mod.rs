//! Commands as lines of text, and answers as text: for tables.
//!
//! `put KEY VALUE [lease=N] [prev] [ignore_value] [ignore_lease]` · `get KEY [END] [rev=N] [limit=N] [by=TARGET]
//! [asc|desc] [keys] [count] [mod>=N] [mod<=N] [create>=N] [create<=N]` · `del KEY [END] [prev]` · `compact N` ·
//! `grant ID TTL` · `revoke ID` · `keys ID` · `alarms` · `raise|disarm MEMBER nospace|corrupt` · `quota N` · `hash [N]`
//! · `reclaim` · `renew` · `level N`. `\0` is the zero byte, `-` an empty string, `*N` N times x, `@N` the token N.

use bytes::Bytes;
use synod_kv::{
    Alarm, AlarmKind, Command, DeleteRange, Error, KeyRange, KeyValue, Limits, Put, Range,
    RangeResponse, Reply, Settings, SortOrder, SortTarget, Store,
};
use synod_machine::{Stamp, StateMachine};
use synod_paxos::{Ballot, Slot};

pub(crate) struct Script {
    pub(crate) store: Store,
    slot: u64,
    level: u32,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self {
            store: Store::new(Settings::default()),
            slot: 0,
            level: 1,
        }
    }

    /// Runs lines and returns them with their answers.
    pub(crate) fn run(&mut self, lines: &str) -> String {
        let mut out = String::new();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let answer = self.line(line);
            out += &format!("{line}\n    {answer}\n");
            self.store.invariants_deep();
        }
        out
    }

    pub(crate) fn apply(&mut self, command: Command) -> Result<Reply, Error> {
        self.slot += 1;
        self.store
            .apply(&self.stamp(), &command.encode())
            .expect("a known command")
            .result
    }

    fn stamp(&self) -> Stamp {
        let ballot = Ballot::default();
        Stamp {
            slot: Slot(self.slot),
            ballot,
            newest: ballot,
            time_ms: 0,
            level: self.level,
        }
    }

    fn line(&mut self, line: &str) -> String {
        let mut words = line.split_whitespace();
        let verb = words.next().expect("a verb");
        let words: Vec<&str> = words.collect();
        let number = |index: usize| words[index].parse::<i64>().expect("a number");
        let command = match verb {
            "renew" => {
                self.store.renew(&self.stamp());
                return format!("revision {}", self.store.revision());
            }
            "level" => {
                self.level = number(0) as u32;
                return "ok".to_owned();
            }
            "put" => Command::Put(put(&words)),
            "del" => Command::DeleteRange(DeleteRange {
                range: key_range(&words),
                prev_kv: words.contains(&"prev"),
            }),
            "compact" => Command::Compact {
                revision: number(0),
            },
            "grant" => Command::LeaseGrant {
                id: number(0),
                ttl: number(1),
            },
            "revoke" => Command::LeaseRevoke { id: number(0) },
            "raise" => Command::AlarmActivate(alarm(&words)),
            "disarm" => Command::AlarmDeactivate(alarm(&words)),
            "quota" => Command::Configure(Limits {
                quota_bytes: number(0) as u64,
                ..Limits::default()
            }),
            "reclaim" => Command::Reclaim,
            _ => return self.query(verb, &words),
        };
        match self.apply(command) {
            Ok(reply) => format!("{} · revision {}", show(&reply), self.store.revision()),
            Err(error) => format!("{error:?} · revision {}", self.store.revision()),
        }
    }

    fn query(&self, verb: &str, words: &[&str]) -> String {
        match verb {
            "get" => match self.store.range(&range(words)) {
                Ok(response) => show_range(&response),
                Err(error) => format!("{error:?}"),
            },
            "keys" => format!(
                "{:?}",
                self.store.lease_keys(words[0].parse().expect("an id"))
            ),
            "alarms" => format!("{:?}", self.store.alarms().collect::<Vec<_>>()),
            "hash" => {
                let revision = words
                    .first()
                    .map_or(0, |word| word.parse().expect("a revision"));
                match self.store.hash_kv(revision) {
                    Ok(hash) => format!(
                        "{:08x} of {} compacted {}",
                        hash.hash, hash.revision, hash.compact_revision
                    ),
                    Err(error) => format!("{error:?}"),
                }
            }
            _ => panic!("no such verb: {verb}"),
        }
    }
}

fn text(word: &str) -> Bytes {
    match word {
        "-" => Bytes::new(),
        "\\0" => Bytes::from_static(&[0]),
        word if word.starts_with('@') => {
            let token: u128 = word[1..].parse().expect("a token");
            Bytes::copy_from_slice(&token.to_be_bytes())
        }
        word if word.starts_with('*') => vec![b'x'; word[1..].parse().expect("a length")].into(),
        word => Bytes::copy_from_slice(word.as_bytes()),
    }
}

/// The value of an option `NAME=VALUE`, where the name ends in its operator.
fn option(words: &[&str], name: &str) -> i64 {
    words
        .iter()
        .find_map(|word| word.strip_prefix(name))
        .map_or(0, |value| value.parse().expect("a number"))
}

fn is_option(word: &str) -> bool {
    word.contains('=') || ["prev", "keys", "count", "asc", "desc"].contains(&word)
}

pub(crate) fn key_range(words: &[&str]) -> KeyRange {
    let end = words
        .get(1)
        .filter(|word| !is_option(word))
        .map_or(Bytes::new(), |word| text(word));
    KeyRange::new(text(words[0]), end)
}

fn put(words: &[&str]) -> Put {
    Put {
        key: text(words[0]),
        value: text(words[1]),
        lease: option(words, "lease="),
        prev_kv: words.contains(&"prev"),
        ignore_value: words.contains(&"ignore_value"),
        ignore_lease: words.contains(&"ignore_lease"),
    }
}

fn range(words: &[&str]) -> Range {
    let target = words
        .iter()
        .find_map(|word| word.strip_prefix("by="))
        .unwrap_or("key");
    Range {
        limit: option(words, "limit="),
        revision: option(words, "rev="),
        order: match words {
            _ if words.contains(&"asc") => SortOrder::Ascend,
            _ if words.contains(&"desc") => SortOrder::Descend,
            _ => SortOrder::None,
        },
        target: match target {
            "version" => SortTarget::Version,
            "create" => SortTarget::Create,
            "mod" => SortTarget::Mod,
            "value" => SortTarget::Value,
            _ => SortTarget::Key,
        },
        keys_only: words.contains(&"keys"),
        count_only: words.contains(&"count"),
        mod_revision_min: option(words, "mod>="),
        mod_revision_max: option(words, "mod<="),
        create_revision_min: option(words, "create>="),
        create_revision_max: option(words, "create<="),
        ..Range::new(key_range(words))
    }
}

fn alarm(words: &[&str]) -> Alarm {
    let kind = if words[1] == "corrupt" {
        AlarmKind::Corrupt
    } else {
        AlarmKind::NoSpace
    };
    Alarm {
        member: words[0].parse().expect("a member"),
        kind,
    }
}

fn show_kvs(kvs: &[KeyValue]) -> String {
    let kvs: Vec<_> = kvs.iter().map(|kv| format!("[{kv:?}]")).collect();
    kvs.join(" ")
}

pub(crate) fn show_range(response: &RangeResponse) -> String {
    let more = if response.more { " more" } else { "" };
    format!(
        "{} count {}{more} · at {}",
        show_kvs(&response.kvs),
        response.count,
        response.revision
    )
}

fn show(reply: &Reply) -> String {
    match reply {
        Reply::Put(put) => format!(
            "ok {}",
            put.prev_kv
                .as_ref()
                .map_or(String::new(), |kv| format!("was [{kv:?}]"))
        ),
        Reply::DeleteRange(deleted) => format!(
            "deleted {} {}",
            deleted.deleted,
            show_kvs(&deleted.prev_kvs)
        ),
        reply => format!("{reply:?}"),
    }
}
