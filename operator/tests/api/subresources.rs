//! Subresources: scale.

use kube::api::{Patch, PatchParams, PostParams};
use serde_json::json;

use crate::{refusal, server, widget, widgets};

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
