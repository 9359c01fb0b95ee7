//! Watches, one story each. The random runs of `behaves_as_model` cover their combinations.

mod script;

use synod_kv::{
    Command, Event, EventKind, Hub, KeyRange, Put, WatchBatch, WatchId, WatchSpec, WatchState,
};

use script::Script;

struct Watching {
    script: Script,
    hub: Hub,
}

impl Watching {
    fn new() -> Self {
        let script = Script::new();
        let hub = Hub::new(&script.store);
        Self { script, hub }
    }

    /// Applies lines, and lets the hub look.
    fn run(&mut self, lines: &str) {
        self.script.run(lines);
        self.hub.applied(&self.script.store);
        self.hub.invariants();
    }

    fn watch(&mut self, start_revision: i64) -> WatchId {
        self.hub.create(
            &self.script.store,
            WatchSpec::new(KeyRange::all(), start_revision),
        )
    }

    fn next(&mut self, id: WatchId, bytes_max: usize) -> WatchBatch {
        self.hub.next(&self.script.store, id, bytes_max)
    }

    /// What the next batch shows.
    fn shows(&mut self, id: WatchId) -> (String, WatchState) {
        let batch = self.next(id, usize::MAX);
        (
            batch.events.iter().map(show).collect::<Vec<_>>().join(" "),
            batch.state,
        )
    }
}

fn show(event: &Event) -> String {
    let (key, value) = (
        event.kv.key_ref().escape_ascii(),
        event.kv.value_ref().escape_ascii(),
    );
    let was = event.prev_kv.as_ref().map_or(String::new(), |kv| {
        format!("({})", kv.value_ref().escape_ascii())
    });
    match event.kind {
        EventKind::Put => format!("{key}={value}{was}@{}", event.kv.mod_revision()),
        EventKind::Delete => format!("-{key}{was}@{}", event.kv.mod_revision()),
    }
}

const SYNCED: WatchState = WatchState::Synced;

#[test]
fn the_past_then_the_present() {
    let mut watching = Watching::new();
    watching.run("put a 1\nput b 2\ndel a");
    let all = watching.watch(1);
    let late = watching.watch(3);
    let now = watching.watch(0);
    assert_eq!(watching.shows(all), ("a=1@2 b=2@3 -a@4".into(), SYNCED));
    assert_eq!(watching.shows(late), ("b=2@3 -a@4".into(), SYNCED));
    assert_eq!(watching.shows(now), (String::new(), SYNCED));
    watching.run("put a 3");
    for id in [all, late, now] {
        assert_eq!(watching.shows(id), ("a=3@5".into(), SYNCED));
        assert_eq!(watching.hub.progress(id), Some(5));
    }
}

#[test]
fn a_start_in_the_future_waits() {
    let mut watching = Watching::new();
    watching.run("put a 1");
    let id = watching.watch(5);
    assert_eq!(
        watching.hub.progress(id),
        None,
        "revision 2 is not what it asked for"
    );
    watching.run("put a 2\nput a 3");
    assert_eq!(watching.shows(id), (String::new(), SYNCED));
    watching.run("put a 4\nput a 5");
    assert_eq!(watching.shows(id), ("a=4@5 a=5@6".into(), SYNCED));
}

#[test]
fn what_is_compacted_is_kept_a_little_for_slow_watches() {
    let mut watching = Watching::new();
    let slow = watching.watch(0);
    watching.run("put a 1\nput a 2");
    watching.run("compact 3\nput a 3");
    watching.run("compact 4\nput a 4");
    let refused = watching.watch(3);
    let compacted = (
        String::new(),
        WatchState::Compacted {
            compact_revision: 4,
        },
    );
    assert_eq!(watching.shows(refused), compacted);
    assert_eq!(watching.shows(refused), (String::new(), WatchState::Gone));
    let oldest = watching.watch(4);
    assert_eq!(watching.shows(oldest), ("a=3@4 a=4@5".into(), SYNCED));
    assert_eq!(
        watching.shows(slow),
        ("a=1@2 a=2@3 a=3@4 a=4@5".into(), SYNCED)
    );
}

#[test]
fn a_watch_that_is_too_slow_is_cancelled() {
    let mut watching = Watching::new();
    let slow = watching.watch(0);
    let prompt = watching.watch(0);
    let mut seen = 0;
    for _ in 0..40 {
        for _ in 0..500 {
            let put = Put {
                key: "a".into(),
                ..Put::default()
            };
            watching.script.apply(Command::Put(put)).expect("put");
        }
        let revision = watching.script.store.revision();
        watching
            .script
            .apply(Command::Compact { revision })
            .expect("compacted");
        watching.hub.applied(&watching.script.store);
        seen += watching.next(prompt, usize::MAX).events.len();
    }
    assert_eq!(seen, 20_000);
    let compact_revision = watching.script.store.compact_revision();
    assert_eq!(
        watching.shows(slow),
        (String::new(), WatchState::Compacted { compact_revision })
    );
    watching.script.store.invariants_deep();
}

#[test]
fn what_is_compacted_before_the_hub_looked_is_not_lost() {
    let mut watching = Watching::new();
    let id = watching.watch(0);
    watching.run("put a 1\nput a 2\ndel a\ncompact 4\nput b 1\nput b 2\nreclaim");
    assert_eq!(
        watching.shows(id),
        ("a=1@2 a=2@3 -a@4 b=1@5 b=2@6".into(), SYNCED)
    );
}

#[test]
fn a_revision_is_whole_unless_fragments_are_allowed() {
    let mut watching = Watching::new();
    let whole = watching.watch(0);
    let spec = WatchSpec {
        fragment: true,
        ..WatchSpec::new(KeyRange::all(), 0)
    };
    let parts = watching.hub.create(&watching.script.store, spec);
    watching.run("put a 1\nput b 2\nput c 3\ndel a z\nput d 4");
    let sizes = |watching: &mut Watching, id| {
        let mut sizes = Vec::new();
        loop {
            let batch = watching.next(id, 1);
            sizes.push((batch.events.len(), batch.fragment, batch.revision));
            if batch.state == SYNCED {
                return sizes;
            }
        }
    };
    let expected = [
        (1, false, 2),
        (1, false, 3),
        (1, false, 4),
        (3, false, 5),
        (1, false, 6),
    ];
    assert_eq!(sizes(&mut watching, whole), expected);
    let expected = [
        (1, false, 2),
        (1, false, 3),
        (1, false, 4),
        (1, true, 4),
        (1, true, 4),
        (1, false, 5),
        (1, false, 6),
    ];
    assert_eq!(sizes(&mut watching, parts), expected);
}

#[test]
fn filters_and_previous_values() {
    let mut watching = Watching::new();
    let spec = WatchSpec {
        prev_kv: true,
        ..WatchSpec::new(KeyRange::prefix("a".into()), 1)
    };
    let puts = watching.hub.create(
        &watching.script.store,
        WatchSpec {
            no_delete: true,
            ..spec.clone()
        },
    );
    let deletes = watching.hub.create(
        &watching.script.store,
        WatchSpec {
            no_put: true,
            ..spec
        },
    );
    watching.run("put a 1\nput a 2\nput b 1\ndel a\nput ab 3");
    assert_eq!(
        watching.shows(puts),
        ("a=1@2 a=2(1)@3 ab=3@6".into(), SYNCED)
    );
    assert_eq!(watching.shows(deletes), ("-a(2)@5".into(), SYNCED));
}
