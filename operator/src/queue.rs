//! Which object is to be looked at, and when. Each has its own pauses after failures; none is looked at by two at once;
//! at most a stated number are looked at together.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use crate::names::Key;

/// Pause after the first failure; doubles with each.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
/// The longest pause.
const PAUSE_LONGEST: Duration = Duration::from_secs(60);

/// How looking at an object ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Well; look again after this time even if nothing happens.
    Well(Option<Duration>),
    /// Not well: again after a pause that grows.
    Failed,
    /// There is no such object any more.
    Gone,
}

#[derive(Debug, Default)]
struct Entry {
    due: Option<Instant>,
    running: bool,
    /// Something happened while it was running.
    again: bool,
    failures: u32,
}

/// The queue.
#[derive(Debug)]
pub struct Queue {
    entries: HashMap<Key, Entry>,
    due: BTreeSet<(Instant, Key)>,
    running: usize,
    running_max: usize,
}

impl Queue {
    /// A queue that lets `running_max` objects be looked at together.
    #[must_use]
    pub fn new(running_max: usize) -> Self {
        Self {
            entries: HashMap::new(),
            due: BTreeSet::new(),
            running: 0,
            running_max,
        }
    }

    /// Something happened to `key`: look at it now, or right after the look that is under way.
    pub fn touch(&mut self, key: Key, now: Instant) {
        let entry = self.entries.entry(key.clone()).or_default();
        if entry.running {
            entry.again = true;
        } else {
            self.schedule(&key, now);
        }
    }

    /// The object to look at now, if there is one and room for it. [`Queue::ended`] must follow.
    pub fn take(&mut self, now: Instant) -> Option<Key> {
        if self.running >= self.running_max || self.due.first()?.0 > now {
            return None;
        }
        let (_, key) = self.due.pop_first()?;
        let entry = self.entries.entry(key.clone()).or_default();
        (entry.due, entry.running) = (None, true);
        self.running += 1;
        Some(key)
    }

    /// When [`Queue::take`] has something next; `None`: not before something else happens.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        let room = self.running < self.running_max;
        self.due.first().filter(|_| room).map(|(due, _)| *due)
    }

    /// Looking at `key` ended.
    pub fn ended(&mut self, key: &Key, how: Ended, now: Instant) {
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        entry.running = false;
        self.running -= 1;
        let again = std::mem::take(&mut entry.again);
        let pause = match how {
            Ended::Well(pause) => {
                entry.failures = 0;
                pause
            }
            Ended::Failed => {
                let pause = PAUSE_FIRST.saturating_mul(1 << entry.failures.min(16));
                entry.failures += 1;
                Some(pause.min(PAUSE_LONGEST))
            }
            Ended::Gone if !again => {
                self.entries.remove(key);
                return;
            }
            Ended::Gone => None,
        };
        if again {
            self.schedule(key, now);
        } else if let Some(pause) = pause {
            self.schedule(key, now + pause);
        }
    }

    /// How many objects wait for their turn now.
    #[must_use]
    pub fn waiting(&self, now: Instant) -> usize {
        self.due.iter().take_while(|(due, _)| *due <= now).count()
    }

    /// Since when the object has been due that has waited longest; later than now if none waits.
    #[must_use]
    pub fn oldest(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// How many objects are being looked at.
    #[must_use]
    pub const fn running(&self) -> usize {
        self.running
    }

    /// Makes `key` due at `at`, or earlier if it was to be.
    fn schedule(&mut self, key: &Key, at: Instant) {
        let Some(entry) = self.entries.get_mut(key) else {
            return;
        };
        if let Some(before) = entry.due {
            if before <= at {
                return;
            }
            self.due.remove(&(before, key.clone()));
        }
        entry.due = Some(at);
        self.due.insert((at, key.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key {
            kind: "K".into(),
            namespace: "ns".into(),
            name: name.into(),
        }
    }

    #[test]
    fn one_at_a_time_and_bounded() {
        let now = Instant::now();
        let mut queue = Queue::new(2);
        for name in ["a", "b", "c", "a"] {
            queue.touch(key(name), now);
        }
        assert_eq!(queue.waiting(now), 3);
        let (first, second) = (queue.take(now), queue.take(now));
        assert_eq!((first, second), (Some(key("a")), Some(key("b"))));
        assert_eq!((queue.take(now), queue.next_due()), (None, None), "no room");
        queue.touch(key("a"), now);
        queue.ended(&key("b"), Ended::Well(None), now);
        assert_eq!(
            queue.take(now),
            Some(key("c")),
            "a is still being looked at"
        );
        queue.ended(&key("a"), Ended::Well(None), now);
        assert_eq!(queue.take(now), Some(key("a")), "it was touched in between");
        queue.ended(&key("a"), Ended::Gone, now);
        queue.ended(&key("c"), Ended::Well(Some(Duration::from_secs(5))), now);
        assert_eq!(queue.next_due(), Some(now + Duration::from_secs(5)));
    }

    #[test]
    fn pauses_grow_and_end() {
        let now = Instant::now();
        let mut queue = Queue::new(1);
        queue.touch(key("a"), now);
        let mut at = now;
        for failures in 0..40_u32 {
            assert_eq!(queue.take(at), Some(key("a")));
            queue.ended(&key("a"), Ended::Failed, at);
            let due = queue.next_due().expect("due again");
            let pause = PAUSE_FIRST
                .saturating_mul(1 << failures.min(16))
                .min(PAUSE_LONGEST);
            assert_eq!(due, at + pause);
            at = due;
        }
        assert_eq!(queue.take(at), Some(key("a")));
        queue.ended(&key("a"), Ended::Failed, at);
        queue.touch(key("a"), at);
        assert_eq!(queue.take(at), Some(key("a")), "news end the pause");
    }
}
