//! Objects as they are written and read: versions, generations, refusals with their place, and what is there after
//! reopening.

use k8s_openapi::api::core::v1::{ConfigMap, Pod, Secret};
use kube::ResourceExt;
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams,
    ValidationDirective,
};
use kube::core::GroupVersionKind;
use serde_json::{Value, json};
use synod_operator::local::api::{self, Settings};

use crate::{map, maps, refusal, server, widget, widgets};

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
