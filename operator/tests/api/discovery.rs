//! What kubectl asks for: discovery, tables.

use kube::api::PostParams;
use serde_json::{Value, json};

use crate::{server, widget, widgets};

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
