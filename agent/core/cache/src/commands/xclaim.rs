//! `XCLAIM key group consumer min-idle-time id [id ...] [IDLE milliseconds] [TIME millisecond] [RETRYCOUNT count] [FORCE] [JUSTID]
//! [LASTID id]`

use crate::command::shown;
use std::borrow::Cow;

use super::xpending::no_group;
use super::xreadgroup::touch;
use crate::command::{Call, Error};
use crate::number::integer;
use crate::partition::Edit;
use crate::reply::Reply;
use crate::stream::{GroupChange, Id, Stream, StreamChange, answer_entry};

/// What is claimed, for whom, and how.
struct Claim<'a> {
    group: &'a [u8],
    consumer: &'a [u8],
    /// Not what was delivered less than so many milliseconds ago.
    idle: i64,
    ids: Vec<Id>,
    /// When it counts as delivered.
    at: i64,
    /// How often it counts as delivered, if not once more.
    count: Option<i64>,
    /// What is not pending becomes so.
    is_forced: bool,
    only_ids: bool,
    last: Id,
    now: i64,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, group, ..] = call.args else {
        unreachable!("its arity says so");
    };
    let now = call.keys.now();
    call.keys.set_reads(true);
    let stream = call.keys.view::<Stream>(key)?;
    let found = stream.and_then(|stream| stream.group(group));
    let last = found.ok_or_else(|| no_group(key, group))?.last;
    let claim = Claim::parse(&call.args[2..], last, now)?;
    let reply = &mut *call.reply;
    call.keys.edit::<Stream, _>(key, |stream| {
        claim.make(stream, reply);
    })?;
    Ok(())
}

impl<'a> Claim<'a> {
    /// Of the arguments from the group on, whose last delivered entry is `last`.
    fn parse(words: &'a [&'a [u8]], last: Id, now: i64) -> Result<Self, Error> {
        let [group, consumer, idle, words @ ..] = words else {
            unreachable!("its arity says so");
        };
        let idle = number(idle, "ERR Invalid min-idle-time argument for XCLAIM")?;
        let ids = words.iter().map_while(|word| Id::parse(word, 0).ok());
        let ids: Vec<_> = ids.collect();
        let mut options = &words[ids.len()..];
        let mut claim = Self {
            group,
            consumer,
            idle: idle.max(0),
            ids,
            at: now,
            count: None,
            is_forced: false,
            only_ids: false,
            last,
            now,
        };
        while !options.is_empty() {
            options = claim.take(options)?;
        }
        if claim.at < 0 || claim.at > now {
            claim.at = now;
        }
        Ok(claim)
    }

    /// Takes the next option: what follows it.
    fn take<'w>(&mut self, words: &'w [&'a [u8]]) -> Result<&'w [&'a [u8]], Error> {
        let [option, rest @ ..] = words else {
            return Ok(words);
        };
        let is = |name: &str| option.eq_ignore_ascii_case(name.as_bytes());
        if is("force") {
            self.is_forced = true;
            return Ok(rest);
        }
        if is("justid") {
            self.only_ids = true;
            return Ok(rest);
        }
        let [value, rest @ ..] = rest else {
            return Err(unknown(option));
        };
        if is("idle") {
            let idle = number(value, "ERR Invalid IDLE option argument for XCLAIM")?;
            self.at = self.now.wrapping_sub(idle);
        } else if is("time") {
            self.at = number(value, "ERR Invalid TIME option argument for XCLAIM")?;
        } else if is("retrycount") {
            let count = number(value, "ERR Invalid RETRYCOUNT option argument for XCLAIM")?;
            self.count = Some(count).filter(|count| *count >= 0);
        } else if is("lastid") {
            self.last = Id::parse(value, 0)?;
        } else {
            return Err(unknown(option));
        }
        Ok(rest)
    }

    fn make(&self, stream: &mut Edit<'_, Stream>, reply: &mut Reply) {
        let group = stream.now().group(self.group).expect("it is there");
        let (last, read) = (group.last, group.read);
        if last < self.last {
            let last = self.last;
            self.change(stream, GroupChange::Set { last, read });
        }
        touch(stream, self.group, self.consumer, self.now, false);
        let (at, mut count) = (reply.bytes().len(), 0);
        for id in &self.ids {
            count += usize::from(self.claim(*id, stream, reply));
        }
        reply.before(at, |reply| reply.array(count));
        if count > 0 {
            touch(stream, self.group, self.consumer, self.now, true);
        }
    }

    /// Claims an entry; whether it could be claimed.
    fn claim(&self, id: Id, stream: &mut Edit<'_, Stream>, reply: &mut Reply) -> bool {
        let contents = stream.now().contents().expect("it is there");
        let group = contents.group(self.group).expect("it is there");
        let pending = group.pending(id);
        let Some(entry) = contents.entries().get(id) else {
            if pending.is_some() {
                let ids = Cow::Borrowed(std::slice::from_ref(&id));
                self.change(stream, GroupChange::Acknowledge { ids });
            }
            return false;
        };
        let is_idle = pending.is_none_or(|pending| {
            self.idle == 0 || self.now.saturating_sub(pending.at) >= self.idle
        });
        if !is_idle || pending.is_none() && !self.is_forced {
            return false;
        }
        // What becomes pending by force counts as delivered once.
        let before = pending.map_or(1, |pending| pending.count);
        let count = match self.count {
            Some(count) => count,
            None => before.wrapping_add(i64::from(!self.only_ids)),
        };
        if self.only_ids {
            id.answer(reply);
        } else {
            answer_entry(&entry, reply);
        }
        let change = GroupChange::Deliver {
            consumer: self.consumer,
            at: self.at,
            entries: Cow::Borrowed(&[(id, count)]),
        };
        self.change(stream, change);
        true
    }

    fn change(&self, stream: &mut Edit<'_, Stream>, change: GroupChange<'_>) {
        stream.apply_untold(&StreamChange::of(self.group, change));
    }
}

fn number(text: &[u8], error: &'static str) -> Result<i64, Error> {
    integer(text).ok_or(Error::text(error))
}

fn unknown(option: &[u8]) -> Error {
    let option = shown(option);
    Error::Other(format!("ERR Unrecognized XCLAIM option '{option}'").into())
}
