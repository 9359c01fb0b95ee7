//! The one generic loop: observe, plan, act, report.
//!
//! One task owns the cache, the agents' answers and the queue; looking at an object is a task of its own, which gets a
//! copy of what was observed. Nothing is remembered between two looks but the last failure, for the status, and the
//! newest configuration id, as a guard against old answers; both may be lost.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::SelectAll;
use jiff::Timestamp;
use kube::Client;
use kube::core::ApiResource;
use kube::runtime::watcher::{self, Event};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::act::{ActError, Actor, Context, authority_texts};
use crate::agents::{Agents, Reach, Target};
use crate::certificates::digest;
use crate::kinds::Kind;
use crate::metrics::Metrics;
use crate::names::Key;
use crate::observe::{Cache, Failure, Item, Observed, feeds};
use crate::queue::{Ended, Queue};
use crate::reasons;
use crate::settings::Settings;

/// While something is being done, look again after this time even if no event comes.
const BACKSTOP: Duration = Duration::from_secs(5);

/// What the loop waits for.
enum Happened {
    /// A watch delivered something.
    Fed(usize, watcher::Result<Event<Item>>),
    /// An agent of this object told something.
    Heard(Key),
    /// A look at an object ended.
    Looked(Box<Look>),
    /// Somebody's time has come.
    Due,
    /// Stop.
    Stop,
}

/// How a look at an object ended.
struct Look {
    key: Key,
    targets: Option<Vec<Target>>,
    ended: Ended,
    failure: Option<Failure>,
    /// uid of the object, and the newest configuration its calls led to.
    floor: Option<(String, u64)>,
}

/// The loop and all that it owns.
pub struct Controller {
    kinds: HashMap<String, (ApiResource, Arc<dyn Kind>)>,
    settings: Arc<Settings>,
    client: Client,
    reach: Arc<dyn Reach>,
    cache: Cache,
    agents: Agents,
    queue: Queue,
    failures: HashMap<Key, Failure>,
    floors: HashMap<Key, (String, u64)>,
    metrics: Arc<Metrics>,
    synced: Arc<AtomicBool>,
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
            metrics,
            synced: Arc::new(AtomicBool::new(false)),
        }
    }

    /// Becomes true when every watch has delivered its first list.
    #[must_use]
    pub fn synced(&self) -> Arc<AtomicBool> {
        self.synced.clone()
    }

    /// Runs until `shutdown`; waits for the looks under way, so that no call is cut off in the middle.
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
        let mut looks = JoinSet::new();
        loop {
            let due = self.queue.next_due().filter(|_| self.cache.is_synced());
            let happened = tokio::select! {
                () = shutdown.cancelled() => Happened::Stop,
                Some((number, event)) = feeds.next() => Happened::Fed(number, event),
                key = self.agents.next() => Happened::Heard(key),
                Some(look) = looks.join_next() => match look {
                    Ok(look) => Happened::Looked(Box::new(look)),
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
                () = sleep_until(due) => Happened::Due,
            };
            if matches!(happened, Happened::Stop) {
                break;
            }
            self.take_in(happened);
            self.begin_looks(&mut looks);
        }
        while looks.join_next().await.is_some() {}
    }

    fn take_in(&mut self, happened: Happened) {
        let now = Instant::now();
        match happened {
            Happened::Fed(number, Ok(event)) => {
                for key in self.cache.take_in(number, event) {
                    self.queue.touch(key, now);
                }
            }
            // The watch begins anew by itself, after a pause.
            Happened::Fed(_, Err(error)) => tracing::warn!(%error, "a watch failed"),
            Happened::Heard(key) => self.queue.touch(key, now),
            Happened::Looked(look) => self.looked(*look, now),
            Happened::Due | Happened::Stop => {}
        }
    }

    fn looked(&mut self, look: Look, now: Instant) {
        if let Some(targets) = look.targets {
            self.agents.follow(&look.key, targets);
        }
        if let Some((uid, id)) = look.floor {
            let before = self.floor(&look.key, &uid);
            self.floors.insert(look.key.clone(), (uid, id.max(before)));
        }
        match look.failure {
            Some(failure) => self.failures.insert(look.key.clone(), failure),
            None => self.failures.remove(&look.key),
        };
        self.queue.ended(&look.key, look.ended, now);
    }

    fn begin_looks(&mut self, looks: &mut JoinSet<Look>) {
        if !self.cache.is_synced() {
            return;
        }
        self.synced.store(true, Ordering::Release);
        let now = Instant::now();
        while let Some(key) = self.queue.take(now) {
            match self.task(&key) {
                Some(task) => {
                    looks.spawn(task.run());
                }
                None => self.forget(&key, now),
            }
        }
        self.metrics.waiting(self.queue.waiting(now));
    }

    /// The object is gone.
    fn forget(&mut self, key: &Key, now: Instant) {
        self.agents.follow(key, Vec::new());
        self.failures.remove(key);
        self.floors.remove(key);
        self.queue.ended(key, Ended::Gone, now);
    }

    fn floor(&self, key: &Key, uid: &str) -> u64 {
        self.floors
            .get(key)
            .filter(|(of, _)| of == uid)
            .map_or(0, |(_, id)| *id)
    }

    /// All that is known of an object, for one look; `None` if there is no such object.
    fn task(&self, key: &Key) -> Option<Task> {
        let object = self.cache.object(key)?;
        let (resource, kind) = self.kinds.get(&key.kind)?.clone();
        let authority = self.cache.authority(&key.namespace);
        let texts = authority
            .as_ref()
            .and_then(|secret| authority_texts(secret));
        if let Some((certificate, private)) = &texts {
            self.reach.trust(&key.namespace, certificate, private);
        }
        let uid = object.metadata.uid.clone().unwrap_or_default();
        let observed = Observed {
            key: key.clone(),
            object,
            children: self.cache.children(key),
            agents: self.agents.seen(key),
            floor: self.floor(key, &uid),
            authority: texts.map(|(certificate, _)| digest(&certificate)),
            settings: self.settings.clone(),
            now: Timestamp::now(),
            failure: self.failures.get(key).cloned(),
        };
        let context = Context {
            key: key.clone(),
            targets: self.agents.targets(key),
            authority,
        };
        let actor = Actor::new(self.client.clone(), self.reach.clone());
        Some(Task {
            observed,
            context,
            actor,
            resource,
            kind,
            heard: self.agents.heard(key),
            uid,
            metrics: self.metrics.clone(),
        })
    }
}

/// One look at one object.
struct Task {
    observed: Observed,
    context: Context,
    actor: Actor,
    resource: ApiResource,
    kind: Arc<dyn Kind>,
    heard: HashSet<Target>,
    uid: String,
    metrics: Arc<Metrics>,
}

impl Task {
    async fn run(self) -> Look {
        let began = Instant::now();
        let mut look = Look {
            key: self.observed.key.clone(),
            targets: None,
            ended: Ended::Failed,
            failure: None,
            floor: None,
        };
        let result = match self.look(&mut look).await {
            Ok(again) => {
                look.ended = Ended::Well(again);
                "ok"
            }
            Err(ActError::Outdated(why)) => {
                tracing::debug!(object = %look.key, why, "looking again");
                look.failure = self.observed.failure.clone();
                "outdated"
            }
            Err(error) => {
                tracing::warn!(object = %look.key, %error, "not done");
                look.failure = Some(failure(&error));
                "failed"
            }
        };
        self.metrics
            .reconciled(&look.key.kind, result, began.elapsed());
        look
    }

    async fn look(&self, look: &mut Look) -> Result<Option<Duration>, ActError> {
        let decision = match self.kind.decide(&self.observed) {
            Ok(decision) => decision,
            Err(error) => {
                // Nothing can be done or told until somebody changes the object.
                tracing::error!(object = %look.key, %error, "ignored");
                return Ok(None);
            }
        };
        let heard = decision
            .targets
            .iter()
            .all(|target| self.heard.contains(target));
        look.targets = Some(decision.targets);
        let mut done = Ok(());
        for action in &decision.actions {
            done = self.act(look, action).await;
            if done.is_err() {
                break;
            }
        }
        // What was seen is told even if something could not be done about it, but not before all agents were asked: a
        // controller that has just started knows of no leader yet.
        let before = self.observed.object.data.get("status");
        if heard && before != Some(&decision.status) {
            self.actor
                .report(&self.resource, &self.observed.object, decision.status)
                .await?;
            self.metrics.acted("status", "ok");
        }
        done?;
        Ok(if decision.actions.is_empty() {
            decision.again
        } else {
            Some(BACKSTOP)
        })
    }

    async fn act(&self, look: &mut Look, action: &crate::action::Action) -> Result<(), ActError> {
        let result = self.actor.act(&self.context, action).await;
        let word = match &result {
            Ok(_) => "ok",
            Err(ActError::Outdated(_)) => "outdated",
            Err(_) => "failed",
        };
        tracing::info!(object = %look.key, %action, result = word, "acted");
        self.metrics.acted(action.word(), word);
        if let Some(id) = result? {
            look.floor = Some((self.uid.clone(), id));
        }
        Ok(())
    }
}

fn failure(error: &ActError) -> Failure {
    let reason = match error {
        ActError::NameConflict { .. } => reasons::NAME_CONFLICT,
        _ => reasons::CALL_FAILED,
    };
    Failure {
        reason,
        message: error.to_string(),
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
