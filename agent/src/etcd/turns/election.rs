//! `v3electionpb.Election`.

use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, stream};
use synod_kv::{KeyRange, KeyValue, Op, Put, Range, SortOrder, SortTarget, Txn};
use synod_proto::v3electionpb as pb;
use synod_proto::v3electionpb::election_server::{Election, ElectionServer};
use tonic::{Request, Response, Status};

use super::super::{Front, encode};
use super::claim::{Claim, created_at, resignation};
use super::vacancy::Following;

/// Waits to be elected.
pub(crate) async fn campaign(
    front: &Arc<Front>,
    request: pb::CampaignRequest,
) -> Result<pb::CampaignResponse, Status> {
    let pb::CampaignRequest { name, lease, value } = request;
    let mut claim = Claim::stake(front, &name, lease, value.clone()).await?;
    if claim.before.as_ref().is_some_and(|before| *before != value) {
        let txn = proclamation(claim.key.clone(), claim.created, claim.lease, value);
        front.run(txn).await?;
    }
    claim.turn().await?;
    claim.keep();
    let leader = pb::LeaderKey {
        name,
        key: claim.key.clone(),
        rev: claim.created,
        lease: claim.lease,
    };
    Ok(pb::CampaignResponse {
        header: front.header(claim.revision),
        leader: Some(leader),
    })
}

/// Changes what the leader proclaims, if it still leads.
pub(crate) async fn proclaim(
    front: &Arc<Front>,
    request: pb::ProclaimRequest,
) -> Result<pb::ProclaimResponse, Status> {
    let leader = request.leader.ok_or_else(missing)?;
    let txn = proclamation(leader.key, leader.rev, leader.lease, request.value);
    let (revision, response) = front.run(txn).await?;
    if !response.succeeded {
        return Err(Status::unknown("election: not leader"));
    }
    Ok(pb::ProclaimResponse {
        header: front.header(revision),
    })
}

fn proclamation(key: Bytes, created: i64, lease: i64, value: Bytes) -> Txn {
    Txn {
        compare: vec![created_at(&key, created)],
        success: vec![Op::Put(Put {
            key,
            value,
            lease,
            ..Put::default()
        })],
        failure: Vec::new(),
    }
}

/// Tells who leads.
pub(crate) async fn leader(
    front: &Arc<Front>,
    request: pb::LeaderRequest,
) -> Result<pb::LeaderResponse, Status> {
    let (revision, first) = front.first(leading(&request.name)).await?;
    let kv = first.ok_or_else(|| Status::unknown("election: no leader"))?;
    Ok(shown(front, revision, &kv))
}

/// Steps down, if it still leads.
pub(crate) async fn resign(
    front: &Arc<Front>,
    request: pb::ResignRequest,
) -> Result<pb::ResignResponse, Status> {
    let leader = request.leader.ok_or_else(missing)?;
    let (revision, _) = front.run(resignation(leader.key, leader.rev)).await?;
    Ok(pb::ResignResponse {
        header: front.header(revision),
    })
}

fn missing() -> Status {
    Status::unknown("\"leader\" field must be provided")
}

fn prefix(name: &Bytes) -> KeyRange {
    KeyRange::prefix([name.as_ref(), b"/"].concat().into())
}

/// The oldest key of an election.
fn leading(name: &Bytes) -> Range {
    Range {
        order: SortOrder::Ascend,
        target: SortTarget::Create,
        limit: 1,
        ..Range::new(prefix(name))
    }
}

fn shown(front: &Front, revision: i64, kv: &KeyValue) -> pb::LeaderResponse {
    pb::LeaderResponse {
        header: front.header(revision),
        kv: Some(encode::key_value(kv)),
    }
}

/// tonic's service for the stream of leaders.
pub(crate) fn service(front: &Arc<Front>) -> ElectionServer<Service> {
    ElectionServer::new(Service(Arc::clone(front)))
}

/// The service of one front end. The router takes only the stream here; the other calls are there since the generated
/// trait wants them.
pub(crate) struct Service(Arc<Front>);

type Leaders = Pin<Box<dyn Stream<Item = Result<pb::LeaderResponse, Status>> + Send>>;

/// Who is being observed.
struct Observed {
    front: Arc<Front>,
    name: Bytes,
    following: Option<Following>,
    /// Creation and modification of the leader's key shown last. A new leader's may be older than both.
    last: (i64, i64),
}

impl Observed {
    /// The next leader, or the next thing that the leader proclaims.
    async fn next(&mut self) -> Result<pb::LeaderResponse, Status> {
        loop {
            let (revision, first) = self.front.first(leading(&self.name)).await?;
            if self.following.is_none() {
                let range = prefix(&self.name);
                self.following = Some(Following::begin(&self.front, range, revision + 1).await?);
            }
            if let Some(kv) = first {
                let found = (kv.create_revision(), kv.mod_revision());
                if std::mem::replace(&mut self.last, found) != found {
                    return Ok(shown(&self.front, revision, &kv));
                }
            }
            if let Some(following) = &self.following {
                following.next().await?;
            }
        }
    }
}

#[tonic::async_trait]
impl Election for Service {
    type ObserveStream = Leaders;

    async fn observe(
        &self,
        request: Request<pb::LeaderRequest>,
    ) -> Result<Response<Leaders>, Status> {
        let observed = Observed {
            front: Arc::clone(&self.0),
            name: request.into_inner().name,
            following: None,
            last: (0, 0),
        };
        let leaders = stream::unfold(Some(observed), |observed| async {
            let mut observed = observed?;
            match observed.next().await {
                Ok(leader) => Some((Ok(leader), Some(observed))),
                Err(status) => Some((Err(status), None)),
            }
        });
        Ok(Response::new(Box::pin(leaders)))
    }

    async fn campaign(
        &self,
        request: Request<pb::CampaignRequest>,
    ) -> Result<Response<pb::CampaignResponse>, Status> {
        campaign(&self.0, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn proclaim(
        &self,
        request: Request<pb::ProclaimRequest>,
    ) -> Result<Response<pb::ProclaimResponse>, Status> {
        proclaim(&self.0, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn leader(
        &self,
        request: Request<pb::LeaderRequest>,
    ) -> Result<Response<pb::LeaderResponse>, Status> {
        leader(&self.0, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn resign(
        &self,
        request: Request<pb::ResignRequest>,
    ) -> Result<Response<pb::ResignResponse>, Status> {
        resign(&self.0, request.into_inner())
            .await
            .map(Response::new)
    }
}
