//! Who of a thread's clients is sent what: known to the thread alone, so that nobody waits for it while a message goes to many.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use mio::Token;
use synod_cache::glob;
use synod_cache::reply::Reply;

use crate::connections::Connections;
use crate::listening::Change;
use crate::publication::{Kind, Publication, Written, write};

/// Connections with the number of the first message that is for each.
type Subscribers = HashMap<Token, u64>;
type Subscribed = HashMap<Arc<[u8]>, Subscribers>;

/// The connections of a thread that are sent what they did not ask for.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    channels: Subscribed,
    patterns: BTreeMap<Arc<[u8]>, Subscribers>,
    shards: Subscribed,
    /// They see all commands.
    pub(crate) monitors: HashSet<Token>,
    /// They keep copies of keys.
    pub(crate) trackers: HashSet<Token>,
    /// They keep copies of all keys that begin so.
    pub(crate) followers: BTreeMap<Arc<[u8]>, HashSet<Token>>,
    /// Keys that were changed since followers were told, and by whom last.
    pub(crate) changed: BTreeMap<Arc<[u8]>, u64>,
}

impl Audience {
    /// Something changed of what a connection listens to.
    pub(crate) fn change(&mut self, token: Token, change: Change) {
        match change {
            Change::Subscribed { kind, name, since } => {
                let subscribers = match kind {
                    Kind::Channel => self.channels.entry(name).or_default(),
                    Kind::Pattern => self.patterns.entry(name).or_default(),
                    Kind::Shard => self.shards.entry(name).or_default(),
                };
                subscribers.insert(token, since);
            }
            Change::Unsubscribed { kind, name } => {
                let is_last = |subscribers: &mut Subscribers| {
                    subscribers.remove(&token);
                    subscribers.is_empty()
                };
                match kind {
                    Kind::Channel if self.channels.get_mut(&name).is_some_and(is_last) => {
                        self.channels.remove(&name);
                    }
                    Kind::Pattern if self.patterns.get_mut(&name).is_some_and(is_last) => {
                        self.patterns.remove(&name);
                    }
                    Kind::Shard if self.shards.get_mut(&name).is_some_and(is_last) => {
                        self.shards.remove(&name);
                    }
                    _ => {}
                }
            }
            Change::Monitors(monitors) => mark(&mut self.monitors, token, monitors),
            Change::Tracks(tracks) => mark(&mut self.trackers, token, tracks),
            Change::Follows { prefix, follows } => {
                let followers = self.followers.entry(prefix.clone()).or_default();
                mark(followers, token, follows);
                if followers.is_empty() {
                    self.followers.remove(&prefix);
                }
            }
        }
    }

    /// Sends the message of this number to all who subscribed before it was posted.
    pub(crate) fn deliver(&self, publication: &Publication, number: u64, outbox: &mut Outbox<'_>) {
        let channels = match publication.is_of_shard {
            true => &self.shards,
            false => &self.channels,
        };
        let send = |subscribers: &Subscribers, pattern: Option<&[u8]>, outbox: &mut Outbox<'_>| {
            let mut written = Written::new(|reply: &mut Reply| write(publication, pattern, reply));
            for (token, since) in subscribers {
                if *since <= number {
                    outbox.send(*token, &mut written);
                }
            }
        };
        if let Some(subscribers) = channels.get(&*publication.channel) {
            send(subscribers, None, outbox);
        }
        if !publication.is_of_shard {
            for (pattern, subscribers) in &self.patterns {
                if glob::matches(pattern, &publication.channel) {
                    send(subscribers, Some(pattern), outbox);
                }
            }
        }
    }
}

fn mark(tokens: &mut HashSet<Token>, token: Token, is_in: bool) {
    if is_in {
        tokens.insert(token);
    } else {
        tokens.remove(&token);
    }
}

/// Where connections are sent to what they did not ask for.
pub(crate) struct Outbox<'a> {
    pub(crate) connections: &'a mut Connections,
    /// Connections that have something to be written.
    pub(crate) unwritten: &'a mut Vec<Token>,
    /// So many bytes were sent to all of them since they were written.
    pub(crate) bytes: &'a mut usize,
}

impl Outbox<'_> {
    /// Sends something that may be sent to others as well.
    pub(crate) fn send<F: Fn(&mut Reply)>(&mut self, token: Token, written: &mut Written<F>) {
        let Some(connection) = self.connections.get_mut(token) else {
            return;
        };
        let bytes = written.of(connection.protocol());
        *self.bytes += bytes.len();
        if connection.push(bytes) {
            self.unwritten.push(token);
        }
    }
}
