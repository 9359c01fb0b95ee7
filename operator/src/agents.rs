//! What agents tell: who is followed, and the last answer of each.
//!
//! Each followed agent has one task that keeps one long poll open and sends what changed to the loop. An agent that does
//! not answer is forgotten at once: nothing is ever decided on an answer that may be old for that reason. Nothing here
//! knows what a status means.

mod client;
mod exchange;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use synod_agent_api::{
    ApiError, ConfigurationRequest, ConfigurationResponse, Identity, Status, TransferRequest,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub use client::{MutualTls, ask_plainly};

use crate::names::Key;
use crate::observe::Packed;

/// How an agent is reached, and who it must prove to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Who it must be.
    pub identity: Identity,
    /// Where its pod is.
    pub address: IpAddr,
    /// The namespace, whose authority vouches for it.
    pub namespace: String,
    /// Its pod: another pod of the same name is another target.
    pub pod_uid: String,
}

/// Why an agent gave no answer that can be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AgentError {
    /// It was not reached, or is not who it must be.
    #[error("agent {0} is not reached: {1}")]
    Unreachable(IpAddr, String),
    /// It was reached and refused.
    #[error(transparent)]
    Refused(#[from] ApiError),
}

/// The way to the agents. The real one is [`MutualTls`]; tests have their own.
pub trait Reach: Send + Sync + 'static {
    /// What the agent tells of itself: at once if its generation is not `after`, else when it changes, or after half a
    /// minute.
    fn status(
        &self,
        target: Target,
        after: Option<u64>,
    ) -> BoxFuture<'static, Result<Status, AgentError>>;
    /// Changes the configuration by one step.
    fn change(
        &self,
        target: Target,
        request: ConfigurationRequest,
    ) -> BoxFuture<'static, Result<ConfigurationResponse, AgentError>>;
    /// Begins to hand leadership over.
    fn transfer(
        &self,
        target: Target,
        request: TransferRequest,
    ) -> BoxFuture<'static, Result<(), AgentError>>;
    /// The authority of a namespace became known or changed: its certificate and others that are trusted, too, and the
    /// private key of the first, PEM.
    fn trust(&self, namespace: &str, certificates: &str, key: &str);
}

/// The last answer of an agent that is being followed.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentSeen {
    /// The pod that it runs in.
    pub pod_uid: String,
    /// What it told.
    pub status: Status,
}

/// An agent's answer, or that there is none any more.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The object that the agent belongs to.
    pub key: Key,
    /// Who was asked.
    pub target: Target,
    /// What it told; `None` when it stopped answering.
    pub status: Option<Box<Status>>,
}

/// Room for answers that the loop has not taken yet; an agent's task waits when there is none.
const HEARD_MAX: usize = 256;
/// First and longest pause after an agent was not reached.
const PAUSE_FIRST: Duration = Duration::from_millis(20);
const PAUSE_LONGEST: Duration = Duration::from_secs(2);

struct Followed {
    target: Target,
    /// It has answered, or has been found not to.
    heard: bool,
    seen: Option<Packed<Status>>,
    task: JoinHandle<()>,
}

impl Drop for Followed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// All agents that are followed.
pub struct Agents {
    reach: Arc<dyn Reach>,
    followed: HashMap<Key, BTreeMap<u64, Followed>>,
    sender: mpsc::Sender<Heard>,
    receiver: mpsc::Receiver<Heard>,
}

impl Agents {
    /// Nobody is followed yet.
    #[must_use]
    pub fn new(reach: Arc<dyn Reach>) -> Self {
        let (sender, receiver) = mpsc::channel(HEARD_MAX);
        Self {
            reach,
            followed: HashMap::new(),
            sender,
            receiver,
        }
    }

    /// From now on exactly `targets` are followed for the object `key`.
    pub fn follow(&mut self, key: &Key, targets: Vec<Target>) {
        let mut before = self.followed.remove(key).unwrap_or_default();
        let mut now = BTreeMap::new();
        for target in targets {
            let number = target.identity.number;
            let kept = before
                .remove(&number)
                .filter(|followed| followed.target == target);
            let followed = kept.unwrap_or_else(|| self.start(key, target));
            now.insert(number, followed);
        }
        if !now.is_empty() {
            self.followed.insert(key.clone(), now);
        }
    }

    fn start(&self, key: &Key, target: Target) -> Followed {
        let poll = poll(
            self.reach.clone(),
            self.sender.clone(),
            key.clone(),
            target.clone(),
        );
        Followed {
            target,
            heard: false,
            seen: None,
            task: tokio::spawn(poll),
        }
    }

    /// Waits for the next answer and takes it in; tells whose it is. Cancelling it loses nothing.
    pub async fn next(&mut self) -> Key {
        loop {
            // This object holds a sender, so the channel never closes.
            let Some(heard) = self.receiver.recv().await else {
                return std::future::pending().await;
            };
            if let Some(key) = self.take_in(heard) {
                return key;
            }
        }
    }

    /// `None` for an answer of an agent that is not followed any more.
    fn take_in(&mut self, heard: Heard) -> Option<Key> {
        let number = heard.target.identity.number;
        let followed = self.followed.get_mut(&heard.key)?.get_mut(&number)?;
        if followed.target != heard.target {
            return None;
        }
        followed.heard = true;
        followed.seen = heard.status.map(|status| Packed::of(&*status));
        Some(heard.key)
    }

    /// The last answers of an object's agents.
    #[must_use]
    pub fn seen(&self, key: &Key) -> BTreeMap<u64, AgentSeen> {
        let followed = self.followed.get(key).into_iter().flatten();
        followed
            .filter_map(|(number, followed)| {
                let status = followed.seen.as_ref()?.unpack();
                Some((
                    *number,
                    AgentSeen {
                        pod_uid: followed.target.pod_uid.clone(),
                        status,
                    },
                ))
            })
            .collect()
    }

    /// Those of an object's agents that have answered, or have been found not to: until then nobody can tell whether the
    /// group has a leader.
    #[must_use]
    pub fn heard(&self, key: &Key) -> HashSet<Target> {
        let followed = self.followed.get(key).into_iter().flatten();
        followed
            .filter(|(_, one)| one.heard)
            .map(|(_, one)| one.target.clone())
            .collect()
    }

    /// How each followed agent of an object is reached.
    #[must_use]
    pub fn targets(&self, key: &Key) -> BTreeMap<u64, Target> {
        let followed = self.followed.get(key).into_iter().flatten();
        followed
            .map(|(number, followed)| (*number, followed.target.clone()))
            .collect()
    }
}

/// Asks one agent again and again; ends when the loop has ended.
async fn poll(reach: Arc<dyn Reach>, sender: mpsc::Sender<Heard>, key: Key, target: Target) {
    let mut after = None;
    // What was told last: nothing, that it does not answer, or an answer.
    let mut told = None;
    let mut pause = PAUSE_FIRST;
    loop {
        let answer = reach.status(target.clone(), after).await;
        let status = match answer {
            Ok(status) if after == Some(status.generation) => continue,
            Ok(status) => {
                (after, pause) = (Some(status.generation), PAUSE_FIRST);
                Some(Box::new(status))
            }
            Err(error) => {
                tracing::debug!(
                    kind = key.kind,
                    namespace = key.namespace,
                    name = key.name,
                    member = target.identity.number,
                    %error,
                    "agent does not answer"
                );
                after = None;
                if told == Some(false) {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_LONGEST);
                    continue;
                }
                None
            }
        };
        told = Some(status.is_some());
        let heard = Heard {
            key: key.clone(),
            target: target.clone(),
            status,
        };
        if sender.send(heard).await.is_err() {
            return;
        }
    }
}
