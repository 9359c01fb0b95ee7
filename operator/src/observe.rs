//! The only place that reads the API: a cache fed by watches, and what of it belongs to one object.
//!
//! The cache may be behind the API at any time; nothing that rests on it is trusted without a precondition. It promises
//! that a reconcile begins only after every watch has delivered its first full list, so "there is none" is never said
//! out of ignorance. It knows nothing of what the objects mean.

mod definition;
mod feeds;
mod nodes;
mod packed;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::core::{DynamicObject, ObjectMeta};
use kube::runtime::watcher::Event;
use synod_agent_api::ClusterUid;

use crate::agents::AgentSeen;
use crate::authority::{Authority, Lag, Phase};
use crate::child::{Child, ChildKind};
use crate::names::{Key, LABEL_KIND, LABEL_NAME};
use crate::settings::Settings;

pub(crate) use feeds::{feeds, node_feed};
use nodes::Nodes;
pub use nodes::{NodeSeen, NodesSeen};
pub(crate) use packed::Packed;
use packed::PackedChild;

/// Everything that a plan may rest on.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Which object.
    pub key: Key,
    /// The object.
    pub object: Arc<DynamicObject>,
    /// What carries the object's labels, its own and what an earlier object of the same name left; stripped
    /// ([`Child::strip`]).
    pub children: Vec<Arc<Child>>,
    /// What agents last told, by member number; none of those that do not answer.
    pub agents: BTreeMap<u64, AgentSeen>,
    /// The newest configuration that a call for this object was answered with; what is older is outdated.
    pub floor: Option<Floor>,
    /// The namespace's certificate authority, if there is one.
    pub authority: Option<Arc<Authority>>,
    /// Other objects of the namespace whose certificates have not followed the authority, while it is being replaced.
    pub behind: BTreeMap<String, Lag>,
    /// The cluster's nodes, where the operator may list them.
    pub nodes: Option<Arc<NodesSeen>>,
    /// The operator's settings.
    pub settings: Arc<Settings>,
    /// The time of the observation.
    pub now: Timestamp,
    /// What went wrong when the last plan for this object was carried out.
    pub failure: Option<Failure>,
}

/// A configuration that is known to be in force, or a newer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// The cluster whose configuration it is.
    pub cluster: ClusterUid,
    /// Its id.
    pub id: u64,
}

impl Floor {
    /// This one, unless a newer one of the same cluster was known.
    #[must_use]
    pub fn or(self, known: Option<Self>) -> Self {
        known
            .filter(|known| known.cluster == self.cluster && known.id > self.id)
            .unwrap_or(self)
    }
}

/// Why a plan was not carried out to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// One of [`crate::reasons`].
    pub reason: &'static str,
    /// For people.
    pub message: String,
}

/// What a watch delivers.
#[derive(Clone, Debug)]
pub enum Item {
    /// An object of one of our kinds.
    Object(Box<DynamicObject>),
    /// Something that belongs to one.
    Child(Child),
    /// A namespace's certificate authority.
    Authority(Box<Secret>),
}

impl Item {
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        match self {
            Self::Object(object) => &mut object.metadata,
            Self::Child(child) => child.meta_mut(),
            Self::Authority(secret) => &mut secret.metadata,
        }
    }
}

/// Namespace and name.
type Place = (String, String);

/// The state of one watch.
#[derive(Debug, Default)]
struct Feed {
    /// Delivered its first full list.
    synced: bool,
    /// While a list is being delivered: what it had so far.
    listing: Option<HashSet<Place>>,
    /// What it delivered, and to which object that belongs.
    places: BTreeMap<Place, (Key, Option<ChildKind>)>,
}

/// What is known of the API.
#[derive(Debug, Default)]
pub struct Cache {
    feeds: Vec<Feed>,
    objects: BTreeMap<Key, Packed<DynamicObject>>,
    children: HashMap<Key, BTreeMap<(ChildKind, String), PackedChild>>,
    authorities: HashMap<String, Arc<Secret>>,
    nodes: Nodes,
}

impl Cache {
    /// An empty cache that is filled by `feeds` watches, numbered from 0.
    #[must_use]
    pub fn new(feeds: usize) -> Self {
        Self {
            feeds: (0..feeds).map(|_| Feed::default()).collect(),
            ..Self::default()
        }
    }

    /// Whether every watch has delivered its first full list.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.feeds.iter().all(|feed| feed.synced)
    }

    /// Takes in what watch number `feed` delivered and tells which objects that touches.
    pub fn take_in(&mut self, feed: usize, event: Event<Item>) -> Vec<Key> {
        match event {
            Event::Init => {
                self.feeds[feed].listing = Some(HashSet::new());
                Vec::new()
            }
            Event::InitApply(item) | Event::Apply(item) => self.put(feed, item),
            Event::Delete(mut item) => {
                let place = place(item.meta_mut());
                self.remove(feed, &place)
            }
            Event::InitDone => self.listed(feed),
        }
    }

    /// All nodes, where they may be listed and were.
    #[must_use]
    pub fn nodes(&self) -> Option<Arc<NodesSeen>> {
        self.nodes.known()
    }

    /// Takes in what the watch of nodes delivered and tells which objects that touches. Nothing waits for its first list.
    pub fn take_in_node(&mut self, event: Event<(String, NodeSeen)>) -> Vec<Key> {
        match self.nodes.take_in(event) {
            true => self.objects.keys().cloned().collect(),
            false => Vec::new(),
        }
    }

    /// All objects of our kinds.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.objects.keys()
    }

    /// The object itself.
    #[must_use]
    pub fn object(&self, key: &Key) -> Option<Arc<DynamicObject>> {
        self.objects
            .get(key)
            .map(|packed| Arc::new(packed.unpack()))
    }

    /// What carries the labels of an object, stripped, in the order of kind and name.
    #[must_use]
    pub fn children(&self, key: &Key) -> Vec<Arc<Child>> {
        let all = self.children.get(key).into_iter();
        all.flat_map(BTreeMap::values)
            .map(PackedChild::unpack)
            .collect()
    }

    /// The certificate authority of a namespace.
    #[must_use]
    pub fn authority(&self, namespace: &str) -> Option<Arc<Secret>> {
        self.authorities.get(namespace).cloned()
    }

    /// Which other objects of the namespace of `key` hold a rotation of `authority` up, by kind and name; nobody, if there
    /// is no rotation.
    #[must_use]
    pub fn behind(
        &self,
        key: &Key,
        authority: &Authority,
        now: Timestamp,
    ) -> BTreeMap<String, Lag> {
        let worst = |children: &BTreeMap<(ChildKind, String), PackedChild>| {
            let secrets = children
                .iter()
                .filter(|((kind, _), _)| *kind == ChildKind::Secret);
            let lags = secrets.filter_map(|(_, packed)| match &*packed.unpack() {
                Child::Secret(secret) => authority.lag(secret, now),
                _ => None,
            });
            lags.max()
        };
        let others = self.children.iter().filter(|(other, _)| {
            let rotates = authority.phase() != Phase::Settled;
            rotates && other.namespace == key.namespace && *other != key
        });
        others
            .filter_map(|(other, children)| {
                let shown = format!("{} {}", other.kind, other.name);
                Some((shown, worst(children)?))
            })
            .collect()
    }

    fn put(&mut self, feed: usize, mut item: Item) -> Vec<Key> {
        let meta = item.meta_mut();
        // The largest part of most objects, and of no use here.
        meta.managed_fields = None;
        let place = place(meta);
        if let Some(listing) = &mut self.feeds[feed].listing {
            listing.insert(place.clone());
        }
        let (key, kind) = match &item {
            Item::Object(object) => (key_of_object(object), None),
            Item::Child(child) => match key_of_child(child.meta()) {
                Some(key) => (key, Some(child.kind())),
                // It lost its labels: it is nobody's now.
                None => return self.remove(feed, &place),
            },
            Item::Authority(_) => (
                Key {
                    kind: String::new(),
                    namespace: place.0.clone(),
                    name: String::new(),
                },
                None,
            ),
        };
        let mut touched = Vec::new();
        let before = self.feeds[feed].places.get(&place).cloned();
        if before.is_some_and(|(before, _)| before != key) {
            touched = self.remove(feed, &place);
        }
        self.feeds[feed]
            .places
            .insert(place.clone(), (key.clone(), kind));
        match item {
            Item::Object(object) => {
                self.objects.insert(key.clone(), Packed::of(&*object));
            }
            Item::Child(child) => {
                let name = (child.kind(), child.name().to_owned());
                self.children
                    .entry(key.clone())
                    .or_default()
                    .insert(name, PackedChild::of(child));
            }
            Item::Authority(secret) => {
                self.authorities.insert(place.0.clone(), Arc::from(secret));
                touched.extend(self.of_namespace(&place.0));
                return touched;
            }
        }
        touched.push(key);
        touched
    }

    fn remove(&mut self, feed: usize, place: &Place) -> Vec<Key> {
        let Some((key, kind)) = self.feeds[feed].places.remove(place) else {
            return Vec::new();
        };
        if let Some(kind) = kind {
            if let Some(children) = self.children.get_mut(&key) {
                children.remove(&(kind, place.1.clone()));
                if children.is_empty() {
                    self.children.remove(&key);
                }
            }
        } else if key.kind.is_empty() {
            self.authorities.remove(&place.0);
            return self.of_namespace(&place.0);
        } else {
            self.objects.remove(&key);
        }
        vec![key]
    }

    /// A full list ended: what it did not have is gone.
    fn listed(&mut self, feed: usize) -> Vec<Key> {
        let state = &mut self.feeds[feed];
        let first = !state.synced;
        state.synced = true;
        let listed = state.listing.take().unwrap_or_default();
        let gone: Vec<Place> = state
            .places
            .keys()
            .filter(|place| !listed.contains(*place))
            .cloned()
            .collect();
        let mut touched: Vec<Key> = gone
            .iter()
            .flat_map(|place| self.remove(feed, place))
            .collect();
        if first && self.is_synced() {
            touched.extend(self.objects.keys().cloned());
        }
        touched
    }

    fn of_namespace(&self, namespace: &str) -> Vec<Key> {
        self.objects
            .keys()
            .filter(|key| key.namespace == namespace)
            .cloned()
            .collect()
    }
}

fn place(meta: &ObjectMeta) -> Place {
    (
        meta.namespace.clone().unwrap_or_default(),
        meta.name.clone().unwrap_or_default(),
    )
}

fn key_of_object(object: &DynamicObject) -> Key {
    let (namespace, name) = place(&object.metadata);
    let kind = object
        .types
        .as_ref()
        .map(|types| types.kind.clone())
        .unwrap_or_default();
    Key {
        kind,
        namespace,
        name,
    }
}

fn key_of_child(meta: &ObjectMeta) -> Option<Key> {
    let labels = meta.labels.as_ref()?;
    Some(Key {
        kind: labels.get(LABEL_KIND)?.clone(),
        namespace: meta.namespace.clone().unwrap_or_default(),
        name: labels.get(LABEL_NAME)?.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::Pod;

    fn pod(name: &str, owner: Option<&str>) -> Item {
        let mut pod = Pod::default();
        pod.metadata.namespace = Some("ns".into());
        pod.metadata.name = Some(name.into());
        pod.metadata.labels = owner.map(|owner| {
            [
                (LABEL_KIND.to_owned(), "ConsensusGroup".to_owned()),
                (LABEL_NAME.to_owned(), owner.to_owned()),
            ]
            .into()
        });
        Item::Child(pod.into())
    }

    fn key(name: &str) -> Key {
        Key {
            kind: "ConsensusGroup".into(),
            namespace: "ns".into(),
            name: name.into(),
        }
    }

    fn names(cache: &Cache, owner: &str) -> Vec<String> {
        cache
            .children(&key(owner))
            .iter()
            .map(|c| c.name().to_owned())
            .collect()
    }

    #[test]
    fn a_list_replaces_what_was_known() {
        let mut cache = Cache::new(2);
        for feed in 0..2 {
            cache.take_in(feed, Event::Init);
        }
        cache.take_in(0, Event::InitApply(pod("a", Some("x"))));
        cache.take_in(0, Event::InitApply(pod("b", Some("x"))));
        assert!(!cache.is_synced());
        cache.take_in(0, Event::InitDone);
        assert!(!cache.is_synced());
        cache.take_in(1, Event::InitDone);
        assert!(cache.is_synced());
        assert_eq!(names(&cache, "x"), ["a", "b"]);
        cache.take_in(0, Event::Init);
        cache.take_in(0, Event::InitApply(pod("b", Some("x"))));
        assert_eq!(
            names(&cache, "x"),
            ["a", "b"],
            "nothing is forgotten before the list ended"
        );
        assert_eq!(cache.take_in(0, Event::InitDone), [key("x")]);
        assert_eq!(names(&cache, "x"), ["b"]);
    }

    #[test]
    fn a_child_follows_its_labels() {
        let mut cache = Cache::new(1);
        cache.take_in(0, Event::Apply(pod("a", Some("x"))));
        assert_eq!(
            cache.take_in(0, Event::Apply(pod("a", Some("y")))),
            [key("x"), key("y")]
        );
        assert_eq!((names(&cache, "x").len(), names(&cache, "y").len()), (0, 1));
        assert_eq!(cache.take_in(0, Event::Apply(pod("a", None))), [key("y")]);
        assert_eq!(names(&cache, "y").len(), 0);
        assert!(cache.take_in(0, Event::Delete(pod("a", None))).is_empty());
    }
}
