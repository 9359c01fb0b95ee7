//! A message in a channel, and how it is written to those who get it.
//!
//! <https://redis.io/docs/latest/develop/pubsub/>

use std::sync::Arc;

use synod_cache::notice::{Events, Notice};
use synod_cache::reply::{Protocol, Reply};

/// To what one subscribes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Channel,
    /// All channels of a pattern.
    Pattern,
    /// A channel that is in a slot, as keys are.
    Shard,
}

impl Kind {
    /// As what messages come.
    const fn message(self) -> &'static [u8] {
        match self {
            Self::Channel => b"message",
            Self::Pattern => b"pmessage",
            Self::Shard => b"smessage",
        }
    }
}

/// A message in a channel.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) is_of_shard: bool,
    pub(crate) channel: Box<[u8]>,
    pub(crate) text: Box<[u8]>,
}

impl Publication {
    pub(crate) fn weight(&self) -> usize {
        self.channel.len() + self.text.len() + size_of::<Self>()
    }
}

/// What is published of what was done to keys.
pub(crate) fn of_notices(events: Events, notices: &[Notice]) -> Vec<Publication> {
    let mut all = Vec::new();
    for Notice {
        database,
        event,
        key,
        ..
    } in notices
    {
        let mut publish = |channel: String, name: &[u8], text: &[u8]| {
            all.push(Publication {
                is_of_shard: false,
                channel: [channel.as_bytes(), name].concat().into(),
                text: text.into(),
            });
        };
        if events.of_keys {
            publish(format!("__keyspace@{database}__:"), key, event.as_bytes());
        }
        if events.of_events {
            publish(format!("__keyevent@{database}__:"), event.as_bytes(), key);
        }
    }
    all
}

/// Something that many clients are sent, written once for each protocol.
pub(crate) struct Written<F> {
    write: F,
    as_resp2: Option<Arc<Vec<u8>>>,
    as_resp3: Option<Arc<Vec<u8>>>,
}

impl<F: Fn(&mut Reply)> Written<F> {
    pub(crate) const fn new(write: F) -> Self {
        Self {
            write,
            as_resp2: None,
            as_resp3: None,
        }
    }

    pub(crate) fn of(&mut self, protocol: Protocol) -> &Arc<Vec<u8>> {
        let place = match protocol {
            Protocol::Resp2 => &mut self.as_resp2,
            Protocol::Resp3 => &mut self.as_resp3,
        };
        place.get_or_insert_with(|| {
            let mut reply = Reply::new(protocol);
            (self.write)(&mut reply);
            Arc::new(reply.to_vec())
        })
    }
}

/// A message, for those who subscribed to its channel, or to a pattern of it.
pub(crate) fn write(publication: &Publication, pattern: Option<&[u8]>, reply: &mut Reply) {
    let kind = match pattern {
        Some(_) => Kind::Pattern,
        None if publication.is_of_shard => Kind::Shard,
        None => Kind::Channel,
    };
    reply.push(if pattern.is_some() { 4 } else { 3 });
    reply.bulk(kind.message());
    if let Some(pattern) = pattern {
        reply.bulk(pattern);
    }
    reply.bulk(&publication.channel);
    reply.bulk(&publication.text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_keys_are_published_in_two_channels() {
        let notice = Notice {
            database: 3,
            event: "set",
            key: b"k".as_slice().into(),
            order: 0,
        };
        let published = |letters: &str| {
            let events = Events::parse(letters).expect("known letters");
            let all = of_notices(events, std::slice::from_ref(&notice));
            let shown = all.iter().map(|it| {
                let channel = String::from_utf8_lossy(&it.channel);
                format!("{channel} {}", String::from_utf8_lossy(&it.text))
            });
            shown.collect::<Vec<_>>()
        };
        assert_eq!(
            published("KEA"),
            ["__keyspace@3__:k set", "__keyevent@3__:set k"]
        );
        assert_eq!(published("KA"), ["__keyspace@3__:k set"]);
        assert_eq!(published("EA"), ["__keyevent@3__:set k"]);
    }

    #[test]
    fn what_many_get_is_written_once_for_each_protocol() {
        let count = std::cell::Cell::new(0);
        let mut written = Written::new(|reply: &mut Reply| {
            count.set(count.get() + 1);
            reply.push(0);
        });
        for protocol in [Protocol::Resp2, Protocol::Resp3, Protocol::Resp2] {
            written.of(protocol);
        }
        assert_eq!(count.get(), 2);
        assert_eq!(**written.of(Protocol::Resp3), b">0\r\n");
    }
}
