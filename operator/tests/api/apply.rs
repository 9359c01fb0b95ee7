//! Server-side apply: who owns what, and what an ordinary write takes.

use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::{managed, maps, refusal, server, widget, widgets};

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
