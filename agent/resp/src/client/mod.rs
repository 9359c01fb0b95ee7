//! What others can know of a client, and do to it: `CLIENT LIST`, `CLIENT KILL` and the like.
//!
//! A client's own thread notes what changes once for all commands that came together; who asks holds it up no longer than a copy
//! takes.

mod line;
mod pause;
mod registry;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use synod_cache::reply::Protocol;

use crate::acl::{Account, Called};
use crate::turn::Turn;

pub(crate) use pause::Pause;
pub(crate) use registry::{Clients, kill};

/// A client, as others see it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: u64,
    /// Of which thread it is.
    pub(crate) worker: usize,
    pub(crate) place: Place,
    /// It is to be closed, and counts as closed already.
    is_killed: AtomicBool,
    known: Mutex<Known>,
}

/// Where a client is: what never changes of it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Address and port of both ends.
    pub(crate) peer: String,
    pub(crate) own: String,
    /// By which number the system knows its socket.
    pub(crate) descriptor: i32,
    /// When it came, in Unix milliseconds.
    pub(crate) since: i64,
}

/// What is known of a client for now.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) account: Arc<Account>,
    pub(crate) name: Box<[u8]>,
    pub(crate) library: Box<[u8]>,
    pub(crate) library_version: Box<[u8]>,
    pub(crate) activity: Activity,
    /// What it waits for: who ends that answers it.
    pub(crate) turn: Option<Arc<Turn>>,
}

/// What a client did last, and what that came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Activity {
    /// When something came from it, in Unix milliseconds.
    pub(crate) at: i64,
    pub(crate) called: Option<Called>,
    pub(crate) database: usize,
    pub(crate) protocol: Protocol,
    /// How many commands wait for `EXEC`, if it has begun a transaction.
    pub(crate) queued: Option<usize>,
    pub(crate) waits: bool,
    pub(crate) ends: bool,
    pub(crate) is_kept: bool,
    pub(crate) touches_nothing: bool,
    /// To how many channels, patterns and sharded channels it is subscribed.
    pub(crate) channels: usize,
    pub(crate) patterns: usize,
    pub(crate) sharded_channels: usize,
    /// It sees all commands.
    pub(crate) monitors: bool,
    /// It is told of changes of what it keeps copies of.
    pub(crate) tracks: Option<Tracks>,
    pub(crate) buffers: Buffers,
}

/// How a client is told of changes of keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tracks {
    /// Of all keys that begin somehow.
    pub(crate) broadcasts: bool,
    /// The client that is told instead.
    pub(crate) redirect: Option<u64>,
    /// That one is gone.
    pub(crate) is_broken: bool,
}

/// Bytes that are kept for a client.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Buffers {
    /// What came and was not carried out.
    pub(crate) input: usize,
    /// For what is still to come.
    pub(crate) input_room: usize,
    /// What is to be sent.
    pub(crate) output: usize,
    /// It is not read by the client as fast as it comes.
    pub(crate) waits_to_write: bool,
}

/// Of which kind a client is, as `CLIENT LIST TYPE` and `CLIENT KILL TYPE` tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    PubSub,
    Replica,
    Primary,
}

impl Kind {
    /// By its name, in whatever letters.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        let all = [
            ("normal", Self::Normal),
            ("slave", Self::Replica),
            ("replica", Self::Replica),
            ("pubsub", Self::PubSub),
            ("master", Self::Primary),
        ];
        let mut all = all.into_iter();
        let found = all.find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
        found.map(|(_, kind)| kind)
    }
}

impl Activity {
    pub(crate) const fn kind(&self) -> Kind {
        if self.is_subscribed() {
            Kind::PubSub
        } else {
            Kind::Normal
        }
    }

    const fn is_subscribed(&self) -> bool {
        self.channels + self.patterns + self.sharded_channels > 0
    }
}

impl Client {
    pub(crate) fn new(id: u64, worker: usize, place: Place, account: Arc<Account>) -> Self {
        let activity = Activity {
            at: place.since,
            ..Activity::default()
        };
        let known = Known {
            account,
            name: Box::default(),
            library: Box::default(),
            library_version: Box::default(),
            activity,
            turn: None,
        };
        Self {
            id,
            worker,
            place,
            is_killed: AtomicBool::new(false),
            known: Mutex::new(known),
        }
    }

    /// What is known of it. Whoever holds that does nothing else.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.is_killed.load(Ordering::Acquire)
    }

    /// Whether that is new.
    pub(crate) fn kill(&self) -> bool {
        !self.is_killed.swap(true, Ordering::AcqRel)
    }

    /// Ends what it waits for, so that whoever called this has to see to its answer; whether it waits for something.
    ///
    /// Somebody may have its turn just now, to look whether it can be answered. He has a partition that it waits for, so it is not
    /// one of those who called this with all partitions, and gives the turn back soon, or answers.
    pub(crate) fn unblock(&self) -> bool {
        loop {
            let Some(turn) = self.known().turn.clone() else {
                return false;
            };
            if turn.give_up() {
                return true;
            }
            if turn.is_over() {
                return false;
            }
            std::thread::yield_now();
        }
    }
}
