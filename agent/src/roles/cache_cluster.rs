//! The role of a CacheCluster's agent: Redis's protocol over keys in memory. What it agrees on with the others by Paxos is kept in a
//! small key-value store, which nobody asks for anything yet: for now it is one shard on one agent.

use std::future::pending;
use std::time::Duration;

use synod_agent_api::AgentConfig;
use synod_kv::Store;
use synod_resp::{Handle, Server};
use tokio::time::sleep;

use super::member::{Role, Serving};
use super::{StartError, settings};
use crate::admin::Extra;
use crate::cache::{self, CacheError, Opened, PasswordFile};

/// How often it is looked whether the disk failed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// An agent of a CacheCluster.
pub struct CacheCluster;

impl Role for CacheCluster {
    type Machine = Store;
    type Opened = Opened;

    fn machine(config: &AgentConfig) -> Store {
        settings::store(config)
    }

    fn check(config: &AgentConfig) -> Result<(), StartError> {
        let file = config.cache().password_file;
        let read = file.map(|file| PasswordFile::read(&file)).transpose();
        Ok(read.map(drop).map_err(CacheError::from)?)
    }

    fn open(config: &AgentConfig) -> Result<Opened, StartError> {
        Ok(cache::open(config)?)
    }

    async fn serve(serving: Serving<Store, Opened>) -> Result<(), StartError> {
        let Serving {
            config,
            mut opened,
            engine,
            health,
            listener,
            accept,
            stop,
            ..
        } = serving;
        let (settings, mut setup) = opened.setup(&config.cache())?;
        setup.tls = accept.servers();
        let listener = listener.into_std().map_err(StartError::Serve)?;
        let started = Server::start_with(listener, &settings, setup);
        let server = started.map_err(StartError::Serve)?;
        health.opened(engine, metrics(server.handle()));
        let told = server.handle();
        let follows = async {
            match opened.password.take() {
                Some(file) => file.follow(|password| told.set_password(password)).await,
                None => pending().await,
            }
        };
        let ended = tokio::select! {
            () = stop.cancelled() => Ok(()),
            () = failed(&told) => Err(StartError::Ended("what keeps the keys on disk")),
            never = follows => match never {},
        };
        // It waits for its threads, and what they write down last.
        let stopped = tokio::task::spawn_blocking(move || server.stop());
        drop(stopped.await);
        ended
    }
}

/// Until nothing can be kept any more: what is not durable then is written anew by the next process.
async fn failed(handle: &Handle) {
    while !handle.is_failed() {
        sleep(LOOK_EVERY).await;
    }
}

fn metrics(handle: Handle) -> Extra {
    Box::new(move || {
        let handle = handle.clone();
        Box::pin(async move {
            // It may wait for partitions, which scripts hold.
            let text = tokio::task::spawn_blocking(move || handle.metrics());
            text.await.unwrap_or_default()
        })
    })
}
