//! Sessions: their nodes, their ends, their moves.

use zk::CreateMode::{Ephemeral, Persistent};
use zk::EventType::{NodeCreated, NodeDataChanged, NodeDeleted};
use zookeeper_client as zk;

use crate::basics::ANYBODY;
use crate::bed::{Bed, Outcome, SESSION, equal, within};

/// Its timeout, its nodes, and going on with it by number and password.
pub async fn session(bed: &Bed) -> Outcome {
    let (watching, path) = (bed.client().await?, bed.path());
    // At two members: one that has a connection of a session closes it when a second comes.
    let (here, there) = (bed.member(0)?, bed.member(1)?);
    let client = zk::Client::connector().with_session_timeout(SESSION);
    let client = client.connect(here).await?;
    equal("the timeout", SESSION, client.session_timeout())?;
    client
        .create(&path, b"", &Ephemeral.with_acls(ANYBODY))
        .await?;
    let known = client.session().clone();
    let detached = zk::Client::connector()
        .with_session(known.clone())
        .with_detached();
    let again = detached.connect(there).await?;
    equal("the same session", known.id(), again.session_id())?;
    let stat = again.check_stat(&path).await?.ok_or("the node is gone")?;
    equal("its node", known.id().0, stat.ephemeral_owner)?;
    drop(again);
    watching.sync(&path).await?;
    let (there, gone) = watching.check_and_watch_stat(&path).await?;
    equal(
        "there after a client that was detached",
        true,
        there.is_some(),
    )?;
    drop(client);
    equal(
        "gone with the last client",
        NodeDeleted,
        within("gone", gone.changed()).await?.event_type,
    )
}

/// A login by DIGEST-MD5.
pub async fn sasl(bed: &Bed) -> Outcome {
    let (user, path) = (bed.setting("sasl_user")?, bed.path());
    let login = |password: String| zk::SaslOptions::digest_md5(user.clone(), password);
    let client = zk::Client::connector()
        .with_sasl(login(bed.setting("sasl_password")?))
        .connect(&bed.connect)
        .await?;
    let own = [zk::Acl::new(
        zk::Permission::ALL,
        zk::AuthId::new("sasl", &user),
    )];
    client
        .create(&path, b"x", &Persistent.with_acls(zk::Acls::new(&own)))
        .await?;
    equal(
        "who logged in reads",
        b"x".to_vec(),
        client.get_data(&path).await?.0,
    )?;
    let wrong = zk::Client::connector()
        .with_sasl(login("wrong".to_owned()))
        .with_fail_eagerly();
    let refused = within("a refusal", wrong.connect(&bed.connect)).await?;
    equal("a wrong password is refused", true, refused.is_err())
}

/// Waits for a state; what was told before it is passed over.
async fn becomes(states: &mut zk::StateWatcher, wanted: zk::SessionState) -> Outcome {
    let mut state = states.changed().await;
    while state != wanted && !state.is_terminated() {
        state = states.changed().await;
    }
    equal(&format!("the session becomes {wanted:?}"), wanted, state)
}

/// The member dies; the session goes on at another, with its nodes and its watches.
pub async fn reattach(bed: &Bed) -> Outcome {
    let (client, other, path) = (bed.client().await?, bed.client().await?, bed.path());
    client
        .create(&path, b"", &Persistent.with_acls(ANYBODY))
        .await?;
    client
        .create(&format!("{path}/mine"), b"", &Ephemeral.with_acls(ANYBODY))
        .await?;
    let (_, _, written) = client.get_and_watch_data(&path).await?;
    let later = format!("{path}/later");
    // Not a watch that stays: this release of the crate does not set those anew.
    let (_, created) = client.check_and_watch_stat(&later).await?;
    let (session, member) = (client.session_id(), bed.member_of(client.session_id())?);
    let mut states = client.state_watcher();
    bed.kill(&member)?;
    for wanted in [
        zk::SessionState::Disconnected,
        zk::SessionState::SyncConnected,
    ] {
        within("a state", becomes(&mut states, wanted)).await??;
    }
    equal("the session", session, client.session_id())?;
    equal(
        "at another member",
        true,
        bed.member_of_without(session, &member)? != member,
    )?;
    let mine = client
        .check_stat(&format!("{path}/mine"))
        .await?
        .ok_or("the node is gone")?;
    equal("its node", session.0, mine.ephemeral_owner)?;
    while let Err(zk::Error::ConnectionLoss) = other.set_data(&path, b"x", None).await {}
    equal(
        "a write is told",
        NodeDataChanged,
        within("a write", written.changed()).await?.event_type,
    )?;
    other
        .create(&later, b"", &Persistent.with_acls(ANYBODY))
        .await?;
    equal(
        "a creation is told",
        NodeCreated,
        within("a creation", created.changed()).await?.event_type,
    )?;
    bed.start(&member)
}
