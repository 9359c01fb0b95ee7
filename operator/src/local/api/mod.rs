//! An embedded Kubernetes API: a tower service that serves typed objects from memory or from a journal.
//!
//! It is what `synod local` runs the operator against, and what the operator's tests and simulation stand on; so its
//! semantics are the API server's wherever a controller can tell: versions, watches, preconditions, field ownership,
//! finalizers, owners, subresources, validation. It promises: a write that was answered survives a crash (with a
//! journal); every write is atomic; watches tell every change once and in order, or say `Expired`.
//!
//! It knows nothing of Synod's kinds (they come as CustomResourceDefinitions), of processes, or of who runs it; it has
//! no users and no admission beyond validation. Time and uids come from an [`Environment`], so a simulation can own
//! them.

mod built_in;
mod collector;
mod delete;
mod discovery;
mod duplicates;
mod events;
mod expiry;
mod journal;
mod listener;
mod managed;
pub(crate) mod names;
pub(crate) mod object;
mod open_api;
mod patch;
mod protobuf;
mod read;
mod refusal;
mod resource;
mod route;
mod scale;
pub(crate) mod schema;
mod selector;
mod service;
mod store;
mod table;
mod watch;
mod write;

pub use journal::JournalError;
pub use listener::{Access, ListenError, Listener};
pub use refusal::{Cause, Refusal};
pub use resource::Resource;
pub use service::ApiBody;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{Key, Store};

/// Time and chance, handed in.
pub trait Environment: Send + Sync {
    /// Wall-clock time.
    fn now(&self) -> jiff::Timestamp;
    /// A new UUID.
    fn uid(&self) -> uuid::Uuid;
}

/// The machine's own clock and entropy.
#[derive(Debug, Clone, Copy, Default)]
pub struct Real;

impl Environment for Real {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn uid(&self) -> uuid::Uuid {
        uuid::Uuid::new_v4()
    }
}

/// How an API is set up.
#[derive(Clone)]
pub struct Settings {
    /// The journal; none for an API that forgets.
    pub journal: Option<PathBuf>,
    /// How many changes watches can look back.
    pub history_changes_max: usize,
    /// How often a watch that asked for bookmarks gets one.
    pub bookmark_every: Duration,
    /// Time and chance.
    pub environment: Arc<dyn Environment>,
}

impl Settings {
    /// In memory only.
    pub fn volatile() -> Self {
        Self {
            journal: None,
            history_changes_max: 10_000,
            bookmark_every: Duration::from_secs(30),
            environment: Arc::new(Real),
        }
    }

    /// With a journal at `path`.
    pub fn durable(path: &Path) -> Self {
        Self {
            journal: Some(path.to_owned()),
            ..Self::volatile()
        }
    }
}

/// The embedded API; clones are the same API.
#[derive(Clone)]
pub struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    /// Wakes those who follow changes, in the order in which they began to wait.
    changed: tokio::sync::Notify,
    settings: Settings,
}

/// Objects and their types.
struct State {
    store: Store,
    types: Types,
}

/// The served types by (group, version, plural).
type Types = BTreeMap<(String, String, String), Arc<Resource>>;

impl Api {
    /// Opens the API; with a journal, everything answered before is there.
    pub fn open(settings: Settings) -> Result<Self, JournalError> {
        let store = match &settings.journal {
            Some(path) => Store::open(path, settings.history_changes_max)?,
            None => Store::volatile(settings.history_changes_max),
        };
        let types = types_of(&store);
        let api = Self {
            inner: Arc::new(Inner {
                state: Mutex::new(State { store, types }),
                changed: tokio::sync::Notify::new(),
                settings,
            }),
        };
        api.make_namespaces()?;
        Ok(api)
    }

    /// A client of this API, in process, with all rights. Must be called inside a tokio runtime.
    pub fn client(&self, namespace: &str) -> kube::Client {
        let api = self.clone();
        let service = tower::service_fn(move |request: http::Request<kube::client::Body>| {
            let api = api.clone();
            async move { Ok::<_, std::convert::Infallible>(api.handle(request).await) }
        });
        kube::Client::new(service, namespace)
    }

    /// The revision of the newest change: it moves with every write that changes something.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.state().store.revision()
    }

    /// The objects of a type as they are stored, by namespace and name, for who runs in the same process. Types of other
    /// groups than the core are named as `consensusgroups.synod.dev`.
    #[must_use]
    pub fn objects(&self, resource: &str) -> Vec<Arc<Value>> {
        let state = self.state();
        let all = state.store.of(resource, "");
        all.map(|(_, object)| Arc::clone(object)).collect()
    }

    /// One object as it is stored.
    #[must_use]
    pub fn object(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let key = Key {
            resource: resource.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        self.state().store.get(&key).cloned()
    }

    /// The namespaces that every cluster has.
    fn make_namespaces(&self) -> Result<(), JournalError> {
        let mut state = self.state();
        for name in ["default", "kube-system"] {
            let key = Key {
                resource: "namespaces".to_owned(),
                namespace: String::new(),
                name: name.to_owned(),
            };
            if state.store.get(&key).is_none() {
                let namespace = json!({
                    "apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": name, "uid": self.inner.settings.environment.uid().to_string(),
                        "creationTimestamp": self.now_text(), "labels": {"kubernetes.io/metadata.name": name}},
                    "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
                });
                state.store.put(key, namespace)?;
            }
        }
        self.announce();
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is a broken invariant, but no write is ever half done: the store stays usable.
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells watches that something changed.
    fn announce(&self) {
        self.inner.changed.notify_waiters();
    }

    fn now_text(&self) -> String {
        time_text(self.inner.settings.environment.now())
    }
}

/// A time as objects carry it: RFC 3339, whole seconds, UTC.
fn time_text(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn types_of(store: &Store) -> Types {
    let custom = store
        .of("customresourcedefinitions.apiextensions.k8s.io", "")
        .flat_map(|(_, definition)| resource::from_definition(definition));
    let all = resource::built_in().into_iter().chain(custom);
    all.map(|resource| {
        let key = (
            resource.group.clone(),
            resource.version.clone(),
            resource.plural.clone(),
        );
        (key, Arc::new(resource))
    })
    .collect()
}

impl State {
    fn resource(&self, group: &str, version: &str, plural: &str) -> Result<Arc<Resource>, Refusal> {
        let key = (group.to_owned(), version.to_owned(), plural.to_owned());
        self.types.get(&key).cloned().ok_or_else(Refusal::unrouted)
    }

    fn put(&mut self, key: Key, object: Value) -> Result<Arc<Value>, Refusal> {
        let defines = key.resource.starts_with("customresourcedefinitions.");
        let stored = self.store.put(key, object).map_err(Refusal::internal)?;
        if defines {
            self.types = types_of(&self.store);
        }
        Ok(stored)
    }

    fn remove(&mut self, key: Key) -> Result<(), Refusal> {
        let defines = key.resource.starts_with("customresourcedefinitions.");
        self.store.remove(key).map_err(Refusal::internal)?;
        if defines {
            self.types = types_of(&self.store);
        }
        Ok(())
    }
}
