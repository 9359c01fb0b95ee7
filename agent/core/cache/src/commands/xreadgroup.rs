//! `XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...]`

use crate::command::shown;
use std::borrow::Cow;

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::partition::Edit;
use crate::reply::Reply;
use crate::stream::{
    GroupChange, Id, Reading, Stream, StreamChange, answer_entry, answer_key, answer_streams,
};

/// Who reads, and how.
struct Reader<'a> {
    key: &'a [u8],
    group: &'a [u8],
    consumer: &'a [u8],
    most: usize,
    is_acknowledged: bool,
    now: i64,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let now = call.keys.now();
    let reading = Reading::parse(call.args, true, now)?;
    let (group, consumer) = reading.group.expect("it is checked when it is parsed");
    let mut ids = Vec::with_capacity(reading.ids.len());
    call.keys.set_reads(true);
    for (key, id) in reading.keys.iter().zip(reading.ids) {
        let stream = call.keys.view::<Stream>(key)?;
        if stream.is_none_or(|stream| stream.group(group).is_none()) {
            return Err(no_group(key, group));
        }
        ids.push(after(id)?);
    }
    let (at, mut count) = (call.reply.bytes().len(), 0);
    for (key, id) in reading.keys.iter().zip(ids) {
        let reader = Reader {
            key,
            group,
            consumer,
            most: reading.most,
            is_acknowledged: reading.is_acknowledged,
            now,
        };
        let reply = &mut *call.reply;
        let is_served = call.keys.edit::<Stream, _>(key, |stream| match id {
            Some(id) => {
                reader.read_again(id, stream, reply);
                true
            }
            None => reader.read_new(stream, reply),
        })?;
        count += usize::from(is_served);
    }
    if count > 0 {
        answer_streams(count, at, call.reply);
    } else {
        reading.nothing(call, None);
    }
    Ok(())
}

/// After which of what is pending is read; nothing if what is new is asked for.
fn after(text: &[u8]) -> Result<Option<Id>, Error> {
    match text {
        b">" => Ok(None),
        b"$" => Err(Error::text(
            "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of \
             this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would \
             just return an empty result set.",
        )),
        // For Redis the greatest one is another way to ask for what is new.
        _ => Ok(Some(Id::parse(text, 0)?).filter(|id| *id != Id::MAX)),
    }
}

fn no_group(key: &[u8], group: &[u8]) -> Error {
    let (key, group) = (shown(key), shown(group));
    let words = format!(
        "NOGROUP No such key '{key}' or consumer group '{group}' in XREADGROUP with GROUP option"
    );
    Error::Other(words.into())
}

impl Reader<'_> {
    /// Delivers what nobody of the group was given; whether there is something.
    fn read_new(&self, stream: &mut Edit<'_, Stream>, reply: &mut Reply) -> bool {
        let contents = stream.now().contents().expect("it is there");
        let group = contents.group(self.group).expect("it is there");
        let (mut last, mut read) = (group.last, group.read);
        if contents.entries().last() <= Some(last) {
            self.touch(stream, false);
            return false;
        }
        answer_key(self.key, reply);
        let at = reply.bytes().len();
        let mut delivered = Vec::new();
        let start = last.next().expect("there is one above it");
        for entry in contents.entries().range(start, Id::MAX).take(self.most) {
            last = entry.id;
            read = contents.read_with(read, last);
            delivered.push((last, 1));
            answer_entry(&entry, reply);
        }
        reply.before(at, |reply| reply.array(delivered.len()));
        self.touch(stream, !self.is_acknowledged);
        stream.apply_untold(&self.change(GroupChange::Set { last, read }));
        if !self.is_acknowledged {
            self.deliver(&delivered, stream);
        }
        true
    }

    /// Delivers again what is pending for the consumer.
    fn read_again(&self, after: Id, stream: &mut Edit<'_, Stream>, reply: &mut Reply) {
        answer_key(self.key, reply);
        let (at, mut count) = (reply.bytes().len(), 0);
        let mut delivered = Vec::new();
        let contents = stream.now().contents().expect("it is there");
        let group = contents.group(self.group).expect("it is there");
        let consumer = group.consumer(self.consumer).zip(after.next());
        let pending = consumer.map(|(consumer, start)| group.pending_of(consumer, start));
        for pending in pending.into_iter().flatten().take(self.most) {
            count += 1;
            if let Some(entry) = contents.entries().get(pending.id) {
                answer_entry(&entry, reply);
                delivered.push((pending.id, pending.count.wrapping_add(1)));
            } else {
                reply.array(2);
                pending.id.answer(reply);
                reply.null_array();
            }
        }
        reply.before(at, |reply| reply.array(count));
        self.touch(stream, false);
        if !delivered.is_empty() {
            self.deliver(&delivered, stream);
        }
    }

    fn change<'a>(&'a self, change: GroupChange<'a>) -> StreamChange<'a> {
        StreamChange::of(self.group, change)
    }

    fn deliver(&self, entries: &[(Id, i64)], stream: &mut Edit<'_, Stream>) {
        stream.apply_untold(&self.change(GroupChange::Deliver {
            consumer: self.consumer,
            at: self.now,
            entries: Cow::Borrowed(entries),
        }));
    }

    fn touch(&self, stream: &mut Edit<'_, Stream>, is_active: bool) {
        touch(stream, self.group, self.consumer, self.now, is_active);
    }
}

/// A consumer asked for something now, and is given something or not. It is made if there is none of this name.
pub(super) fn touch(
    stream: &mut Edit<'_, Stream>,
    group: &[u8],
    consumer: &[u8],
    now: i64,
    is_active: bool,
) {
    let found = stream.now().group(group);
    let found = found.and_then(|group| group.consumer(consumer));
    let is_known = found.is_some();
    let was = found.map(|consumer| (consumer.seen, consumer.active));
    if was.is_some_and(|(seen, active)| seen == now && (!is_active || active == Some(now))) {
        return;
    }
    if !is_known {
        stream.notify(Class::STREAM, "xgroup-createconsumer");
    }
    let change = GroupChange::Touch {
        consumer,
        at: now,
        is_active,
    };
    stream.apply_untold(&StreamChange::of(group, change));
}
