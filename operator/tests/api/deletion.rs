//! Deletion: preconditions, finalizers, owners, namespaces, grace.

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod};
use kube::ResourceExt;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions};
use serde_json::{Value, json};

use crate::{map, maps, refusal, server};

#[tokio::test]
async fn deletion_honours_preconditions_and_finalizers() {
    let client = server().client("default");
    let maps = maps(&client);
    let mut held = map("a", "1");
    held.metadata.finalizers = Some(vec!["example.com/hold".into()]);
    let made = maps.create(&PostParams::default(), &held).await.unwrap();
    let only = |uid: Option<String>, version: Option<String>| {
        DeleteParams::default().preconditions(Preconditions {
            uid,
            resource_version: version,
        })
    };
    assert_eq!(
        refusal(maps.delete("a", &only(Some("other".into()), None)).await).0,
        409
    );
    assert_eq!(
        refusal(maps.delete("a", &only(None, Some("1".into()))).await).0,
        409
    );
    let marked = maps
        .delete("a", &only(made.uid(), made.resource_version()))
        .await
        .unwrap()
        .left()
        .unwrap();
    assert!(marked.metadata.deletion_timestamp.is_some());
    let more =
        Patch::Merge(json!({"metadata": {"finalizers": ["example.com/hold", "example.com/more"]}}));
    assert_eq!(
        refusal(maps.patch("a", &PatchParams::default(), &more).await).0,
        422
    );
    maps.patch(
        "a",
        &PatchParams::default(),
        &Patch::Merge(json!({"metadata": {"finalizers": null}})),
    )
    .await
    .unwrap();
    assert_eq!(
        refusal(maps.get("a").await).0,
        404,
        "the last finalizer lets it go"
    );
}

#[tokio::test]
async fn owners_take_their_dependents_along() {
    let server = server();
    let client = server.client("default");
    let maps = maps(&client);
    let family = |owner: &ConfigMap, name: &str| {
        let mut child = map(name, "1");
        child.metadata.owner_references = Some(vec![
            serde_json::from_value(json!({"apiVersion": "v1", "kind": "ConfigMap",
            "name": owner.name_any(), "uid": owner.uid().unwrap(), "blockOwnerDeletion": true}))
            .unwrap(),
        ]);
        child
    };
    for (params, owner_waits, child_stays) in [
        (DeleteParams::background(), false, false),
        (DeleteParams::foreground(), true, false),
        (DeleteParams::orphan(), true, true),
    ] {
        let owner = maps
            .create(&PostParams::default(), &map("owner", "1"))
            .await
            .unwrap();
        let child = maps
            .create(&PostParams::default(), &family(&owner, "child"))
            .await
            .unwrap();
        maps.create(&PostParams::default(), &family(&child, "grandchild"))
            .await
            .unwrap();
        maps.delete("owner", &params).await.unwrap();
        assert_eq!(
            maps.get_opt("owner").await.unwrap().is_some(),
            owner_waits,
            "{params:?}"
        );
        server.collect_once().unwrap();
        let left: Vec<_> = maps
            .list(&ListParams::default())
            .await
            .unwrap()
            .items
            .iter()
            .map(ResourceExt::name_any)
            .collect();
        let want: &[&str] = if child_stays {
            &["child", "grandchild"]
        } else {
            &[]
        };
        assert_eq!(left, want, "{params:?}");
        if child_stays {
            assert!(
                maps.get("child")
                    .await
                    .unwrap()
                    .owner_references()
                    .is_empty()
            );
        }
    }
}

#[tokio::test]
async fn a_namespace_goes_with_its_contents() {
    let server = server();
    let client = server.client("default");
    let spaces: Api<Namespace> = Api::all(client.clone());
    let space = serde_json::from_value(json!({"metadata": {"name": "x"}})).unwrap();
    spaces.create(&PostParams::default(), &space).await.unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(client, "x");
    maps.create(&PostParams::default(), &map("a", "1"))
        .await
        .unwrap();
    spaces.delete("x", &DeleteParams::default()).await.unwrap();
    assert_eq!(
        refusal(maps.create(&PostParams::default(), &map("b", "1")).await).0,
        403
    );
    server.collect_once().unwrap();
    assert!(spaces.get_opt("x").await.unwrap().is_none());
    assert!(maps.get_opt("a").await.unwrap().is_none());
}

#[tokio::test]
async fn a_pod_on_a_node_gets_its_grace() {
    let client = server().client("default");
    let pods: Api<Pod> = Api::default_namespaced(client.clone());
    let pod = |name: &str| -> Pod {
        serde_json::from_value(json!({"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i"}]}})).unwrap()
    };
    pods.create(&PostParams::default(), &pod("a"))
        .await
        .unwrap();
    pods.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(
        pods.get_opt("a").await.unwrap().is_none(),
        "a pod without a node goes at once"
    );

    pods.create(&PostParams::default(), &pod("b"))
        .await
        .unwrap();
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "b"}, "target": {"kind": "Node", "name": "n"}});
    let request = http::Request::post("/api/v1/namespaces/default/pods/b/binding")
        .body(serde_json::to_vec(&binding).unwrap())
        .unwrap();
    let _: Value = client.request(request).await.unwrap();
    let marked = pods
        .delete("b", &DeleteParams::default())
        .await
        .unwrap()
        .left()
        .unwrap();
    assert_eq!(marked.metadata.deletion_grace_period_seconds, Some(30));
    let spec = Patch::Merge(json!({"spec": {"hostname": "x"}}));
    assert_eq!(
        refusal(pods.patch("b", &PatchParams::default(), &spec).await).0,
        422,
        "a pod's spec is fixed"
    );
    pods.delete("b", &DeleteParams::default().grace_period(0))
        .await
        .unwrap();
    assert!(pods.get_opt("b").await.unwrap().is_none());
}
