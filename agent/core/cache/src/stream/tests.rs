//! Streams against a naive model.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::trim::{Left, Trim};
use super::{Contents, GroupChange, Id, StreamChange};
use crate::collection::Limits;
use crate::wire::{Reader, Writer};

#[derive(Clone, Debug)]
enum Step {
    /// So far above the last id, with so many fields of such values.
    Add(u64, usize, usize),
    Remove(usize),
    TrimExactly(u64),
    TrimRoughly(u64),
    TrimFrom(usize, bool),
    Deliver(u8, Vec<usize>, i64),
    Acknowledge(Vec<usize>),
    RemoveConsumer(u8),
    Pin,
}

fn step() -> impl Strategy<Value = Step> {
    let some = || proptest::collection::vec(0usize..400, 1..5);
    prop_oneof![
        20 => (0u64..5, 1usize..4, 0usize..3).prop_map(|(id, fields, size)| Step::Add(id, fields, size)),
        6 => (0usize..400).prop_map(Step::Remove),
        1 => (0u64..200).prop_map(Step::TrimExactly),
        1 => (0u64..200).prop_map(Step::TrimRoughly),
        1 => (0usize..400, any::<bool>()).prop_map(|(at, rough)| Step::TrimFrom(at, rough)),
        6 => (0u8..3, some(), 1i64..4).prop_map(|(to, ids, count)| Step::Deliver(to, ids, count)),
        4 => some().prop_map(Step::Acknowledge),
        1 => (0u8..3).prop_map(Step::RemoveConsumer),
        1 => Just(Step::Pin),
    ]
}

type Fields = Vec<Vec<u8>>;

/// What should be in the stream.
#[derive(Clone, Debug, Default)]
struct Model {
    /// All that were added, to choose from.
    ids: Vec<Id>,
    entries: BTreeMap<Id, Fields>,
    /// To whom, when, how often.
    pending: BTreeMap<Id, (Vec<u8>, i64, i64)>,
    consumers: BTreeSet<Vec<u8>>,
}

/// The stream, one that does the same by what is written of its changes, and what should be in both.
#[derive(Clone, Default)]
struct Pair {
    stream: Contents,
    replica: Contents,
    model: Model,
    now: i64,
}

impl Pair {
    fn change(&mut self, change: &StreamChange<'_>, limits: &Limits) {
        let mut written = Vec::new();
        change.write(&mut Writer(&mut written));
        let mut from = Reader(&written);
        let read = StreamChange::read(&mut from).expect("it was written");
        assert_eq!(format!("{read:?}"), format!("{change:?}"));
        assert!(from.is_empty());
        self.stream.change(change, limits);
        // Who follows may have other limits.
        self.replica.change(&read, &Limits::default());
    }

    fn chosen(&self, at: &[usize]) -> Vec<Id> {
        let ids = &self.model.ids;
        let mut chosen: Vec<_> = at.iter().filter_map(|at| ids.get(*at).copied()).collect();
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }

    fn step(&mut self, step: &Step, limits: &Limits) {
        self.now += 1;
        match step {
            Step::Add(above, fields, size) => self.add(*above, *fields, *size, limits),
            Step::Remove(at) => {
                let ids = self.chosen(&[*at]);
                ids.iter()
                    .for_each(|id| drop(self.model.entries.remove(id)));
                let ids = Cow::Borrowed(ids.as_slice());
                self.change(&StreamChange::Remove { ids }, limits);
            }
            Step::TrimExactly(left) => self.trim(Left::Entries(*left), false, limits),
            Step::TrimRoughly(left) => self.trim(Left::Entries(*left), true, limits),
            Step::TrimFrom(at, is_rough) => {
                if let [id] = self.chosen(&[*at])[..] {
                    self.trim(Left::From(id), *is_rough, limits);
                }
            }
            Step::Deliver(to, at, count) => self.deliver(*to, at, *count, limits),
            Step::Acknowledge(at) => {
                let ids = self.chosen(at);
                ids.iter()
                    .for_each(|id| drop(self.model.pending.remove(id)));
                let ids = Cow::Borrowed(ids.as_slice());
                let change = GroupChange::Acknowledge { ids };
                self.change(&StreamChange::of(b"g", change), limits);
            }
            Step::RemoveConsumer(which) => {
                let consumer: &[u8] = &[*which];
                self.model.consumers.remove(consumer);
                self.model
                    .pending
                    .retain(|_, pending| pending.0 != consumer);
                let change = GroupChange::RemoveConsumer { consumer };
                self.change(&StreamChange::of(b"g", change), limits);
            }
            Step::Pin => {}
        }
    }

    fn add(&mut self, above: u64, fields: usize, size: usize, limits: &Limits) {
        let last = self.stream.last();
        let id = match above {
            0 => last.next().expect("there is room"),
            above => Id::new(last.milliseconds() + above, u64::MAX - above),
        };
        let value = |field: usize| match size {
            0 => format!("{}", field * self.model.ids.len()),
            size => "x".repeat(size * 9 + field),
        };
        let fields =
            (0..fields).flat_map(|field| [format!("field-{}", field + size / 2), value(field)]);
        let fields: Fields = fields.map(String::into_bytes).collect();
        let parts: Vec<_> = fields.iter().map(Vec::as_slice).collect();
        let added = StreamChange::Add {
            id,
            fields: parts.into(),
        };
        self.change(&added, limits);
        self.model.ids.push(id);
        self.model.entries.insert(id, fields);
    }

    fn trim(&mut self, left: Left, is_rough: bool, limits: &Limits) {
        let trim = Trim {
            left,
            is_rough,
            most: None,
        };
        let count = trim.count(&self.stream);
        let entries = &mut self.model.entries;
        let most = match left {
            Left::Entries(left) => entries.len().saturating_sub(left as usize),
            Left::From(id) => entries.range(..id).count(),
        };
        if is_rough {
            let kept = most - count as usize;
            assert!(kept < limits.stream_node_entries, "{kept} more are left");
        } else {
            assert_eq!(count as usize, most);
        }
        (0..count).for_each(|_| drop(entries.pop_first()));
        self.change(&StreamChange::Trim { count }, limits);
    }

    fn deliver(&mut self, to: u8, at: &[usize], count: i64, limits: &Limits) {
        let consumer: &[u8] = &[to];
        let ids = self.chosen(at);
        let delivered: Vec<_> = ids.iter().map(|id| (*id, count)).collect();
        if delivered.is_empty() {
            return;
        }
        for id in ids {
            let pending = (consumer.to_vec(), self.now, count);
            self.model.pending.insert(id, pending);
        }
        self.model.consumers.insert(consumer.to_vec());
        let change = GroupChange::Deliver {
            consumer,
            at: self.now,
            entries: Cow::Borrowed(&delivered),
        };
        self.change(&StreamChange::of(b"g", change), limits);
    }

    fn check(&self) {
        assert_eq!(self.stream.parts(), self.replica.parts());
        for stream in [&self.stream, &self.replica] {
            self.check_entries(stream);
            self.check_group(stream);
        }
    }

    fn check_entries(&self, stream: &Contents) {
        let (entries, model) = (stream.entries(), &self.model.entries);
        entries.invariants();
        let shown = |entry: super::node::Entry<'_>| {
            let fields = entry.fields().flat_map(|(field, value)| [field, value]);
            (entry.id, fields.map(<[u8]>::to_vec).collect::<Fields>())
        };
        let expected: Vec<_> = model.clone().into_iter().collect();
        let forwards: Vec<_> = entries.range(Id::MIN, Id::MAX).map(shown).collect();
        assert_eq!(forwards, expected);
        let mut backwards: Vec<_> = entries.backwards(Id::MIN, Id::MAX).map(shown).collect();
        backwards.reverse();
        assert_eq!(backwards, expected);
        assert_eq!(stream.len() as usize, model.len());
        let first = model.keys().next().copied();
        assert_eq!(stream.first(), first.unwrap_or_default());
        assert_eq!(entries.first(), first);
        assert_eq!(entries.last(), model.keys().next_back().copied());
        for pair in self.model.ids.windows(9).step_by(5) {
            let (start, end) = (pair[0], pair[8].previous().expect("it is not the least"));
            assert_eq!(
                entries.get(start).map(shown).map(|it| it.1),
                model.get(&start).cloned()
            );
            let within: Vec<_> = model.range(start..=end).map(|(id, _)| *id).collect();
            let found: Vec<_> = entries.range(start, end).map(|it| it.id).collect();
            assert_eq!(found, within);
            let mut found: Vec<_> = entries.backwards(start, end).map(|it| it.id).collect();
            found.reverse();
            assert_eq!(found, within);
        }
    }

    fn check_group(&self, stream: &Contents) {
        let Some(group) = stream.group(b"g") else {
            assert!(self.model.pending.is_empty());
            return;
        };
        group.invariants();
        let pending = group.pending_from(Id::MIN);
        let pending = pending.map(|it| (it.id, (it.consumer.to_vec(), it.at, it.count)));
        let pending: BTreeMap<_, _> = pending.collect();
        assert_eq!(pending, self.model.pending);
        let consumers = group.consumers().map(|it| it.name.to_vec());
        assert_eq!(consumers.collect::<BTreeSet<_>>(), self.model.consumers);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn behaves_as_maps_of_entries_and_of_what_is_pending(
        steps in proptest::collection::vec(step(), 1..400),
        (entries, bytes) in prop_oneof![Just((100, 4096)), Just((4, 4096)), Just((1000, 200)), Just((3, 1))],
    ) {
        let limits = Limits {
            stream_node_entries: entries,
            stream_node_bytes: bytes,
            ..Limits::default()
        };
        let mut pair = Pair::default();
        let mut pinned = Vec::new();
        for step in &steps {
            pair.step(step, &limits);
            if matches!(step, Step::Pin) {
                pinned.push(pair.clone());
            }
        }
        pair.check();
        pinned.iter().for_each(Pair::check);
    }
}

/// As redis-server 7.0 shows `radix-tree-keys` of the same.
#[test]
fn nodes_hold_what_nodes_of_redis_hold() {
    for (value, entries, nodes) in [("x", 100, 1), ("x", 101, 2), (&"x".repeat(300), 100, 8)] {
        let mut stream = Contents::default();
        for number in 1..=entries {
            let fields: [&[u8]; 2] = [b"f", value.as_bytes()];
            stream.add(Id::new(number, 0), &fields, &Limits::default());
        }
        assert_eq!(
            stream.entries().node_count(),
            nodes,
            "{entries} of {}",
            value.len()
        );
    }
}
