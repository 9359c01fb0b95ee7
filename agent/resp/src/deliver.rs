//! What a thread does with messages of others.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use mio::Token;
use synod_cache::reply::{Protocol, Reply};

use crate::audience::Outbox;
use crate::connection::State;
use crate::mailbox::{Message, are_full};
use crate::publication::Written;
use crate::worker::Worker;

/// So much is sent to connections at most before it is written.
const UNWRITTEN_BYTES_MAX: usize = 4 * 1024 * 1024;
/// So many connections are written at once, so that others need not wait for all.
const WRITES: usize = 512;
/// In this channel clients are told of changes that speak the older protocol.
const CHANNEL: &[u8] = b"__redis__:invalidate";

/// Keys that were changed; all, if nothing is said.
type Keys = Option<Arc<[Arc<[u8]>]>>;

impl Worker {
    pub(crate) fn read_messages(&mut self, now: i64) {
        let (first, messages, was_full) = self.shared.mailboxes[self.number].take();
        if was_full {
            // Those who waited for it go on.
            self.shared.mailboxes.iter().for_each(|it| it.wake());
        }
        for (number, message) in (first..).zip(messages) {
            self.read(message, number, now);
            if self.unwritten_bytes > UNWRITTEN_BYTES_MAX {
                self.write_all(usize::MAX, now);
            }
        }
        self.tell_followers();
        self.write_all(WRITES, now);
        self.resume(now);
    }

    fn read(&mut self, message: Message, number: u64, now: i64) {
        match message {
            Message::Answer { client, .. }
            | Message::TryAgain { client }
            | Message::Close { client }
            | Message::Judge { client }
            | Message::Unblock { client, .. } => {
                // It may be gone.
                let Some(token) = self.clients.get(&client).copied() else {
                    return;
                };
                let connection = self.connections.get_mut(token).expect("a client has one");
                let state = connection.told(message, &self.shared, now, self.poll.registry());
                self.after(token, state);
            }
            Message::Published(all) => {
                let mut outbox = Outbox {
                    connections: &mut self.connections,
                    unwritten: &mut self.unwritten,
                    bytes: &mut self.unwritten_bytes,
                };
                for publication in &*all {
                    self.audience.deliver(publication, number, &mut outbox);
                }
            }
            Message::Invalidated { key, clients, by } => {
                let keys: Keys = Some(Arc::new([key]));
                for client in clients {
                    if let Some(token) = self.clients.get(&client).copied() {
                        self.invalidate_read(token, &keys, by);
                    }
                }
            }
            Message::Changed { keys, by } => {
                let changed = keys.iter().map(|key| (Arc::clone(key), by));
                self.audience.changed.extend(changed);
            }
            Message::Flushed => {
                let trackers: Vec<_> = self.audience.trackers.iter().copied().collect();
                for token in trackers {
                    self.invalidate(token, &None);
                }
            }
            Message::Redirected { client, keys } => {
                if let Some(token) = self.clients.get(&client).copied() {
                    self.invalidate_for_another(token, &keys);
                }
            }
            Message::Line(line) => {
                let monitors: Vec<_> = self.audience.monitors.iter().copied().collect();
                let mut written = Written::new(|reply: &mut Reply| reply.raw(&line));
                for token in monitors {
                    self.send(token, &mut written);
                }
            }
        }
    }

    fn send<F: Fn(&mut Reply)>(&mut self, token: Token, written: &mut Written<F>) {
        let mut outbox = Outbox {
            connections: &mut self.connections,
            unwritten: &mut self.unwritten,
            bytes: &mut self.unwritten_bytes,
        };
        outbox.send(token, written);
    }

    /// A client is told that a key was changed that it read, if it still wants to be.
    fn invalidate_read(&mut self, token: Token, keys: &Keys, by: u64) {
        let connection = self.connections.get(token);
        let session = connection.map(|connection| connection.session());
        let is_told = session.is_some_and(|session| {
            session.tracking().is_some_and(|tracking| {
                let is_own = tracking.no_loop && session.id == by;
                tracking.prefixes().is_none() && !is_own
            })
        });
        if is_told {
            self.invalidate(token, keys);
        }
    }

    /// A client is told that its copies are worth nothing any more, or the one is that it named instead.
    fn invalidate(&mut self, token: Token, keys: &Keys) {
        let Some(connection) = self.connections.get_mut(token) else {
            return;
        };
        let Some(tracking) = connection.session().tracking() else {
            return;
        };
        let Some(other) = tracking.redirect else {
            if connection.protocol() == Protocol::Resp3 {
                self.send(token, &mut Written::new(invalidation(keys)));
            }
            return;
        };
        if let Some(other) = self.clients.get(&other).copied() {
            self.invalidate_for_another(other, keys);
        } else if let Some(worker) = self.shared.clients.of(other).map(|it| it.worker) {
            let keys = keys.clone();
            let client = other;
            self.shared.mailboxes[worker].post(Message::Redirected { client, keys });
        } else {
            connection.lost_redirect();
            if connection.protocol() == Protocol::Resp3 {
                let broken = |reply: &mut Reply| {
                    reply.push(2);
                    reply.bulk(b"tracking-redir-broken");
                    reply.integer(other.cast_signed());
                };
                self.send(token, &mut Written::new(broken));
            }
        }
    }

    /// A client is told of the copies of another one. In the older protocol it has to listen to messages.
    fn invalidate_for_another(&mut self, token: Token, keys: &Keys) {
        let Some(connection) = self.connections.get(token) else {
            return;
        };
        if connection.protocol() == Protocol::Resp3 {
            self.send(token, &mut Written::new(invalidation(keys)));
        } else if connection.session().subscribed() {
            let message = |reply: &mut Reply| {
                reply.push(3);
                reply.bulk(b"message");
                reply.bulk(CHANNEL);
                write_keys(keys, reply);
            };
            self.send(token, &mut Written::new(message));
        }
    }

    /// Those who follow all keys that begin somehow are told which were changed.
    fn tell_followers(&mut self) {
        if self.audience.changed.is_empty() {
            return;
        }
        let changed = std::mem::take(&mut self.audience.changed);
        let followers = self.audience.followers.iter();
        let followers: Vec<(_, HashSet<_>)> = followers
            .map(|(prefix, tokens)| (Arc::clone(prefix), tokens.clone()))
            .collect();
        for (prefix, tokens) in followers {
            let all = || changed.iter().filter(|(key, _)| key.starts_with(&prefix));
            let of_all: Arc<[_]> = all().map(|(key, _)| Arc::clone(key)).collect();
            for token in tokens {
                let session = self.connections.get(token).map(|it| it.session());
                let excluded = session.filter(|it| it.tracking().is_some_and(|it| it.no_loop));
                let keys = match excluded.map(|session| session.id) {
                    None => Arc::clone(&of_all),
                    Some(own) => {
                        let others = all().filter(|(_, by)| **by != own);
                        others.map(|(key, _)| Arc::clone(key)).collect()
                    }
                };
                if !keys.is_empty() {
                    self.invalidate(token, &Some(keys));
                }
            }
        }
    }

    /// Writes what was sent to connections, some of them at most.
    fn write_all(&mut self, most: usize, now: i64) {
        if self.unwritten.len() <= most {
            self.unwritten_bytes = 0;
        }
        let count = self.unwritten.len().min(most);
        let tokens: Vec<_> = self.unwritten.drain(..count).collect();
        for token in tokens {
            if let Some(connection) = self.connections.get_mut(token) {
                let state = connection.write_pushed(&self.shared, now, self.poll.registry());
                self.after(token, state);
            }
        }
    }

    /// Those go on who had to wait until messages were read.
    fn resume(&mut self, now: i64) {
        if self.paused.is_empty() || are_full(&self.shared.mailboxes) {
            return;
        }
        for token in std::mem::take(&mut self.paused) {
            if let Some(connection) = self.connections.get_mut(token) {
                let state = connection.resume(&self.shared, now, self.poll.registry());
                self.after(token, state);
            }
        }
    }

    /// What is to be done after anything was done with a connection.
    pub(crate) fn after(&mut self, token: Token, mut state: State) {
        while state == State::Alone {
            state = self.alone(token);
        }
        let Some(connection) = self.connections.get_mut(token) else {
            return;
        };
        for change in connection.take_changes() {
            self.audience.change(token, change);
        }
        // It is looked at when the log has come further.
        if connection.is_held() && !self.held.contains(&token) {
            self.held.push(token);
        }
        match state {
            State::Open | State::Alone => {}
            State::Paused => self.paused.push(token),
            State::Over => self.close(token),
            State::TooMuch => {
                let closed = &self.shared.closed_for_output;
                closed.fetch_add(1, Ordering::Relaxed);
                self.close(token);
            }
        }
    }

    /// Whether there is something to do, so that it does not sleep.
    pub(crate) fn has_work(&self) -> bool {
        let goes_on = !self.paused.is_empty() && !are_full(&self.shared.mailboxes);
        goes_on || !self.unwritten.is_empty()
    }
}

fn invalidation(keys: &Keys) -> impl Fn(&mut Reply) + '_ {
    |reply| {
        reply.push(2);
        reply.bulk(b"invalidate");
        write_keys(keys, reply);
    }
}

fn write_keys(keys: &Keys, reply: &mut Reply) {
    match keys {
        None => reply.null(),
        Some(keys) => {
            reply.array(keys.len());
            keys.iter().for_each(|key| reply.bulk(key));
        }
    }
}
