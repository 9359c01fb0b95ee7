//! Who is connected, who is dialled, and which connection a frame takes.
//!
//! Invariants: a peer has at most one connection of each direction; all connections of a peer are of one incarnation of
//! its process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use synod_paxos::Node;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use super::outbox::Outbox;

/// Who dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Dialled,
    Accepted,
}

/// A connection that stands, as its own task sees it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) peer: Node,
    pub(super) outbox: Arc<Outbox>,
    /// Cancelled when another connection takes its place.
    pub(super) replaced: CancellationToken,
    serial: u64,
}

/// What registering a connection changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Registered {
    /// The peer's process is another one than before: the old one is gone.
    pub(super) restarted: bool,
    /// The peer had no connection of this process before.
    pub(super) first: bool,
}

#[derive(Default)]
pub(super) struct Table(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    serial: u64,
    peers: BTreeMap<Node, Peer>,
}

#[derive(Default)]
struct Peer {
    incarnation: u64,
    dialled: Option<Standing>,
    accepted: Option<Standing>,
    dialler: Option<Dialler>,
}

struct Standing {
    serial: u64,
    outbox: Arc<Outbox>,
    replaced: CancellationToken,
}

struct Dialler {
    address: String,
    task: AbortHandle,
    wake: Arc<Notify>,
}

impl Drop for Dialler {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no panic while held")
    }

    /// Queues a frame on a peer's connection; false if there is none or its queue is full.
    pub(super) fn send(&self, to: Node, parts: &[Bytes]) -> bool {
        let inner = self.lock();
        let Some(peer) = inner.peers.get(&to) else {
            return false;
        };
        let standing = peer.dialled.as_ref().or(peer.accepted.as_ref());
        standing.is_some_and(|standing| standing.outbox.push(parts))
    }

    /// Makes the set of dialled peers this one. `start` begins to dial one.
    pub(super) fn set_dialled(
        &self,
        wanted: impl Iterator<Item = (Node, String)>,
        start: impl Fn(Node, String, Arc<Notify>) -> AbortHandle,
    ) {
        let wanted: BTreeMap<Node, String> = wanted.collect();
        let mut inner = self.lock();
        for (node, peer) in &mut inner.peers {
            if peer.dialler.as_ref().map(|d| &d.address) != wanted.get(node) {
                peer.dialler = None;
            }
        }
        for (node, address) in wanted {
            let peer = inner.peers.entry(node).or_default();
            peer.dialler.get_or_insert_with(|| {
                let wake = Arc::new(Notify::new());
                let task = start(node, address.clone(), Arc::clone(&wake));
                Dialler {
                    address,
                    task,
                    wake,
                }
            });
        }
        inner.forget_strangers();
    }

    /// A connection's handshake is done.
    pub(super) fn register(
        &self,
        node: Node,
        direction: Direction,
        incarnation: u64,
    ) -> (Link, Registered) {
        let mut inner = self.lock();
        inner.serial += 1;
        let serial = inner.serial;
        let peer = inner.peers.entry(node).or_default();
        let had = peer.is_connected();
        let restarted = had && peer.incarnation != incarnation;
        if restarted {
            peer.disconnect();
        }
        peer.incarnation = incarnation;
        let link = Link {
            peer: node,
            outbox: Arc::default(),
            replaced: CancellationToken::new(),
            serial,
        };
        let standing = Standing {
            serial,
            outbox: Arc::clone(&link.outbox),
            replaced: link.replaced.clone(),
        };
        if let Some(old) = peer.slot(direction).replace(standing) {
            old.replaced.cancel();
        }
        peer.wake_dialler(direction);
        let registered = Registered {
            restarted,
            first: !had || restarted,
        };
        (link, registered)
    }

    /// A connection ended; true if it was the peer's last.
    pub(super) fn unregister(&self, link: &Link) -> bool {
        let mut inner = self.lock();
        let Some(peer) = inner.peers.get_mut(&link.peer) else {
            return false;
        };
        let mut was_standing = false;
        for slot in [&mut peer.dialled, &mut peer.accepted] {
            if slot.as_ref().is_some_and(|s| s.serial == link.serial) {
                *slot = None;
                was_standing = true;
            }
        }
        let last = was_standing && !peer.is_connected();
        inner.forget_strangers();
        last
    }

    /// Ends everything.
    pub(super) fn close(&self) {
        let mut inner = self.lock();
        for peer in inner.peers.values_mut() {
            peer.disconnect();
        }
        inner.peers.clear();
    }
}

impl Inner {
    /// Drops peers that are neither connected nor dialled.
    fn forget_strangers(&mut self) {
        self.peers
            .retain(|_, peer| peer.is_connected() || peer.dialler.is_some());
    }
}

impl Peer {
    const fn is_connected(&self) -> bool {
        self.dialled.is_some() || self.accepted.is_some()
    }

    const fn slot(&mut self, direction: Direction) -> &mut Option<Standing> {
        match direction {
            Direction::Dialled => &mut self.dialled,
            Direction::Accepted => &mut self.accepted,
        }
    }

    fn disconnect(&mut self) {
        for standing in [self.dialled.take(), self.accepted.take()]
            .into_iter()
            .flatten()
        {
            standing.replaced.cancel();
        }
    }

    /// Who dials us can be dialled: no need to wait out the back-off.
    fn wake_dialler(&self, direction: Direction) {
        if direction == Direction::Accepted
            && self.dialled.is_none()
            && let Some(dialler) = &self.dialler
        {
            dialler.wake.notify_one();
        }
    }
}
