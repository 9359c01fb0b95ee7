//! Watchers: each follows a range of keys at some member, moves on when that dies or it feels like it, and resumes after
//! the last revision it saw. It must be told every change of the model, in order, once, whole revisions at a time.

use bytes::Bytes;
use synod_kv::WatchId;
use synod_paxos::Node;

use crate::clock::MS;
use crate::demand;
use crate::dialect::{self, Told};
use crate::keys::Deed;
use crate::model::{Change, Model};
use crate::operation::Pair;
use crate::random::Random;
use crate::world::{Happening, World};

/// One watcher.
#[derive(Debug)]
struct Watcher {
    from: Bytes,
    to: Bytes,
    /// Where it watches, and the hub's name for it.
    place: Option<(Node, WatchId)>,
    /// It knows everything before this revision; 0 before it first began.
    next: u64,
    /// The first change of the model that it may not have been told.
    cursor: usize,
}

impl Watcher {
    fn wants(&self, change: &Change) -> bool {
        change.key >= self.from && change.key < self.to
    }

    /// It was told of `change`: it must be the next one of the model that it wants.
    fn told(
        &mut self,
        index: usize,
        node: Node,
        (change, before): &(Change, Option<Pair>),
        model: &Model,
    ) {
        let rest = &model.changes()[self.cursor..];
        let skipped = rest.iter().position(|known| self.wants(known));
        let expected = skipped.map(|skipped| &rest[skipped]);
        demand!(
            "watches",
            expected == Some(change),
            "watcher {index} at {node}, which knows everything before revision {}, is told {change:?}, but next is {expected:?}",
            self.next
        );
        self.cursor += skipped.unwrap_or(0) + 1;
        self.next = change.revision + 1;
        // What was before may be compacted, and is then not told.
        let known = model.pair_at(&change.key, change.revision - 1);
        let hidden = before.is_none() && change.revision <= model.compacted();
        demand!(
            "watches",
            hidden || before.as_ref() == known,
            "watcher {index} at {node} is told that before revision {} there was {before:?}, but it was {known:?}",
            change.revision
        );
    }

    /// It was told all it will be told of the revisions before `next`.
    fn knows(&mut self, index: usize, node: Node, next: u64, model: &Model) {
        let upto = model.changes_from(next);
        let missing = model
            .changes()
            .get(self.cursor..upto)
            .into_iter()
            .flatten()
            .find(|change| self.wants(change));
        demand!(
            "watches",
            missing.is_none(),
            "watcher {index} at {node} is said to know everything before revision {next}, but was not told {missing:?}"
        );
        self.next = self.next.max(next);
        self.cursor = self.cursor.max(upto);
    }
}

/// All watchers.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    all: Vec<Watcher>,
    /// Changes told.
    pub(crate) told: u64,
}

impl Watchers {
    pub(crate) fn add(&mut self, random: &mut Random, keys: u64) -> usize {
        let low = random.below(keys);
        let (from, to) = if random.chance(500) {
            (Bytes::from_static(b"\0"), Bytes::from_static(b"\xff"))
        } else {
            (
                Bytes::from(format!("k{low:02}")),
                Bytes::from(format!("k{:02}\0", random.between(low, keys - 1))),
            )
        };
        self.all.push(Watcher {
            from,
            to,
            place: None,
            next: 0,
            cursor: 0,
        });
        self.all.len() - 1
    }

    /// One that was not told everything.
    pub(crate) fn behind(&self, model: &Model) -> Option<usize> {
        self.all.iter().position(|watcher| {
            watcher.place.is_none()
                || model.changes()[watcher.cursor..]
                    .iter()
                    .any(|change| watcher.wants(change))
        })
    }
}

impl World {
    /// A watcher looks around: it begins where it does not watch, and sometimes moves.
    pub(crate) fn watch_somewhere(&mut self, index: usize) {
        let span = self.random.between(200, 1_500) * MS;
        self.after(span, Happening::Deed(Deed::Watch { watcher: index }));
        let moves = self.busy && self.random.chance(250);
        if let Some((node, handle)) = self.people.watchers.all[index].place {
            if !moves {
                return;
            }
            self.host(node).desk.cancel(handle);
            self.people.watchers.all[index].place = None;
        }
        let reachable = self.reachable();
        if !reachable.is_empty() {
            let node = *self.random.pick(&reachable);
            self.watch_at(index, node);
        }
    }

    /// All watchers watch at `node` from `revision` on, for directed scenarios.
    pub(crate) fn watch_all_from(&mut self, node: Node, revision: u64) {
        for index in 0..self.people.watchers.all.len() {
            if let Some((place, handle)) = self.people.watchers.all[index].place.take() {
                self.host(place).desk.cancel(handle);
            }
            self.people.watchers.all[index].next = revision;
            self.watch_at(index, node);
        }
    }

    fn watch_at(&mut self, index: usize, node: Node) {
        let ledger = self.ledger.clone();
        let ledger = ledger.borrow();
        let past = self.busy && self.random.chance(200);
        let begin = match self.people.watchers.all[index].next {
            0 if past || !self.random.chance(500) => {
                self.random.between(1, ledger.model.revision())
            }
            0 => 0,
            next if past => next.saturating_sub(self.random.below(30)).max(1),
            next => next,
        };
        let Some(host) = self.hosts.get_mut(&node) else {
            return;
        };
        let Some(agent) = host.agent.as_ref() else {
            return;
        };
        let store = agent.machine().store();
        let begin = if begin == 0 {
            dialect::revision(store) + 1
        } else {
            begin
        };
        let watcher = &mut self.people.watchers.all[index];
        watcher.next = begin;
        watcher.cursor = ledger.model.changes_from(begin);
        watcher.place = Some((
            node,
            dialect::watch(&mut host.desk, store, (&watcher.from, &watcher.to), begin),
        ));
    }

    /// Hands on what a member's hub has for its watchers; not always at once, and not always all of it.
    pub(crate) fn poll_watches(&mut self, node: Node) {
        let lazy = self.random.chance(300);
        let bytes_max = *self.random.pick(&[1, 100, 4_096]);
        let Some(host) = self.hosts.get_mut(&node) else {
            return;
        };
        let Some(agent) = host.agent.as_ref() else {
            return;
        };
        let store = agent.machine().store();
        host.desk.applied(store);
        if lazy || host.desk.is_empty() {
            return;
        }
        host.desk.invariants();
        let mut told = Vec::new();
        while told.len() < 32
            && let Some(next) = dialect::take_ready(&mut host.desk, store, bytes_max)
        {
            told.push(next);
        }
        let ledger = self.ledger.clone();
        let ledger = ledger.borrow();
        for (handle, told) in told {
            let found = self
                .people
                .watchers
                .all
                .iter()
                .position(|watcher| watcher.place == Some((node, handle)));
            // It moved away with this on the way.
            let Some(index) = found else { continue };
            for told in told {
                if self.people.watchers.told(index, node, told, &ledger.model) {
                    self.after(MS, Happening::Deed(Deed::Watch { watcher: index }));
                }
            }
        }
        self.poll_progress(node, &ledger.model);
    }

    fn poll_progress(&mut self, node: Node, model: &Model) {
        for index in 0..self.people.watchers.all.len() {
            let Some((_, handle)) = self.people.watchers.all[index]
                .place
                .filter(|(place, _)| *place == node)
            else {
                continue;
            };
            if let Some(revision) = self.hosts[&node].desk.progress(handle) {
                self.people
                    .watchers
                    .told(index, node, Told::Progress(revision as u64), model);
            }
        }
    }

    /// A process died: its watchers look for another.
    pub(crate) fn drop_watches(&mut self, node: Node) {
        for index in 0..self.people.watchers.all.len() {
            if self.people.watchers.all[index]
                .place
                .is_some_and(|(place, _)| place == node)
            {
                self.people.watchers.all[index].place = None;
                let span = self.random.between(1, 300) * MS;
                self.after(span, Happening::Deed(Deed::Watch { watcher: index }));
            }
        }
    }
}

impl Watchers {
    /// Takes in what watcher `index` is told. Whether the watch was ended by a compaction.
    fn told(&mut self, index: usize, node: Node, told: Told, model: &Model) -> bool {
        let watcher = &mut self.all[index];
        match told {
            Told::Changes(changes) => {
                self.told += changes.len() as u64;
                for change in &changes {
                    watcher.told(index, node, change, model);
                }
                watcher.knows(index, node, watcher.next, model);
                false
            }
            Told::Progress(revision) => {
                watcher.knows(index, node, revision + 1, model);
                false
            }
            Told::Compacted(revision) => {
                demand!(
                    "watches",
                    watcher.next <= revision && revision <= model.compacted(),
                    "watcher {index} at {node} wanted revision {} and is told that {revision} is compacted; the model compacted {}",
                    watcher.next,
                    model.compacted()
                );
                watcher.place = None;
                watcher.next = revision + 1;
                watcher.cursor = model.changes_from(revision + 1);
                true
            }
        }
    }
}
