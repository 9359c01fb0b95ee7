//! The operator's way to the agents: their admin API, with answers that come late, get lost, or do not come at all. No
//! answer is ever wrong; a late one tells what was so when it was given.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use synod_agent_api::{
    ApiError, ClusterUid, ConfigurationRequest, ConfigurationResponse, Status, TransferRequest,
};
use synod_operator::agents::{AgentError, Reach, Target};
use tokio::sync::oneshot;

use super::bell::Bell;
use super::clock::Clock;
use super::line::lock;
use crate::clock::{Instant, MS, SECOND};
use crate::random::Random;

/// How long a status is waited for at the agent.
const WAIT: Duration = Duration::from_secs(30);
/// After that long a caller gives up.
const PATIENCE: Duration = Duration::from_secs(15);

/// A member of a group.
pub(super) type Seat = (ClusterUid, u64);

/// What a process tells of itself.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) pod_uid: String,
    pub(super) status: Arc<Status>,
}

/// Something an agent is asked to do.
pub(super) enum Wish {
    Change(ConfigurationRequest),
    Transfer(TransferRequest),
}

/// What comes of it: the id of a configuration, for a change.
pub(super) type Outcome = Result<u64, ApiError>;

/// A wish on its way to the world.
pub(super) struct Ask {
    pub(super) operator: usize,
    pub(super) seat: Seat,
    pub(super) wish: Wish,
    /// The newest configuration of the group that this operator was told of, or made, before it asked.
    pub(super) knew: u64,
    pub(super) answer: oneshot::Sender<Outcome>,
}

/// What all operators share of the agents.
pub(super) struct Wire {
    pub(super) random: Random,
    pub(super) posts: BTreeMap<Seat, Post>,
    pub(super) asks: Vec<Ask>,
    /// Until when answers are late, and by how much at most.
    pub(super) late: (Instant, u64),
    /// Until when answers to changes get lost.
    pub(super) losing: Instant,
    /// Operators that do not reach these members.
    pub(super) cut: BTreeMap<(usize, u64), Instant>,
    /// The newest configuration that an operator knows of.
    pub(super) knew: BTreeMap<(usize, ClusterUid), u64>,
    pub(super) counts: BTreeMap<&'static str, u64>,
}

impl Wire {
    pub(super) fn new(random: Random) -> Self {
        Self {
            random,
            posts: BTreeMap::new(),
            asks: Vec::new(),
            late: (0, MS),
            losing: 0,
            cut: BTreeMap::new(),
            knew: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}

/// The wire behind its lock, and word of what changed on it.
#[derive(Clone)]
pub(super) struct SharedWire {
    pub(super) wire: Arc<Mutex<Wire>>,
    pub(super) changed: Arc<Bell>,
}

/// One operator's reach.
pub(super) struct Agents {
    pub(super) operator: usize,
    pub(super) shared: SharedWire,
    pub(super) clock: Clock,
}

impl Agents {
    fn call(&self, target: Target, wish: Wish) -> BoxFuture<'static, Result<u64, AgentError>> {
        let (operator, shared, clock) = (self.operator, self.shared.clone(), self.clock);
        Box::pin(async move {
            if shared.post(operator, &target, clock.now()).is_none() {
                return Err(unreachable(&target, "it does not run"));
            }
            let (answer, answered) = oneshot::channel();
            let seat = (target.identity.cluster, target.identity.number);
            {
                let mut wire = lock(&shared.wire);
                let knew = wire.knew.get(&(operator, seat.0)).copied().unwrap_or(0);
                wire.asks.push(Ask {
                    operator,
                    seat,
                    wish,
                    knew,
                    answer,
                });
            }
            let outcome = tokio::time::timeout(PATIENCE, answered).await;
            let Ok(Ok(outcome)) = outcome else {
                return Err(unreachable(&target, "no answer in time"));
            };
            let lost = {
                let mut wire = lock(&shared.wire);
                let lost = wire.losing > clock.now() && wire.random.chance(500);
                if lost {
                    wire.count("agents' answers lost");
                }
                lost
            };
            if lost {
                tokio::time::sleep(PATIENCE).await;
                return Err(unreachable(&target, "no answer in time"));
            }
            shared.dawdle(clock.now()).await;
            let id = outcome.map_err(AgentError::Refused)?;
            let mut wire = lock(&shared.wire);
            let knew = wire.knew.entry((operator, seat.0)).or_default();
            *knew = id.max(*knew);
            Ok(id)
        })
    }
}

impl SharedWire {
    /// What the process tells that the target's pod runs, if this operator reaches it.
    fn post(&self, operator: usize, target: &Target, now: Instant) -> Option<Arc<Status>> {
        let wire = lock(&self.wire);
        let number = target.identity.number;
        let cut = wire.cut.get(&(operator, number)).is_some_and(|t| *t > now);
        let post = wire.posts.get(&(target.identity.cluster, number));
        let post = post.filter(|post| post.pod_uid == target.pod_uid && !cut);
        post.map(|post| post.status.clone())
    }

    /// An answer takes its time.
    async fn dawdle(&self, now: Instant) {
        let span = {
            let mut wire = lock(&self.wire);
            let (until, most) = wire.late;
            if until > now && wire.random.chance(400) {
                wire.count("agents' answers late");
                wire.random.below(most)
            } else {
                wire.random.below(5 * MS)
            }
        };
        tokio::time::sleep(Duration::from_nanos(span)).await;
    }
}

impl Reach for Agents {
    fn status(
        &self,
        target: Target,
        after: Option<u64>,
    ) -> BoxFuture<'static, Result<Status, AgentError>> {
        let (operator, shared, clock) = (self.operator, self.shared.clone(), self.clock);
        Box::pin(async move {
            let begin = clock.now();
            let status = loop {
                let heard = shared.changed.times();
                let Some(status) = shared.post(operator, &target, clock.now()) else {
                    let span = lock(&shared.wire).random.between(MS, SECOND);
                    tokio::time::sleep(Duration::from_nanos(span)).await;
                    return Err(unreachable(&target, "it does not run"));
                };
                let waited = Duration::from_nanos(clock.now() - begin);
                if after != Some(status.generation) || waited >= WAIT {
                    break status;
                }
                let _ = tokio::time::timeout(WAIT - waited, shared.changed.after(heard)).await;
            };
            shared.dawdle(clock.now()).await;
            let mut wire = lock(&shared.wire);
            let cluster = target.identity.cluster;
            let knew = wire.knew.entry((operator, cluster)).or_default();
            *knew = status.configuration.id.max(*knew);
            Ok(Status::clone(&status))
        })
    }

    fn change(
        &self,
        target: Target,
        request: ConfigurationRequest,
    ) -> BoxFuture<'static, Result<ConfigurationResponse, AgentError>> {
        let call = self.call(target, Wish::Change(request));
        Box::pin(async move { Ok(ConfigurationResponse { id: call.await? }) })
    }

    fn transfer(
        &self,
        target: Target,
        request: TransferRequest,
    ) -> BoxFuture<'static, Result<(), AgentError>> {
        let call = self.call(target, Wish::Transfer(request));
        Box::pin(async move { call.await.map(drop) })
    }

    fn trust(&self, _namespace: &str, _certificate: &str, _key: &str) {}
}

fn unreachable(target: &Target, why: &str) -> AgentError {
    AgentError::Unreachable(target.address, why.to_owned())
}
