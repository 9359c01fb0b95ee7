//! What a client is sent without asking: what it subscribed to, what becomes of its copies of keys, and the commands of all.

use std::collections::HashSet;
use std::sync::Arc;

use synod_cache::command::Error;
use synod_cache::reply::Protocol;

use crate::Shared;
use crate::acl::Called;
use crate::client::{Activity, Tracks};
use crate::monitor;
use crate::publication::Kind;
use crate::session::Session;
use crate::tracking::Tracking;

/// What a client listens to.
#[derive(Debug, Default)]
pub(crate) struct Listening {
    channels: HashSet<Arc<[u8]>>,
    patterns: HashSet<Arc<[u8]>>,
    shards: HashSet<Arc<[u8]>>,
    pub(crate) tracking: Option<Tracking>,
    /// It sees all commands.
    pub(crate) monitors: bool,
    /// What its thread has to be told (see `audience`).
    pub(crate) changes: Vec<Change>,
    /// So many bytes that it did not ask for wait to be sent.
    pub(crate) pushed: usize,
}

/// What changed of what a client listens to.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// It subscribed, and is sent messages from this one on.
    Subscribed {
        kind: Kind,
        name: Arc<[u8]>,
        since: u64,
    },
    Unsubscribed {
        kind: Kind,
        name: Arc<[u8]>,
    },
    Monitors(bool),
    /// It keeps copies of keys, and is told of changes.
    Tracks(bool),
    /// It keeps copies of all keys that begin so, and is told of changes.
    Follows {
        prefix: Arc<[u8]>,
        follows: bool,
    },
}

impl Listening {
    pub(crate) const fn of(&self, kind: Kind) -> &HashSet<Arc<[u8]>> {
        match kind {
            Kind::Channel => &self.channels,
            Kind::Pattern => &self.patterns,
            Kind::Shard => &self.shards,
        }
    }

    const fn of_mut(&mut self, kind: Kind) -> &mut HashSet<Arc<[u8]>> {
        match kind {
            Kind::Channel => &mut self.channels,
            Kind::Pattern => &mut self.patterns,
            Kind::Shard => &mut self.shards,
        }
    }

    /// How many subscriptions count with one of this kind, as clients are told.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        match kind {
            Kind::Shard => self.shards.len(),
            Kind::Channel | Kind::Pattern => self.channels.len() + self.patterns.len(),
        }
    }

    /// Whether it subscribed to anything.
    pub(crate) fn subscribed(&self) -> bool {
        self.count(Kind::Channel) + self.count(Kind::Shard) > 0
    }

    /// Whether it is sent anything that it does not ask for.
    pub(crate) fn is_any(&self) -> bool {
        self.monitors || self.tracking.is_some() || self.subscribed()
    }
}

impl Session {
    pub(crate) fn listening(&mut self) -> &mut Listening {
        self.listening.get_or_insert_default()
    }

    /// Whether it subscribed to anything.
    pub(crate) fn subscribed(&self) -> bool {
        self.listening.as_ref().is_some_and(|it| it.subscribed())
    }

    /// Subscribes, unless it has already.
    pub(crate) fn subscribe(&mut self, kind: Kind, name: &[u8], shared: &Shared) {
        let worker = self.worker;
        let listening = self.listening();
        if listening.of(kind).contains(name) {
            return;
        }
        let subscriptions = &shared.subscriptions;
        let (name, since) = subscriptions.add(kind, name, worker, &shared.mailboxes);
        listening.of_mut(kind).insert(Arc::clone(&name));
        let change = Change::Subscribed { kind, name, since };
        listening.changes.push(change);
    }

    /// Ends a subscription, if there is one.
    pub(crate) fn unsubscribe(&mut self, kind: Kind, name: &[u8], shared: &Shared) {
        let worker = self.worker;
        let Some(listening) = &mut self.listening else {
            return;
        };
        if let Some(name) = listening.of_mut(kind).take(name) {
            shared.subscriptions.remove(kind, &name, worker);
            listening.changes.push(Change::Unsubscribed { kind, name });
        }
    }

    /// From now on it sees all commands, or does not any more.
    pub(crate) fn set_monitors(&mut self, monitors: bool, shared: &Shared) {
        let worker = self.worker;
        let listening = self.listening();
        if listening.monitors != monitors {
            listening.monitors = monitors;
            listening.changes.push(Change::Monitors(monitors));
            shared.monitors.count(worker, monitors);
        }
    }

    /// Ends all that it listens to: it is closed, or reset.
    pub(crate) fn stop_listening(&mut self, shared: &Shared) {
        if self.listening.is_none() {
            return;
        }
        for kind in [Kind::Channel, Kind::Pattern, Kind::Shard] {
            let names = self.listening.as_ref().map(|it| it.of(kind).clone());
            for name in names.into_iter().flatten() {
                self.unsubscribe(kind, &name, shared);
            }
        }
        self.set_monitors(false, shared);
        self.set_tracking(None, shared);
    }

    /// Why a client that listens may not call a command, if it may not: what it is sent in the older protocol could not be told from
    /// a reply, and one that sees all commands is taken for a replica.
    pub(crate) fn confined(&self, called: Called) -> Result<(), Error> {
        const ALLOWED: [&str; 9] = [
            "ping",
            "subscribe",
            "ssubscribe",
            "unsubscribe",
            "sunsubscribe",
            "psubscribe",
            "punsubscribe",
            "quit",
            "reset",
        ];
        let Some(listening) = &self.listening else {
            return Ok(());
        };
        let is_older = self.reply.protocol() == Protocol::Resp2;
        let name = called.command.name;
        if is_older && listening.subscribed() && !ALLOWED.contains(&name) {
            let name = called.full_name();
            let words = format!(
                "ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
            );
            return Err(Error::Other(words.into()));
        }
        if listening.monitors && monitor::is_barred(called.spec) {
            return Err(Error::text("ERR Replica can't interact with the keyspace"));
        }
        Ok(())
    }

    /// Whether it listens to channels that its user may not hear.
    pub(crate) fn hears_too_much(&self) -> bool {
        let Some(listening) = &self.listening else {
            return false;
        };
        let user = self.account.user();
        let is_barred = |kind: Kind| {
            let mut names = listening.of(kind).iter();
            names.any(|name| !user.may_hear(name, kind == Kind::Pattern))
        };
        [Kind::Channel, Kind::Pattern, Kind::Shard]
            .into_iter()
            .any(is_barred)
    }

    /// What others can know of what it listens to.
    pub(crate) fn heard(&self) -> Activity {
        let Some(listening) = &self.listening else {
            return Activity::default();
        };
        let tracks = listening.tracking.as_ref().map(|tracking| Tracks {
            broadcasts: tracking.prefixes().is_some(),
            redirect: tracking.redirect,
            is_broken: tracking.is_broken,
        });
        Activity {
            channels: listening.channels.len(),
            patterns: listening.patterns.len(),
            sharded_channels: listening.shards.len(),
            monitors: listening.monitors,
            tracks,
            ..Activity::default()
        }
    }

    /// Whether something for it may wait in its thread's mailbox, which is to be sent before it is answered anything more.
    pub(crate) fn awaits_messages(&self, shared: &Shared) -> bool {
        let listening = self.listening.as_ref();
        listening.is_some_and(|it| it.is_any()) && !shared.mailboxes[self.worker].is_empty()
    }
}
