//! The one generic loop: observe, plan, act, report.
//!
//! One task owns the cache, the agents' answers and the queue; looking at an object is a task of its own, which gets a
//! copy of what was observed. Nothing is remembered between two looks but the last failure, for the status, and the
//! newest configuration, as a guard against old answers; both may be lost.

mod look;
mod rival;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use futures::stream::SelectAll;
use jiff::Timestamp;
use kube::Client;
use kube::core::ApiResource;
use kube::runtime::watcher::{self, Event};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::act::{Actor, Context, Herald};
use crate::agents::{Agents, Reach};
use crate::authority::{self, Authority};
use crate::kinds::Kind;
use crate::metrics::Metrics;
use crate::names::Key;
use crate::observe::{Cache, Failure, Floor, Item, NodeSeen, Observed, feeds, node_feed};
use crate::queue::{Ended, Queue};
use crate::settings::Settings;
use look::{Look, Task};
use rival::Written;

/// What time it is. Handed in, so that a simulation can own it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What the loop waits for.
enum Happened {
    /// A watch delivered something.
    Fed(usize, watcher::Result<Event<Item>>),
    /// The watch of nodes delivered something.
    Node(watcher::Result<Event<(String, NodeSeen)>>),
    /// An agent of this object told something.
    Heard(Key),
    /// A look at an object ended.
    Looked(Box<Look>),
    /// Somebody's time has come.
    Due,
    /// Stop.
    Stop,
}

/// The loop and all that it owns.
pub struct Controller {
    kinds: BTreeMap<String, (ApiResource, Arc<dyn Kind>)>,
    settings: Arc<Settings>,
    client: Client,
    reach: Arc<dyn Reach>,
    cache: Cache,
    agents: Agents,
    queue: Queue,
    failures: HashMap<Key, Failure>,
    floors: HashMap<Key, Floor>,
    written: HashMap<Key, Written>,
    metrics: Arc<Metrics>,
    herald: Option<Herald>,
    synced: Arc<AtomicBool>,
    clock: Clock,
}

impl Controller {
    /// A controller that reads and writes through `client`, and asks agents through `reach`.
    #[must_use]
    pub fn new(
        client: Client,
        settings: Settings,
        kinds: Vec<Arc<dyn Kind>>,
        reach: Arc<dyn Reach>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            kinds: kinds
                .into_iter()
                .map(|k| (k.resource().kind.clone(), (k.resource(), k)))
                .collect(),
            queue: Queue::new(settings.reconciles_max),
            settings: Arc::new(settings),
            client,
            agents: Agents::new(reach.clone()),
            reach,
            cache: Cache::default(),
            failures: HashMap::new(),
            floors: HashMap::new(),
            written: HashMap::new(),
            metrics,
            herald: None,
            synced: Arc::new(AtomicBool::new(false)),
            clock: Arc::new(Timestamp::now),
        }
    }

    /// What is done is told as events, too.
    #[must_use]
    pub fn heralded(mut self, herald: Herald) -> Self {
        self.herald = Some(herald);
        self
    }

    /// Takes the time from `clock` instead of the machine's.
    #[must_use]
    pub fn clocked(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Becomes true when every watch has delivered its first list.
    #[must_use]
    pub fn synced(&self) -> Arc<AtomicBool> {
        self.synced.clone()
    }

    /// Runs until `shutdown`; then begins nothing more, neither a look nor an action of a look, and waits for the calls
    /// under way, so that none is cut off in the middle.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let resources: Vec<_> = self
            .kinds
            .values()
            .map(|(resource, _)| resource.clone())
            .collect();
        let feeds = feeds(&self.client, &self.settings.namespaces, &resources);
        self.cache = Cache::new(feeds.len());
        let mut feeds: SelectAll<_> = feeds
            .into_iter()
            .enumerate()
            .map(|(number, feed)| feed.map(move |event| (number, event)).boxed())
            .collect();
        let mut nodes = node_feed(&self.client);
        let mut looks = JoinSet::new();
        loop {
            let due = self.queue.next_due().filter(|_| self.cache.is_synced());
            // In this order, so that equal news are taken in equally: what was begun ends first, and no look begins on what
            // is known to be old.
            let happened = tokio::select! {
                biased;
                () = shutdown.cancelled() => Happened::Stop,
                Some(look) = looks.join_next() => match look {
                    Ok(look) => Happened::Looked(Box::new(look)),
                    // Nobody cancels a look, and a panic in one is its outcome: only its own guard can have failed.
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
                Some((number, event)) = feeds.next() => Happened::Fed(number, event),
                Some(event) = nodes.next() => Happened::Node(event),
                key = self.agents.next() => Happened::Heard(key),
                () = sleep_until(due) => Happened::Due,
            };
            if matches!(happened, Happened::Stop) {
                break;
            }
            self.take_in(happened);
            self.begin_looks(&mut looks, &shutdown);
        }
        while looks.join_next().await.is_some() {}
        self.metrics.stands_still();
    }

    fn take_in(&mut self, happened: Happened) {
        let now = Instant::now().into_std();
        match happened {
            Happened::Fed(number, Ok(event)) => {
                for key in self.cache.take_in(number, event) {
                    self.queue.touch(key, now);
                }
            }
            Happened::Node(Ok(event)) => {
                for key in self.cache.take_in_node(event) {
                    self.queue.touch(key, now);
                }
            }
            // The watch begins anew by itself, after a pause.
            Happened::Fed(_, Err(error)) | Happened::Node(Err(error)) => {
                self.metrics.watch_failed();
                tracing::warn!(%error, "a watch failed; it begins anew");
            }
            Happened::Heard(key) => self.queue.touch(key, now),
            Happened::Looked(look) => self.looked(*look, now),
            Happened::Due | Happened::Stop => {}
        }
    }

    fn looked(&mut self, look: Look, now: std::time::Instant) {
        if let Some(targets) = look.targets {
            self.agents.follow(&look.key, targets);
        }
        if let Some(floor) = look.floor {
            let known = self.floors.get(&look.key).copied();
            self.floors.insert(look.key.clone(), floor.or(known));
        }
        if let Some(written) = look.written {
            self.written.insert(look.key.clone(), written);
        }
        match look.failure {
            Some(failure) => self.failures.insert(look.key.clone(), failure),
            None => self.failures.remove(&look.key),
        };
        self.queue.ended(&look.key, look.ended, now);
    }

    fn begin_looks(&mut self, looks: &mut JoinSet<Look>, stop: &CancellationToken) {
        if !self.cache.is_synced() {
            return;
        }
        self.synced.store(true, Ordering::Release);
        let now = Instant::now().into_std();
        while let Some(key) = self.queue.take(now) {
            match self.task(&key, stop) {
                Some(task) => {
                    looks.spawn(task.run());
                }
                None => self.forget(&key, now),
            }
        }
        self.metrics.queue(
            self.queue.waiting(now),
            self.queue.oldest(),
            self.queue.running(),
        );
    }

    /// The object is gone.
    fn forget(&mut self, key: &Key, now: std::time::Instant) {
        self.agents.follow(key, Vec::new());
        self.failures.remove(key);
        self.floors.remove(key);
        self.written.remove(key);
        self.metrics.forget(key);
        self.queue.ended(key, Ended::Gone, now);
    }

    /// All that is known of an object, for one look; `None` if there is no such object.
    fn task(&self, key: &Key, stop: &CancellationToken) -> Option<Task> {
        let object = self.cache.object(key)?;
        let (resource, kind) = self.kinds.get(&key.kind)?.clone();
        let secret = self.cache.authority(&key.namespace);
        let authority = secret.as_deref().and_then(Authority::of);
        let signer = secret.as_deref().and_then(authority::signer);
        if let (Some(authority), Some((_, private))) = (&authority, &signer) {
            self.reach
                .trust(&key.namespace, authority.bundle(), private);
        }
        let now = (self.clock)();
        let behind = authority.as_ref().map(|it| self.cache.behind(key, it, now));
        let observed = Observed {
            key: key.clone(),
            object,
            children: self.cache.children(key),
            agents: self.agents.seen(key),
            floor: self.floors.get(key).copied(),
            behind: behind.unwrap_or_default(),
            authority: authority.map(Arc::new),
            nodes: self.cache.nodes(),
            settings: self.settings.clone(),
            now,
            failure: self.failures.get(key).cloned(),
        };
        let context = Context {
            key: key.clone(),
            resource: resource.clone(),
            uid: observed.object.metadata.uid.clone(),
            targets: self.agents.targets(key),
            authority: secret,
            now,
            stop: stop.clone(),
        };
        let actor = Actor::new(self.client.clone(), self.reach.clone());
        Some(Task {
            observed,
            context,
            actor,
            resource,
            kind,
            heard: self.agents.heard(key),
            written: self.written.get(key).cloned(),
            metrics: self.metrics.clone(),
            herald: self.herald.clone(),
        })
    }
}

async fn sleep_until(due: Option<std::time::Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
