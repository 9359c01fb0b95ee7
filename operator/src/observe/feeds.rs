//! The watches: one for each kind of object and namespace, selected by label, so that memory does not grow with what is
//! not ours.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, Node, PersistentVolumeClaim, Pod, Secret, Service};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::ListParams;
use kube::core::{ApiResource, DynamicObject};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Config, Event, watcher};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;

use super::definition::Definition;
use super::{Item, NodeSeen};
use crate::child::Child;
use crate::mutation::mutated;
use crate::names::{LABEL_AUTHORITY, LABEL_KIND};

/// How often it is tried to list nodes while that is not allowed.
const NODES_AGAIN: Duration = Duration::from_secs(600);

/// What a watch delivers, again and again; after an error it begins anew by itself.
pub(crate) type Feed = BoxStream<'static, watcher::Result<Event<Item>>>;

/// All watches for objects of `kinds` and what belongs to them, in `namespaces` or, if there are none, everywhere.
pub(crate) fn feeds(client: &Client, namespaces: &[String], kinds: &[ApiResource]) -> Vec<Feed> {
    let scopes: Vec<Option<&str>> = if namespaces.is_empty() {
        vec![None]
    } else {
        namespaces.iter().map(|n| Some(n.as_str())).collect()
    };
    let kinds: Vec<_> = kinds.iter().map(Definition::of).collect();
    scopes
        .into_iter()
        .flat_map(|namespace| Scope { client, namespace }.feeds(&kinds))
        .collect()
}

/// The watch of nodes, stripped to what is kept of them. Where the operator may not list nodes it delivers nothing.
pub(crate) fn node_feed(
    client: &Client,
) -> BoxStream<'static, watcher::Result<Event<(String, NodeSeen)>>> {
    let nodes: Api<Node> = Api::all(client.clone());
    futures::stream::once(allowed(nodes.clone()))
        .flat_map(move |()| watcher(nodes.clone(), Config::default()).default_backoff())
        .map(|event| {
            event.map(|event| {
                convert(event, &|node: Node| {
                    let seen = NodeSeen::of(&node);
                    (node.metadata.name.unwrap_or_default(), seen)
                })
            })
        })
        .boxed()
}

/// Objects in a page of a first list. All watches list at once, and a page is there as text and decoded, unstripped.
const PAGE: u32 = 100;

/// Waits until nodes may be listed. An operator may be without that right for good, and goes on without: it is told once,
/// not with every try.
async fn allowed(nodes: Api<Node>) {
    let one = ListParams::default().limit(1);
    let mut told = false;
    // Whatever else goes wrong is the watch's.
    while let Err(kube::Error::Api(status)) = nodes.list(&one).await
        && status.code == 403
    {
        if !std::mem::replace(&mut told, true) {
            tracing::warn!(
                error = status.message,
                "nodes may not be listed: pods on nodes that are gone for good are left to the cluster"
            );
        }
        tokio::time::sleep(NODES_AGAIN).await;
    }
}

/// One namespace, or all.
struct Scope<'a> {
    client: &'a Client,
    namespace: Option<&'a str>,
}

impl Scope<'_> {
    fn feeds(&self, kinds: &[Arc<Definition>]) -> Vec<Feed> {
        let mut feeds = vec![
            self.children::<Pod>(),
            self.children::<PersistentVolumeClaim>(),
            self.children::<Service>(),
            self.children::<Secret>(),
            self.children::<ConfigMap>(),
            self.children::<PodDisruptionBudget>(),
            feed(
                self.api::<Secret>(),
                &format!("{LABEL_AUTHORITY}=true"),
                |s| Item::Authority(Box::new(s)),
            ),
        ];
        feeds.extend(kinds.iter().map(|kind| self.objects(kind)));
        feeds
    }

    fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        match self.namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        }
    }

    fn children<K>(&self) -> Feed
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + DeserializeOwned
            + Debug
            + Send
            + 'static,
        Child: From<K>,
    {
        let ours = if mutated("watch-what-is-not-ours") {
            ""
        } else {
            LABEL_KIND
        };
        feed(self.api::<K>(), ours, |object| Item::Child(object.into()))
    }

    /// Objects of our kinds are taken undecoded: one that does not decode must not stop the watch of all others.
    fn objects(&self, definition: &Arc<Definition>) -> Feed {
        let kind = definition.kind();
        let api: Api<DynamicObject> = match self.namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, kind),
            None => Api::all_with(self.client.clone(), kind),
        };
        let types = kube::core::TypeMeta {
            api_version: kind.api_version.clone(),
            kind: kind.kind.clone(),
        };
        let watched = move || {
            let types = types.clone();
            feed(api.clone(), "", move |mut object: DynamicObject| {
                // Lists do not repeat the type on each item.
                object.types.get_or_insert_with(|| types.clone());
                Item::Object(Box::new(object))
            })
        };
        definition.clone().tolerate(watched)
    }
}

fn feed<K>(api: Api<K>, labels: &str, item: impl Fn(K) -> Item + Send + 'static) -> Feed
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let config = if labels.is_empty() {
        Config::default()
    } else {
        Config::default().labels(labels)
    };
    watcher(api, config.page_size(PAGE))
        .default_backoff()
        .map(move |event| event.map(|event| convert(event, &item)))
        .boxed()
}

fn convert<K, T>(event: Event<K>, item: &impl Fn(K) -> T) -> Event<T> {
    match event {
        Event::Apply(object) => Event::Apply(item(object)),
        Event::Delete(object) => Event::Delete(item(object)),
        Event::Init => Event::Init,
        Event::InitApply(object) => Event::InitApply(item(object)),
        Event::InitDone => Event::InitDone,
    }
}
