//! `XPENDING key group [[IDLE milliseconds] start end count [consumer]]`

use crate::command::shown;
use crate::command::{Call, Error};
use crate::number::integer;
use crate::reply::Reply;
use crate::stream::{Group, Id, Pending, Stream};

/// Which entries are asked for.
struct Interval<'a> {
    /// They were not delivered for so many milliseconds.
    idle: i64,
    start: Id,
    end: Id,
    most: usize,
    consumer: Option<&'a [u8]>,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, name, words @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let interval = match words {
        [] => None,
        words => Some(Interval::parse(words)?),
    };
    let now = call.keys.now();
    let stream = call.keys.view::<Stream>(key)?;
    let group = stream.and_then(|stream| stream.group(name));
    let group = group.ok_or_else(|| no_group(key, name))?;
    match interval {
        None => summary(group, call.reply),
        Some(interval) => interval.answer(group, now, call.reply),
    }
    Ok(())
}

/// There is no such group, or no such key.
pub(super) fn no_group(key: &[u8], group: &[u8]) -> Error {
    let (key, group) = (shown(key), shown(group));
    Error::Other(format!("NOGROUP No such key '{key}' or consumer group '{group}'").into())
}

/// How many entries are pending, from which to which, and how many for each consumer.
fn summary(group: &Group, reply: &mut Reply) {
    reply.array(4);
    reply.count(group.pending_count());
    let first = group.pending_from(Id::MIN).next();
    let Some((first, last)) = first.zip(group.last_pending()) else {
        reply.null();
        reply.null();
        reply.null_array();
        return;
    };
    first.id.answer(reply);
    last.id.answer(reply);
    let with_some = || group.consumers().filter(|it| it.pending_count() > 0);
    reply.array(with_some().count());
    for consumer in with_some() {
        reply.array(2);
        reply.bulk(&consumer.name);
        reply.bulk_integer(consumer.pending_count() as i64);
    }
}

impl<'a> Interval<'a> {
    fn parse(words: &'a [&'a [u8]]) -> Result<Self, Error> {
        if !(3..=6).contains(&words.len()) {
            return Err(Error::Syntax);
        }
        let (idle, words) = match words {
            [word, idle, rest @ ..] if word.eq_ignore_ascii_case(b"idle") => {
                (integer(idle).ok_or(Error::NotInteger)?, rest)
            }
            _ => (0, words),
        };
        // As in Redis, more words may follow if there was no idle time.
        let [start, end, most, rest @ ..] = words else {
            return Err(Error::Syntax);
        };
        let most = integer(most).ok_or(Error::NotInteger)?;
        Ok(Self {
            idle,
            start: Id::parse_start(start)?,
            end: Id::parse_end(end)?,
            most: usize::try_from(most).unwrap_or(0),
            consumer: rest.first().copied(),
        })
    }

    fn answer(&self, group: &Group, now: i64, reply: &mut Reply) {
        let (at, mut count) = (reply.bytes().len(), 0);
        let mut answer = |pending: &Pending| {
            reply.array(4);
            pending.id.answer(reply);
            reply.bulk(&pending.consumer);
            reply.integer(now.saturating_sub(pending.at).max(0));
            reply.integer(pending.count);
            count += 1;
        };
        match self.consumer.map(|name| group.consumer(name)) {
            None => {
                let pending = group.pending_from(self.start);
                self.chosen(pending, now).for_each(&mut answer);
            }
            Some(None) => {}
            Some(Some(consumer)) => {
                let pending = group.pending_of(consumer, self.start);
                self.chosen(pending, now).for_each(&mut answer);
            }
        }
        reply.before(at, |reply| reply.array(count));
    }

    fn chosen<'p>(
        &self,
        pending: impl Iterator<Item = &'p Pending>,
        now: i64,
    ) -> impl Iterator<Item = &'p Pending> {
        let within = pending.take_while(|pending| pending.id <= self.end);
        let idle =
            move |pending: &&Pending| self.idle == 0 || now.saturating_sub(pending.at) >= self.idle;
        within.filter(idle).take(self.most)
    }
}
