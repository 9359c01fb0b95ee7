//! Lists: selectors, pages, one revision.

use kube::ResourceExt;
use kube::api::{DeleteParams, ListParams, PostParams};

use crate::{map, maps, refusal, server};

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
