//! Connections to backends that wait to be used again: each thread's own, so that none is shared and nothing is locked.
//!
//! The one used last is used first: it is the least likely to have been closed by the other side, and what is not needed ages.

use std::collections::HashMap;
use std::time::Duration;

use mio::Token;
use synod_balance::circuit::Connected;
use synod_balance::{BackendId, Moment};

use crate::mutation::mutated;
use crate::socket::Socket;

/// An unused connection is closed after so long: before most servers do it, so that a request seldom meets a closing one.
pub(crate) const IDLE_MAX: Duration = Duration::from_secs(50);

/// A connection that waits.
#[derive(Debug)]
pub(crate) struct Idle {
    pub(crate) socket: Socket,
    pub(crate) connected: Connected,
    pub(crate) since: Moment,
}

/// By group's name and backend, since numbers are a group's own.
type Key = (u64, BackendId);

/// All that wait.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    idle: HashMap<Key, Vec<Idle>>,
}

impl Pool {
    /// The connection to this backend that was used last, if it was used within that time.
    pub(crate) fn take(&mut self, key: Key, now: Moment, within: Duration) -> Option<Idle> {
        let idle = self.idle.get_mut(&key)?;
        let last = idle.last()?;
        (now.since(last.since) <= within)
            .then(|| idle.pop())
            .flatten()
    }

    /// Keeps a connection, if there is room for it.
    pub(crate) fn put(&mut self, key: Key, idle: Idle, most: usize) -> Result<(), Idle> {
        let kept = self.idle.entry(key).or_default();
        if kept.len() >= most {
            return Err(idle);
        }
        kept.push(idle);
        Ok(())
    }

    /// Keeps one that was there just now.
    pub(crate) fn put_back(&mut self, key: Key, idle: Idle) {
        self.idle.entry(key).or_default().push(idle);
    }

    /// The connection to this backend that was not used for the longest time.
    pub(crate) fn take_oldest(&mut self, key: Key) -> Option<Idle> {
        let idle = self.idle.get_mut(&key)?;
        (!idle.is_empty()).then(|| idle.remove(0))
    }

    /// Removes the connection with this token.
    pub(crate) fn remove(&mut self, key: Key, token: Token) -> Option<Idle> {
        let kept = self.idle.get_mut(&key)?;
        let place = kept.iter().position(|it| it.socket.token == token)?;
        Some(kept.remove(place))
    }

    /// Removes those that waited too long, that are in another thread's way, and those to backends that are not used any more.
    pub(crate) fn retire(
        &mut self,
        now: Moment,
        is_used: impl Fn(Key) -> bool,
        mut retired: impl FnMut(Idle),
    ) {
        self.idle.retain(|key, kept| {
            let is_used = is_used(*key);
            let is_wanted =
                |it: &Idle| it.connected.backend().is_wanted(now) && !mutated("others-kept-out");
            let is_over =
                |it: &mut Idle| !is_used || now.since(it.since) > IDLE_MAX || is_wanted(it);
            kept.extract_if(.., is_over).for_each(&mut retired);
            !kept.is_empty()
        });
    }
}
