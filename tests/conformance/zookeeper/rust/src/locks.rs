//! The crate's lock, and what is made with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use zk::CreateMode::Persistent;
use zookeeper_client as zk;

use crate::basics::ANYBODY;
use crate::bed::{Bed, Outcome, equal, refused, within};

/// What is tried while another holds it: long enough for the attempt to reach the members, which decide.
const ATTEMPT: Duration = Duration::from_millis(200);
const CONTENDERS: usize = 4;
const TURNS: usize = 10;

/// The options that make the lock's parents.
pub fn options() -> Outcome<zk::LockOptions<'static>> {
    Ok(zk::LockOptions::new(ANYBODY).with_ancestor_options(Persistent.with_acls(ANYBODY))?)
}

/// One holder, by names as Curator gives them; writes are bound to the lock.
pub async fn curator(bed: &Bed) -> Outcome {
    let (one, two, path) = (bed.client().await?, bed.client().await?, bed.path());
    let dir = format!("{path}/lock");
    let prefix = || zk::LockPrefix::new_curator(&dir, "lock-");
    let held = within("the lock", one.lock(prefix()?, b"ann", options()?)).await??;
    equal(
        "Curator's naming",
        true,
        held.lock_path().starts_with(&format!("{dir}/_c_")) && held.lock_path().contains("-lock-"),
    )?;
    let other = tokio::time::timeout(ATTEMPT, two.lock(prefix()?, b"ben", options()?)).await;
    equal("not by another", true, other.is_err())?;
    let data = format!("{path}/data");
    held.create(&data, b"1", &Persistent.with_acls(ANYBODY))
        .await?;
    equal(
        "a write under the lock",
        1,
        held.set_data(&data, b"2", Some(0)).await?.version,
    )?;
    two.sync(&data).await?;
    two.delete(held.lock_path(), None).await?;
    one.sync(&data).await?;
    refused(
        "a write when the lock is lost",
        zk::Error::RuntimeInconsistent,
        held.set_data(&data, b"3", None).await,
    )?;
    drop(held);
    let held = within("by the other", two.lock(prefix()?, b"ben", options()?)).await??;
    drop(held);
    contend(bed, format!("{path}/contended")).await
}

async fn contend(bed: &Bed, dir: String) -> Outcome {
    let inside = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let turns = Arc::new(AtomicUsize::new(0));
    let mut contenders = tokio::task::JoinSet::new();
    for _ in 0..CONTENDERS {
        let client = bed.client().await?;
        let (dir, inside, most, turns) = (dir.clone(), inside.clone(), most.clone(), turns.clone());
        contenders.spawn(async move {
            for _ in 0..TURNS {
                let prefix = zk::LockPrefix::new_curator(&dir, "lock-")?;
                let held = client.lock(prefix, b"", options()?).await?;
                most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                turns.fetch_add(1, Ordering::SeqCst);
                inside.fetch_sub(1, Ordering::SeqCst);
                drop(held);
            }
            Outcome::Ok(())
        });
    }
    while let Some(done) = within("all turns", contenders.join_next()).await? {
        done??;
    }
    equal("inside at once", 1, most.load(Ordering::SeqCst))?;
    equal("turns", CONTENDERS * TURNS, turns.load(Ordering::SeqCst))
}

/// One holder, by names that share a prefix as ZooKeeper's own recipe has them.
pub async fn shared_prefix(bed: &Bed) -> Outcome {
    let (one, two, path) = (bed.client().await?, bed.client().await?, bed.path());
    one.create(&path, b"", &Persistent.with_acls(ANYBODY))
        .await?;
    let prefix = format!("{path}/n-");
    let held = within(
        "the lock",
        one.lock(zk::LockPrefix::new_shared(&prefix)?, b"", ANYBODY),
    )
    .await??;
    equal(
        "its name",
        format!("{path}/n-0000000000"),
        held.lock_path().to_owned(),
    )?;
    two.sync(&path).await?;
    let waiting = two.lock(zk::LockPrefix::new_shared(&prefix)?, b"", ANYBODY);
    let waiting = tokio::time::timeout(ATTEMPT, waiting).await;
    equal("not by another", true, waiting.is_err())?;
    drop(held);
    let held = within(
        "by the other",
        two.lock(zk::LockPrefix::new_shared(&prefix)?, b"", ANYBODY),
    )
    .await??;
    equal("a later number", true, held.lock_path() > prefix.as_str())
}

/// Who holds the lock leads; when its session ends, the next one does.
pub async fn leader_latch(bed: &Bed) -> Outcome {
    let (one, two, path) = (bed.client().await?, bed.client().await?, bed.path());
    let prefix = || zk::LockPrefix::new_curator(&path, "latch-");
    let leading = within("the first", one.lock(prefix()?, b"one", options()?))
        .await??
        .into_owned();
    let next = async {
        let latch = two.lock(prefix()?, b"two", options()?).await?;
        Outcome::Ok(latch.into_owned())
    };
    let end = async {
        let leader = leading.client().session_id();
        equal("the first leads", one.session_id(), leader)?;
        // The other takes part before the first goes.
        let (mut children, _, mut changed) = one.get_and_watch_children(&path).await?;
        while children.len() < 2 {
            changed.changed().await;
            (children, _, changed) = one.get_and_watch_children(&path).await?;
        }
        drop((leading, one));
        Outcome::Ok(())
    };
    let (next, end) = within("the second leads", async { tokio::join!(next, end) }).await?;
    end?;
    let next = next?;
    equal(
        "the second leads after the first's session",
        two.session_id(),
        next.client().session_id(),
    )
}
