//! The embedded API through `kube::Client`: what a controller can tell apart from an API server.

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Pod, Secret};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams,
    Preconditions, ValidationDirective, WatchEvent, WatchParams,
};
use kube::core::GroupVersionKind;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use synod_operator::local::api::{self, Settings};

fn server() -> api::Api {
    api::Api::open(Settings::volatile()).unwrap()
}

fn maps(client: &Client) -> Api<ConfigMap> {
    Api::default_namespaced(client.clone())
}

fn map(name: &str, value: &str) -> ConfigMap {
    serde_json::from_value(
        json!({"metadata": {"name": name, "labels": {"app": "a"}}, "data": {"k": value}}),
    )
    .unwrap()
}

/// A small kind with everything a schema can say.
async fn widgets(client: &Client) -> Api<DynamicObject> {
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "shortNames": ["wd"]},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.members", "statusReplicasPath": ".status.members"}},
                "additionalPrinterColumns": [{"name": "Members", "type": "integer", "jsonPath": ".spec.members"}],
                "schema": {"openAPIV3Schema": {"type": "object", "required": ["spec"], "properties": {
                    "spec": {"type": "object",
                        "x-kubernetes-validations": [{"rule": "self.members % 2 == 1", "message": "members must be odd"}],
                        "properties": {
                            "members": {"type": "integer", "default": 3, "minimum": 1},
                            "color": {"type": "string"},
                            "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                                "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "port": {"type": "integer"}}}}}},
                    "status": {"type": "object", "properties": {"members": {"type": "integer"}, "phase": {"type": "string"}}}}}}}]}});
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    definitions
        .create(
            &PostParams::default(),
            &serde_json::from_value(definition).unwrap(),
        )
        .await
        .unwrap();
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget"));
    Api::default_namespaced_with(client.clone(), &kind)
}

fn widget(name: &str, spec: Value) -> DynamicObject {
    serde_json::from_value(json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec})).unwrap()
}

/// The code, reason and message of a refusal.
fn refusal<T: std::fmt::Debug>(result: Result<T, kube::Error>) -> (u16, String, String) {
    match result {
        Err(kube::Error::Api(status)) => {
            (status.code, status.reason.clone(), status.message.clone())
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn managed(object: &impl ResourceExt) -> Vec<(String, String, Value)> {
    let entries = object.managed_fields().iter();
    entries
        .map(|entry| {
            let fields = entry.fields_v1.clone().map(|f| f.0).unwrap_or_default();
            (
                entry.manager.clone().unwrap_or_default(),
                entry.operation.clone().unwrap_or_default(),
                fields,
            )
        })
        .collect()
}

#[tokio::test]
async fn create_read_replace_delete() {
    let client = server().client("default");
    let maps = maps(&client);
    let made = maps
        .create(&PostParams::default(), &map("a", "1"))
        .await
        .unwrap();
    assert!(
        made.uid().is_some()
            && made.creation_timestamp().is_some()
            && made.resource_version().is_some()
    );
    let (code, reason, message) =
        refusal(maps.create(&PostParams::default(), &map("a", "1")).await);
    assert_eq!(
        (code, reason.as_str(), message.as_str()),
        (409, "AlreadyExists", "configmaps \"a\" already exists")
    );
    assert_eq!(refusal(maps.get("b").await).2, "configmaps \"b\" not found");

    let mut changed = made.clone();
    changed.data = Some([("k".to_owned(), "2".to_owned())].into());
    let stored = maps
        .replace("a", &PostParams::default(), &changed)
        .await
        .unwrap();
    assert_ne!(stored.resource_version(), made.resource_version());
    let (code, reason, _) = refusal(maps.replace("a", &PostParams::default(), &changed).await);
    assert_eq!(
        (code, reason.as_str()),
        (409, "Conflict"),
        "the old version is refused"
    );

    maps.delete("a", &DeleteParams::default()).await.unwrap();
    assert_eq!(
        refusal(maps.delete("a", &DeleteParams::default()).await).0,
        404
    );
}

#[tokio::test]
async fn bad_objects_are_refused_with_their_place() {
    let client = server().client("default");
    let widgets = widgets(&client).await;
    let strict = PostParams {
        field_manager: None,
        ..PostParams::default()
    };
    let table = [
        (
            json!({"members": 2}),
            422,
            "Widget.example.com \"w\" is invalid: spec: Invalid value: members must be odd",
        ),
        (
            json!({"members": 0}),
            422,
            "Widget.example.com \"w\" is invalid: [spec.members: Invalid value: 0: spec.members in body should be greater than or equal to 1, spec: Invalid value: members must be odd]",
        ),
        (
            json!({"members": "x"}),
            422,
            "Widget.example.com \"w\" is invalid: [spec.members: Invalid value: \"string\": spec.members in body must be of type integer: \"string\", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]",
        ),
    ];
    for (spec, code, message) in table {
        let got = refusal(widgets.create(&strict, &widget("w", spec)).await);
        assert_eq!((got.0, got.2.as_str()), (code, message));
    }
    let apply = PatchParams {
        field_validation: Some(ValidationDirective::Strict),
        ..PatchParams::apply("t")
    };
    let got = refusal(
        widgets
            .patch(
                "w",
                &apply,
                &Patch::Apply(widget("w", json!({"memers": 3}))),
            )
            .await,
    );
    assert_eq!(
        (got.0, got.2.as_str()),
        (
            500,
            "failed to create typed patch object (/w; example.com/v1, Kind=Widget): .spec.memers: field not declared in schema"
        )
    );
    assert_eq!(
        refusal(widgets.create(&strict, &widget("No_Name", json!({}))).await).0,
        422
    );
    let elsewhere: Api<ConfigMap> = Api::namespaced(client.clone(), "nowhere");
    assert_eq!(
        refusal(
            elsewhere
                .create(&PostParams::default(), &map("a", "1"))
                .await
        )
        .2,
        "namespaces \"nowhere\" not found"
    );
    let pods: Api<DynamicObject> =
        Api::default_namespaced_with(client, &ApiResource::erase::<Pod>(&()));
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": 3}});
    assert_eq!(
        refusal(
            pods.create(&strict, &serde_json::from_value(pod).unwrap())
                .await
        )
        .0,
        400
    );
}

#[tokio::test]
async fn generation_counts_changes_of_the_spec_only() {
    let client = server().client("default");
    let widgets = widgets(&client).await;
    let made = widgets
        .create(
            &PostParams::default(),
            &widget("w", json!({"color": "red"})),
        )
        .await
        .unwrap();
    assert_eq!(
        (made.metadata.generation, &made.data["spec"]["members"]),
        (Some(1), &json!(3)),
        "defaults are filled in"
    );
    let merge = |body: Value| Patch::Merge(body);
    let params = PatchParams::default();
    let labelled = widgets
        .patch(
            "w",
            &params,
            &merge(json!({"metadata": {"labels": {"a": "b"}}})),
        )
        .await
        .unwrap();
    assert_eq!(labelled.metadata.generation, Some(1));
    let recolored = widgets
        .patch(
            "w",
            &params,
            &merge(json!({"spec": {"color": "blue"}, "status": {"phase": "x"}})),
        )
        .await
        .unwrap();
    assert_eq!(
        (recolored.metadata.generation, recolored.data.get("status")),
        (Some(2), None),
        "status is not written here"
    );
    let body = merge(json!({"spec": {"color": "green"}, "status": {"phase": "Up"}}));
    let status = widgets.patch_status("w", &params, &body).await.unwrap();
    assert_eq!(
        (
            status.metadata.generation,
            &status.data["spec"]["color"],
            &status.data["status"]["phase"]
        ),
        (Some(2), &json!("blue"), &json!("Up"))
    );
    let again = widgets.patch_status("w", &params, &body).await.unwrap();
    assert_eq!(
        again.resource_version(),
        status.resource_version(),
        "a write that changes nothing stores nothing"
    );
}

#[tokio::test]
async fn scale() {
    let client = server().client("default");
    let widgets = widgets(&client).await;
    widgets
        .create(&PostParams::default(), &widget("w", json!({})))
        .await
        .unwrap();
    assert_eq!(
        widgets.get_scale("w").await.unwrap().spec.unwrap().replicas,
        Some(3)
    );
    let scale = widgets
        .patch_scale(
            "w",
            &PatchParams::default(),
            &Patch::Merge(json!({"spec": {"replicas": 5}})),
        )
        .await
        .unwrap();
    assert_eq!(scale.spec.unwrap().replicas, Some(5));
    assert_eq!(widgets.get("w").await.unwrap().data["spec"]["members"], 5);
    let even = Patch::Merge(json!({"spec": {"replicas": 4}}));
    assert_eq!(
        refusal(
            widgets
                .patch_scale("w", &PatchParams::default(), &even)
                .await
        )
        .0,
        422
    );
}

#[tokio::test]
async fn apply_owns_conflicts_forces_and_prunes() {
    let client = server().client("default");
    let widgets = widgets(&client).await;
    let apply = |manager: &str, spec: Value| {
        let (widgets, params) = (widgets.clone(), PatchParams::apply(manager));
        async move {
            widgets
                .patch("w", &params, &Patch::Apply(widget("w", spec)))
                .await
        }
    };
    let one = apply(
        "one",
        json!({"color": "red", "ports": [{"name": "a", "port": 1}]}),
    )
    .await
    .unwrap();
    assert_eq!(
        managed(&one),
        [(
            "one".into(),
            "Apply".into(),
            json!({"f:spec": {"f:color": {}, "f:ports": {"k:{\"name\":\"a\"}": {".": {}, "f:name": {}, "f:port": {}}}}})
        )]
    );
    let same = apply(
        "one",
        json!({"color": "red", "ports": [{"name": "a", "port": 1}]}),
    )
    .await
    .unwrap();
    assert_eq!(
        same.resource_version(),
        one.resource_version(),
        "applying the same again stores nothing"
    );

    // Another entry of a keyed list, and the same value, are no conflict; another value is.
    let two = apply(
        "two",
        json!({"color": "red", "ports": [{"name": "b", "port": 2}]}),
    )
    .await
    .unwrap();
    assert_eq!(
        two.data["spec"]["ports"],
        json!([{"name": "a", "port": 1}, {"name": "b", "port": 2}])
    );
    let (code, reason, message) = refusal(apply("three", json!({"color": "blue"})).await);
    assert_eq!((code, reason.as_str()), (409, "Conflict"));
    assert_eq!(
        message,
        "Apply failed with 2 conflicts: conflicts with \"one\":\n- .spec.color\nconflicts with \"two\":\n- .spec.color"
    );
    let forced = widgets
        .patch(
            "w",
            &PatchParams::apply("three").force(),
            &Patch::Apply(widget("w", json!({"color": "blue"}))),
        )
        .await
        .unwrap();
    assert_eq!(forced.data["spec"]["color"], "blue");

    // What a manager no longer applies goes, unless another owns it.
    let less = apply("two", json!({})).await.unwrap();
    assert_eq!(
        less.data["spec"]["ports"],
        json!([{"name": "a", "port": 1}])
    );
    let less = apply("one", json!({})).await.unwrap();
    assert_eq!(less.data["spec"], json!({"color": "blue", "members": 3}));
    let spec = |manager: &str, fields: Value| {
        (
            manager.to_owned(),
            "Apply".to_owned(),
            json!({"f:spec": fields}),
        )
    };
    assert_eq!(
        managed(&less),
        [
            spec("one", json!({})),
            spec("three", json!({"f:color": {}})),
            spec("two", json!({}))
        ]
    );
}

#[tokio::test]
async fn an_ordinary_write_takes_what_it_changes() {
    let client = server().client("default");
    let maps = maps(&client);
    let apply = PatchParams::apply("one");
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": "1", "b": "1"}});
    maps.patch("m", &apply, &Patch::Apply(&config))
        .await
        .unwrap();
    let editor = PatchParams {
        field_manager: Some("editor".into()),
        ..PatchParams::default()
    };
    let edited = maps
        .patch("m", &editor, &Patch::Merge(json!({"data": {"b": "2"}})))
        .await
        .unwrap();
    assert_eq!(
        managed(&edited),
        [
            ("one".into(), "Apply".into(), json!({"f:data": {"f:a": {}}})),
            (
                "editor".into(),
                "Update".into(),
                json!({"f:data": {"f:b": {}}})
            ),
        ]
    );
    assert_eq!(
        refusal(maps.patch("m", &apply, &Patch::Apply(&config)).await).2,
        "Apply failed with 1 conflict: conflict with \"editor\" using v1: .data.b"
    );
    let patched = maps
        .patch(
            "m",
            &editor,
            &Patch::Strategic(json!({"data": {"b": null, "c": "3"}})),
        )
        .await
        .unwrap();
    assert_eq!(
        patched.data.unwrap().keys().cloned().collect::<Vec<_>>(),
        ["a", "c"]
    );
}

#[tokio::test]
async fn lists_select_and_page_at_one_revision() {
    let client = server().client("default");
    let maps = maps(&client);
    for n in 0..5 {
        maps.create(&PostParams::default(), &map(&format!("m{n}"), "1"))
            .await
            .unwrap();
    }
    let selected = maps
        .list(
            &ListParams::default()
                .labels("app=a")
                .fields("metadata.name!=m0"),
        )
        .await
        .unwrap();
    assert_eq!(selected.items.len(), 4);
    let first = maps.list(&ListParams::default().limit(2)).await.unwrap();
    assert_eq!(first.metadata.remaining_item_count, Some(3));
    maps.delete("m3", &DeleteParams::default()).await.unwrap();
    let rest = maps
        .list(
            &ListParams::default()
                .limit(9)
                .continue_token(&first.metadata.continue_.unwrap()),
        )
        .await
        .unwrap();
    let names: Vec<_> = rest.items.iter().map(ResourceExt::name_any).collect();
    assert_eq!(
        names,
        ["m2", "m3", "m4"],
        "pages show the revision of the first"
    );
    assert_eq!(
        rest.metadata.resource_version,
        first.metadata.resource_version
    );
    assert_eq!(
        refusal(maps.list(&ListParams::default().at("999")).await).0,
        504
    );
}

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

#[tokio::test]
async fn secrets_take_plain_text() {
    let client = server().client("default");
    let secrets: Api<Secret> = Api::default_namespaced(client);
    let secret =
        serde_json::from_value(json!({"metadata": {"name": "s"}, "stringData": {"a": "b"}}))
            .unwrap();
    let stored = secrets
        .create(&PostParams::default(), &secret)
        .await
        .unwrap();
    assert_eq!(stored.data.unwrap()["a"].0, b"b");
    assert_eq!(stored.string_data, None);
}

#[tokio::test]
async fn what_was_answered_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let open = || {
        api::Api::open(Settings::durable(&path))
            .unwrap()
            .client("default")
    };
    let client = open();
    widgets(&client)
        .await
        .create(&PostParams::default(), &widget("w", json!({"members": 5})))
        .await
        .unwrap();
    let made = maps(&client)
        .create(&PostParams::default(), &map("a", "1"))
        .await
        .unwrap();
    let client = open();
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget"));
    let widgets: Api<DynamicObject> = Api::default_namespaced_with(client.clone(), &kind);
    assert_eq!(widgets.get("w").await.unwrap().data["spec"]["members"], 5);
    assert_eq!(maps(&client).get("a").await.unwrap(), made);
}

#[tokio::test]
async fn kubectl_finds_what_it_asks_for() {
    let client = server().client("default");
    widgets(&client).await;
    let get = async |path: &str| {
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        client.request::<Value>(request).await.unwrap()
    };
    let index = get("/openapi/v3").await;
    for path in ["api/v1", "apis/example.com/v1", "apis/policy/v1"] {
        let url = index["paths"][path]["serverRelativeURL"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            get(&url).await["components"]["schemas"].is_object(),
            "{path}"
        );
    }
    let document = get("/openapi/v3/apis/example.com/v1").await;
    let schema = &document["components"]["schemas"]["com.example.v1.Widget"];
    assert_eq!(
        schema["x-kubernetes-group-version-kind"][0]["kind"],
        "Widget"
    );
    assert_eq!(
        schema["properties"]["spec"]["properties"]["members"]["default"],
        3
    );
    let parameters = &document["paths"]["/apis/example.com/v1/namespaces/{namespace}/widgets/{name}"]
        ["patch"]["parameters"];
    assert!(
        parameters
            .as_array()
            .unwrap()
            .iter()
            .any(|parameter| parameter["name"] == "fieldValidation")
    );
    let served = client
        .list_api_group_resources("example.com/v1")
        .await
        .unwrap();
    let names: Vec<_> = served
        .resources
        .iter()
        .map(|resource| resource.name.as_str())
        .collect();
    assert_eq!(names, ["widgets", "widgets/status", "widgets/scale"]);
}

#[tokio::test]
async fn tables_show_the_columns_of_the_definition() {
    let client = server().client("default");
    widgets(&client)
        .await
        .create(&PostParams::default(), &widget("w", json!({})))
        .await
        .unwrap();
    let request = http::Request::get("/apis/example.com/v1/namespaces/default/widgets")
        .header(
            http::header::ACCEPT,
            "application/json;as=Table;v=v1;g=meta.k8s.io",
        )
        .body(Vec::new())
        .unwrap();
    let table: Value = client.request(request).await.unwrap();
    let columns: Vec<_> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].clone())
        .collect();
    assert_eq!(columns, ["Name", "Members", "Age"]);
    assert_eq!(table["rows"][0]["cells"][1], 3);
}

#[tokio::test]
async fn only_the_token_opens_the_listener() {
    let access = api::Access::generate().unwrap();
    let listener = api::Listener::bind(server(), access.clone(), None)
        .await
        .unwrap();
    let kubeconfig = access.kubeconfig(listener.address());
    let serving = tokio::spawn(listener.serve());
    let client = async |text: &str| {
        let kubeconfig = kube::config::Kubeconfig::from_yaml(text).unwrap();
        let config = kube::Config::from_custom_kubeconfig(
            kubeconfig,
            &kube::config::KubeConfigOptions::default(),
        )
        .await
        .unwrap();
        Client::try_from(config).unwrap()
    };
    let good = client(&kubeconfig).await;
    maps(&good)
        .create(&PostParams::default(), &map("a", "1"))
        .await
        .unwrap();
    let stranger = client(&kubeconfig.replace("token: ", "token: x")).await;
    assert_eq!(refusal(maps(&stranger).get("a").await).0, 401);
    serving.abort();
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
