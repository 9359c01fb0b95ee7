//! `XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]`

use std::borrow::Cow;

use super::xpending::no_group;
use super::xreadgroup::touch;
use crate::command::{Call, Error};
use crate::number::integer;
use crate::partition::Edit;
use crate::reply::Reply;
use crate::stream::{GroupChange, Id, Stream, StreamChange, answer_entry};

/// So many pending entries are looked at for each that is to be claimed at most.
const LOOKS: usize = 10;
/// It cannot be told to claim more.
const COUNT_MAX: i64 = i64::MAX / 16;

struct Options {
    /// Not what was delivered less than so many milliseconds ago.
    idle: i64,
    start: Id,
    most: usize,
    only_ids: bool,
}

/// What is to be done with pending entries.
#[derive(Default)]
struct Chosen {
    /// Delivered to the consumer, so many times then.
    claimed: Vec<(Id, i64)>,
    /// Pending no more, since they are no more.
    gone: Vec<Id>,
    /// The first one that was not looked at.
    next: Id,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, group, consumer, idle, start, options @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let options = Options::parse(idle, start, options)?;
    let now = call.keys.now();
    call.keys.set_reads(true);
    let stream = call.keys.view::<Stream>(key)?;
    if stream.is_none_or(|stream| stream.group(group).is_none()) {
        return Err(no_group(key, group));
    }
    let reply = &mut *call.reply;
    call.keys.edit::<Stream, _>(key, |stream| {
        let chosen = options.choose(stream.now(), group, now);
        chosen.answer(stream.now(), options.only_ids, reply);
        touch(stream, group, consumer, now, !chosen.claimed.is_empty());
        chosen.make(stream, group, consumer, now);
    })?;
    Ok(())
}

impl Options {
    fn parse(idle: &[u8], start: &[u8], mut words: &[&[u8]]) -> Result<Self, Error> {
        let idle = integer(idle).ok_or(Error::text(
            "ERR Invalid min-idle-time argument for XAUTOCLAIM",
        ))?;
        let mut options = Self {
            idle: idle.max(0),
            start: Id::parse_start(start)?,
            most: 100,
            only_ids: false,
        };
        while let [word, rest @ ..] = words {
            words = match rest {
                [count, rest @ ..] if word.eq_ignore_ascii_case(b"count") => {
                    let count = integer(count).filter(|count| (1..=COUNT_MAX).contains(count));
                    let count = count.ok_or(Error::text("ERR COUNT must be > 0"))?;
                    options.most = usize::try_from(count).unwrap_or(usize::MAX);
                    rest
                }
                _ if word.eq_ignore_ascii_case(b"justid") => {
                    options.only_ids = true;
                    rest
                }
                _ => return Err(Error::Syntax),
            };
        }
        Ok(options)
    }

    fn choose(&self, stream: &Stream, group: &[u8], now: i64) -> Chosen {
        let contents = stream.contents().expect("it is there");
        let group = contents.group(group).expect("it is there");
        let mut chosen = Chosen::default();
        let mut looks = self.most.saturating_mul(LOOKS);
        for pending in group.pending_from(self.start) {
            if looks == 0 || chosen.claimed.len() + chosen.gone.len() == self.most {
                chosen.next = pending.id;
                break;
            }
            looks -= 1;
            if contents.entries().get(pending.id).is_none() {
                chosen.gone.push(pending.id);
            } else if self.idle == 0 || now.saturating_sub(pending.at) >= self.idle {
                let count = pending.count.wrapping_add(i64::from(!self.only_ids));
                chosen.claimed.push((pending.id, count));
            }
        }
        chosen
    }
}

impl Chosen {
    fn answer(&self, stream: &Stream, only_ids: bool, reply: &mut Reply) {
        reply.array(3);
        self.next.answer(reply);
        reply.array(self.claimed.len());
        for (id, _) in &self.claimed {
            let entry = stream.contents().and_then(|it| it.entries().get(*id));
            match entry.filter(|_| !only_ids) {
                Some(entry) => answer_entry(&entry, reply),
                None => id.answer(reply),
            }
        }
        reply.array(self.gone.len());
        self.gone.iter().for_each(|id| id.answer(reply));
    }

    fn make(&self, stream: &mut Edit<'_, Stream>, group: &[u8], consumer: &[u8], now: i64) {
        if !self.gone.is_empty() {
            let ids = Cow::Borrowed(self.gone.as_slice());
            let change = GroupChange::Acknowledge { ids };
            stream.apply_untold(&StreamChange::of(group, change));
        }
        if !self.claimed.is_empty() {
            let change = GroupChange::Deliver {
                consumer,
                at: now,
                entries: Cow::Borrowed(&self.claimed),
            };
            stream.apply_untold(&StreamChange::of(group, change));
        }
    }
}
