//! Watches that fire once, and watches that stay.

use zk::CreateMode::Persistent;
use zk::EventType::{NodeChildrenChanged, NodeCreated, NodeDataChanged, NodeDeleted};
use zookeeper_client as zk;

use crate::basics::ANYBODY;
use crate::bed::{Bed, Outcome, equal, within};

fn is(what: &str, event: &zk::WatchedEvent, kind: zk::EventType, path: &str) -> Outcome {
    equal(what, (kind, path), (event.event_type, event.path.as_str()))
}

/// Of data, existence and children.
pub async fn once(bed: &Bed) -> Outcome {
    let (client, path) = (bed.client().await?, bed.path());
    let options = Persistent.with_acls(ANYBODY);
    let (none, created) = client.check_and_watch_stat(&path).await?;
    equal("not there", None, none)?;
    client.create(&path, b"", &options).await?;
    is(
        "created",
        &within("created", created.changed()).await?,
        NodeCreated,
        &path,
    )?;
    let (_, _, written) = client.get_and_watch_data(&path).await?;
    let (_, _, children) = client.get_and_watch_children(&path).await?;
    client.set_data(&path, b"x", None).await?;
    is(
        "written",
        &within("written", written.changed()).await?,
        NodeDataChanged,
        &path,
    )?;
    client.create(&format!("{path}/c"), b"", &options).await?;
    is(
        "a child",
        &within("a child", children.changed()).await?,
        NodeChildrenChanged,
        &path,
    )?;
    let (_, deleted) = client.check_and_watch_stat(&format!("{path}/c")).await?;
    client.delete(&format!("{path}/c"), None).await?;
    is(
        "deleted",
        &within("deleted", deleted.changed()).await?,
        NodeDeleted,
        &format!("{path}/c"),
    )?;
    let (_, _, unused) = client.get_and_watch_data(&path).await?;
    // The client tells the server that nobody waits for it any more.
    drop(unused);
    let stat = client.set_data(&path, b"y", Some(1)).await?;
    equal("the session goes on", 2, stat.version)
}

/// Of one node, and of a tree.
pub async fn persistent(bed: &Bed) -> Outcome {
    let (client, path) = (bed.client().await?, bed.path());
    let options = Persistent.with_acls(ANYBODY);
    let mut one = client.watch(&path, zk::AddWatchMode::Persistent).await?;
    let tree = format!("{path}/tree");
    let mut all = client
        .watch(&tree, zk::AddWatchMode::PersistentRecursive)
        .await?;
    client.create(&path, b"", &options).await?;
    is(
        "created",
        &within("created", one.changed()).await?,
        NodeCreated,
        &path,
    )?;
    for round in ["x", "y"] {
        client.set_data(&path, round.as_bytes(), None).await?;
        is(
            "written",
            &within("written", one.changed()).await?,
            NodeDataChanged,
            &path,
        )?;
    }
    client.create(&tree, b"", &options).await?;
    is(
        "a child",
        &within("a child", one.changed()).await?,
        NodeChildrenChanged,
        &path,
    )?;
    is(
        "the tree",
        &within("the tree", all.changed()).await?,
        NodeCreated,
        &tree,
    )?;
    let leaf = format!("{tree}/leaf");
    client.create(&leaf, b"", &options).await?;
    is(
        "a leaf",
        &within("a leaf", all.changed()).await?,
        NodeCreated,
        &leaf,
    )?;
    client.delete(&leaf, None).await?;
    is(
        "it goes",
        &within("it goes", all.changed()).await?,
        NodeDeleted,
        &leaf,
    )?;
    drop((one, all));
    let stat = client.set_data(&path, b"z", Some(2)).await?;
    equal("the session goes on", 3, stat.version)
}
