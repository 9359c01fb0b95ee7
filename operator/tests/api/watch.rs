//! Watches: every change once and in order, or that they are too old.

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt;
use kube::api::{
    Api, DeleteParams, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams,
};
use serde_json::json;
use synod_operator::local::api::{self, Settings};

use crate::{map, maps, server};

async fn events(
    maps: &Api<ConfigMap>,
    params: WatchParams,
    version: &str,
    count: usize,
) -> Vec<String> {
    let stream = maps.watch(&params, version).await.unwrap();
    let events: Vec<_> = stream.take(count).try_collect().await.unwrap();
    events
        .into_iter()
        .map(|event| match event {
            WatchEvent::Added(o) => format!("+{}", o.name_any()),
            WatchEvent::Modified(o) => format!("~{}", o.name_any()),
            WatchEvent::Deleted(o) => format!("-{}", o.name_any()),
            WatchEvent::Bookmark(b) => format!("bookmark {}", b.metadata.annotations.len()),
            WatchEvent::Error(e) => format!("error {}", e.code),
        })
        .collect()
}

#[tokio::test]
async fn watches_tell_every_change_once_and_in_order() {
    let client = server().client("default");
    let maps = maps(&client);
    let first = maps
        .create(&PostParams::default(), &map("a", "1"))
        .await
        .unwrap();
    let version = first.resource_version().unwrap();
    maps.create(&PostParams::default(), &map("b", "1"))
        .await
        .unwrap();
    maps.patch(
        "a",
        &PatchParams::default(),
        &Patch::Merge(json!({"metadata": {"labels": {"app": "other"}}})),
    )
    .await
    .unwrap();
    maps.delete("b", &DeleteParams::default()).await.unwrap();
    assert_eq!(
        events(&maps, WatchParams::default(), &version, 3).await,
        ["+b", "~a", "-b"]
    );
    // An object that leaves the selector is gone for its watchers.
    assert_eq!(
        events(&maps, WatchParams::default().labels("app=a"), &version, 3).await,
        ["+b", "-a", "-b"]
    );
    assert_eq!(events(&maps, WatchParams::default(), "0", 1).await, ["+a"]);
    let streaming = WatchParams::default().initial_events();
    assert_eq!(events(&maps, streaming, "0", 2).await, ["+a", "bookmark 1"]);

    let mut live = Box::pin(maps.watch(&WatchParams::default(), "0").await.unwrap());
    live.next().await.unwrap().unwrap();
    maps.create(&PostParams::default(), &map("c", "1"))
        .await
        .unwrap();
    let Some(Ok(WatchEvent::Added(told))) = live.next().await else {
        panic!("a running watch tells a new object")
    };
    assert_eq!(told.name_any(), "c");
}

#[tokio::test]
async fn a_watch_of_the_forgotten_past_is_expired() {
    let settings = Settings {
        history_changes_max: 3,
        ..Settings::volatile()
    };
    let client = api::Api::open(settings).unwrap().client("default");
    let maps = maps(&client);
    let first = maps
        .create(&PostParams::default(), &map("a", "1"))
        .await
        .unwrap();
    for n in 0..5 {
        maps.create(&PostParams::default(), &map(&format!("m{n}"), "1"))
            .await
            .unwrap();
    }
    assert_eq!(
        events(
            &maps,
            WatchParams::default(),
            &first.resource_version().unwrap(),
            1
        )
        .await,
        ["error 410"]
    );
}

/// One step of a random history.
#[derive(Debug, Clone)]
enum Step {
    Put { name: u8, value: u8, label: bool },
    Delete { name: u8 },
}

fn steps() -> impl proptest::strategy::Strategy<Value = Vec<Step>> {
    use proptest::prelude::*;
    let put = (0..4_u8, 0..3_u8, any::<bool>()).prop_map(|(name, value, label)| Step::Put {
        name,
        value,
        label,
    });
    let delete = (0..4_u8).prop_map(|name| Step::Delete { name });
    proptest::collection::vec(prop_oneof![3 => put, 1 => delete], 1..40)
}

async fn take(maps: &Api<ConfigMap>, step: &Step) {
    match step {
        Step::Put { name, value, label } => {
            let label = if *label { "a" } else { "b" };
            let config = json!({"apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": format!("m{name}"), "labels": {"app": label}}, "data": {"k": value.to_string()}});
            maps.patch(
                &format!("m{name}"),
                &PatchParams::apply("t"),
                &Patch::Apply(config),
            )
            .await
            .unwrap();
        }
        Step::Delete { name } => drop(
            maps.delete(&format!("m{name}"), &DeleteParams::default())
                .await,
        ),
    }
}

/// Name and version of every object in a list.
async fn listed(
    maps: &Api<ConfigMap>,
    labels: &str,
) -> (String, std::collections::BTreeMap<String, String>) {
    let list = maps
        .list(&ListParams::default().labels(labels))
        .await
        .unwrap();
    let versions = list
        .items
        .iter()
        .map(|o| (o.name_any(), o.resource_version().unwrap()))
        .collect();
    (list.metadata.resource_version.unwrap(), versions)
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, ..Default::default() })]

    /// A list and the watch that goes on from it give what a later list gives: at any point, with any selector.
    #[test]
    fn a_list_and_its_watch_make_the_next_list(before in steps(), after in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = server().client("default");
            let maps = maps(&client);
            for step in &before {
                take(&maps, step).await;
            }
            let (version, mut known) = listed(&maps, "app=a").await;
            for step in &after {
                take(&maps, step).await;
            }
            // The last event is one that is known to come.
            take(&maps, &Step::Put { name: 9, value: 0, label: true }).await;
            let (_, wanted) = listed(&maps, "app=a").await;
            let mut events = Box::pin(maps.watch(&WatchParams::default().labels("app=a"), &version).await.unwrap());
            while !known.contains_key("m9") {
                match events.next().await.unwrap().unwrap() {
                    WatchEvent::Added(o) => assert!(known.insert(o.name_any(), o.resource_version().unwrap()).is_none()),
                    WatchEvent::Modified(o) => assert!(known.insert(o.name_any(), o.resource_version().unwrap()).is_some()),
                    WatchEvent::Deleted(o) => assert!(known.remove(&o.name_any()).is_some()),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(known, wanted);
        });
    }
}
