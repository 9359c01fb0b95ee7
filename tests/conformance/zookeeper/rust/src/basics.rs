//! Requests that need one or two sessions.

use std::time::Duration;

use zk::CreateMode::{Container, Ephemeral, EphemeralSequential, Persistent, PersistentSequential};
use zookeeper_client as zk;

use crate::bed::{Bed, Outcome, equal, refused};

pub const ANYBODY: zk::Acls<'static> = zk::Acls::anyone_all();

/// Made, read, written, listed, deleted.
pub async fn nodes(bed: &Bed) -> Outcome {
    let (client, path) = (bed.client().await?, bed.path());
    let options = Persistent.with_acls(ANYBODY);
    let (made, _) = client.create(&path, b"1", &options).await?;
    refused(
        "a second",
        zk::Error::NodeExists,
        client.create(&path, b"", &options).await,
    )?;
    let deep = format!("{path}/a/b");
    refused(
        "one without a parent",
        zk::Error::NoNode,
        client.create(&deep, b"", &options).await,
    )?;
    client.mkdir(&deep, &options).await?;
    let written = client.set_data(&path, b"22", Some(0)).await?;
    equal(
        "a write",
        (1, made.czxid, 2),
        (written.version, written.czxid, written.data_length),
    )?;
    refused(
        "a stale write",
        zk::Error::BadVersion,
        client.set_data(&path, b"3", Some(0)).await,
    )?;
    let (data, stat) = client.get_data(&path).await?;
    equal("what is read", b"22".to_vec(), data)?;
    equal("its stat", client.check_stat(&path).await?, Some(stat))?;
    let (children, stat) = client.get_children(&path).await?;
    equal(
        "children",
        (vec!["a".to_owned()], 1),
        (children, stat.num_children),
    )?;
    equal(
        "all below",
        2,
        client.count_descendants_number(&path).await?,
    )?;
    refused(
        "deleting a parent",
        zk::Error::NotEmpty,
        client.delete(&path, None).await,
    )?;
    client.delete(&deep, Some(0)).await?;
    equal("deleted", None, client.check_stat(&deep).await?)?;
    let large = vec![7; 1_000_000];
    client.set_data(&path, &large, None).await?;
    equal(
        "a million bytes",
        true,
        client.get_data(&path).await?.0 == large,
    )
}

/// All kinds of nodes.
pub async fn create_modes(bed: &Bed) -> Outcome {
    let (client, path) = (bed.client().await?, bed.path());
    client
        .create(&path, b"", &Persistent.with_acls(ANYBODY))
        .await?;
    for (number, mode) in [PersistentSequential, EphemeralSequential]
        .into_iter()
        .enumerate()
    {
        let (stat, sequence) = client
            .create(&format!("{path}/n-"), b"", &mode.with_acls(ANYBODY))
            .await?;
        equal(
            &format!("{mode:?}: the number"),
            number as i64,
            sequence.into_i64(),
        )?;
        let owner = if mode == EphemeralSequential {
            client.session_id().0
        } else {
            0
        };
        equal("the owner", owner, stat.ephemeral_owner)?;
    }
    let (stat, _) = client
        .create(&format!("{path}/e"), b"", &Ephemeral.with_acls(ANYBODY))
        .await?;
    equal(
        "an ephemeral one's owner",
        client.session_id().0,
        stat.ephemeral_owner,
    )?;
    let child = client
        .create(&format!("{path}/e/c"), b"", &Persistent.with_acls(ANYBODY))
        .await;
    refused("a child of it", zk::Error::NoChildrenForEphemerals, child)?;
    client
        .create(
            &format!("{path}/container"),
            b"",
            &Container.with_acls(ANYBODY),
        )
        .await?;
    let lasting = Persistent
        .with_acls(ANYBODY)
        .with_ttl(Duration::from_secs(60));
    client.create(&format!("{path}/ttl"), b"", &lasting).await?;
    let mut children = client.list_children(&path).await?;
    children.sort_unstable();
    equal(
        "all",
        vec!["container", "e", "n-0000000000", "n-0000000001", "ttl"],
        children.iter().map(String::as_str).collect(),
    )
}

/// Digest, address and world.
pub async fn rights(bed: &Bed) -> Outcome {
    let (ann, ben, path) = (bed.client().await?, bed.client().await?, bed.path());
    ann.auth("digest", b"ann:one").await?;
    ann.create(&path, b"x", &Persistent.with_acls(zk::Acls::creator_all()))
        .await?;
    let (acl, _) = ann.get_acl(&path).await?;
    equal("the scheme that is kept", "digest", acl[0].scheme())?;
    ben.sync(&path).await?;
    refused(
        "another's read",
        zk::Error::NoAuth,
        ben.get_data(&path).await,
    )?;
    let here = [zk::Acl::new(
        zk::Permission::READ,
        zk::AuthId::new("ip", "127.0.0.1"),
    )];
    ann.set_acl(&path, &here, Some(0)).await?;
    ben.sync(&path).await?;
    equal("by address", b"x".to_vec(), ben.get_data(&path).await?.0)?;
    let mut users: Vec<_> = ann.list_auth_users().await?;
    users.sort_by_key(|user| user.scheme().to_owned());
    let shown: Vec<_> = users
        .iter()
        .map(|user| format!("{} {}", user.scheme(), user.user()))
        .collect();
    equal(
        "whom the server knows",
        vec!["digest ann".to_owned(), "ip 127.0.0.1".to_owned()],
        shown,
    )
}

/// All or nothing.
pub async fn multi(bed: &Bed) -> Outcome {
    let (client, path) = (bed.client().await?, bed.path());
    let options = Persistent.with_acls(ANYBODY);
    let mut writer = client.new_multi_writer();
    writer.add_create(&path, b"1", &options)?;
    writer.add_create(
        &format!("{path}/s-"),
        b"",
        &PersistentSequential.with_acls(ANYBODY),
    )?;
    writer.add_set_data(&path, b"2", Some(0))?;
    writer.add_check_version(&path, 1)?;
    let results = writer.commit().await?;
    equal("as many results as operations", 4, results.len())?;
    match &results[1] {
        zk::MultiWriteResult::Create { path: made, .. } => equal(
            "a numbered path",
            format!("{path}/s-0000000000"),
            made.clone(),
        )?,
        other => return Err(format!("{other:?} is no creation").into()),
    }
    let mut failing = client.new_multi_writer();
    failing.add_delete(&format!("{path}/s-0000000000"), None)?;
    failing.add_check_version(&path, 7)?;
    let expected = zk::MultiWriteError::OperationFailed {
        index: 1,
        source: zk::Error::BadVersion,
    };
    equal(
        "which one failed, and how",
        Some(expected),
        failing.commit().await.err(),
    )?;
    equal(
        "nothing was done",
        1,
        client.list_children(&path).await?.len(),
    )?;
    let mut checked = client.new_check_writer(&path, Some(1))?;
    checked.add_set_data(&path, b"3", None)?;
    checked.commit().await?;
    equal(
        "written under a check",
        b"3".to_vec(),
        client.get_data(&path).await?.0,
    )
}

/// Several reads; one that fails leaves the others.
pub async fn multi_read(bed: &Bed) -> Outcome {
    let (client, path) = (bed.client().await?, bed.path());
    client
        .create(&path, b"x", &Persistent.with_acls(ANYBODY))
        .await?;
    let mut reader = client.new_multi_reader();
    reader.add_get_data(&path)?;
    reader.add_get_data(&format!("{path}/none"))?;
    reader.add_get_children("/zookeeper")?;
    let results = reader.commit().await?;
    let shown: Vec<_> = results
        .into_iter()
        .map(|result| match result {
            zk::MultiReadResult::Data { data, .. } => String::from_utf8_lossy(&data).into_owned(),
            zk::MultiReadResult::Children { mut children } => {
                children.sort_unstable();
                children.join(" ")
            }
            zk::MultiReadResult::Error { err } => err.to_string(),
            other => format!("{other:?}"),
        })
        .collect();
    equal(
        "data, nothing, children",
        vec!["x", "node not exists", "config quota"],
        shown.iter().map(String::as_str).collect(),
    )
}

/// A root of one's own, ephemerals, the ensemble's members.
pub async fn surface(bed: &Bed) -> Outcome {
    let (client, path) = (bed.client().await?, bed.path());
    client
        .create(&path, b"", &Persistent.with_acls(ANYBODY))
        .await?;
    let inside = client
        .clone()
        .chroot(path.clone())
        .map_err(|_| "no such root")?;
    inside
        .create("/e", b"x", &Ephemeral.with_acls(ANYBODY))
        .await?;
    equal(
        "seen from outside",
        b"x".to_vec(),
        client.get_data(&format!("{path}/e")).await?.0,
    )?;
    equal(
        "ephemerals",
        vec!["/e".to_owned()],
        inside.list_ephemerals("/").await?,
    )?;
    let (config, _) = client.get_config().await?;
    let config = String::from_utf8_lossy(&config).into_owned();
    let all = bed
        .connect
        .split(',')
        .all(|member| config.contains(&format!(";{member}")));
    equal("the configuration names all members", true, all)
}
