//! `LeaseKeepAlive`: one answer for each request on the stream, in order.

use std::pin::Pin;
use std::sync::Arc;

use futures::{Stream, StreamExt, stream};
use synod_kv::{SoftRequest, SoftResponse};
use synod_proto::etcdserverpb as pb;
use synod_proto::etcdserverpb::lease_server::{Lease, LeaseServer};
use tonic::{Request, Response, Status, Streaming};

use super::super::errors::{EtcdError, refused};
use super::super::{Front, gate, lease};

/// Requests of one stream that are under way at a time; more wait in the stream.
const PENDING_MAX: usize = 64;

/// tonic's service for the stream.
pub(crate) fn service(front: &Arc<Front>) -> LeaseServer<Service> {
    LeaseServer::new(Service(Arc::clone(front)))
}

/// The service of one front end. The router takes only the stream here; the other calls are there since the generated
/// trait wants them.
pub(crate) struct Service(Arc<Front>);

type Answers = Pin<Box<dyn Stream<Item = Result<pb::LeaseKeepAliveResponse, Status>> + Send>>;

#[tonic::async_trait]
impl Lease for Service {
    type LeaseKeepAliveStream = Answers;

    async fn lease_keep_alive(
        &self,
        request: Request<Streaming<pb::LeaseKeepAliveRequest>>,
    ) -> Result<Response<Answers>, Status> {
        let front = Arc::clone(&self.0);
        let leader_wanted = gate::wants_leader(request.metadata().as_ref());
        let end = ended(Arc::clone(&front), leader_wanted);
        let answers = request
            .into_inner()
            .map(move |request| {
                let front = Arc::clone(&front);
                async move { renew(&front, request?.id).await }
            })
            .buffered(PENDING_MAX);
        // An error ends the stream: whatever `stop` brings is the last thing the client hears.
        let answers = stream::select(answers.map(Some).chain(stream::iter([None])), end.map(Some))
            .scan(false, |ended, answer| {
                let last = std::mem::replace(ended, matches!(answer, Some(Err(_))));
                std::future::ready(answer.filter(|_| !last))
            });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn lease_grant(
        &self,
        request: Request<pb::LeaseGrantRequest>,
    ) -> Result<Response<pb::LeaseGrantResponse>, Status> {
        let answer = lease::grant::execute(&self.0, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn lease_revoke(
        &self,
        request: Request<pb::LeaseRevokeRequest>,
    ) -> Result<Response<pb::LeaseRevokeResponse>, Status> {
        let answer = lease::revoke::execute(&self.0, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn lease_time_to_live(
        &self,
        request: Request<pb::LeaseTimeToLiveRequest>,
    ) -> Result<Response<pb::LeaseTimeToLiveResponse>, Status> {
        let answer = lease::time_to_live::execute(&self.0, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn lease_leases(
        &self,
        request: Request<pb::LeaseLeasesRequest>,
    ) -> Result<Response<pb::LeaseLeasesResponse>, Status> {
        let answer = lease::list::execute(&self.0, request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}

/// One error, when the front end stops or the leader that the client wants is missing for long.
fn ended(
    front: Arc<Front>,
    leader_wanted: bool,
) -> impl Stream<Item = Result<pb::LeaseKeepAliveResponse, Status>> {
    stream::once(async move {
        let error = tokio::select! {
            () = front.stop().cancelled() => EtcdError::Stopped,
            () = front.leader_lost(leader_wanted) => EtcdError::NoLeader,
        };
        Err(error.into())
    })
}

/// Renews one lease. The header shows the revision from before the renewal: a client must not see a lease kept alive at
/// a revision at which it was revoked already.
async fn renew(front: &Front, id: i64) -> Result<pb::LeaseKeepAliveResponse, Status> {
    let revision = front.revision().await?;
    let soft = front.engine.soft(SoftRequest::KeepAlive { id });
    let ttl = match soft.await.map_err(refused)? {
        SoftResponse::KeptAlive { ttl } => ttl,
        SoftResponse::LeaseNotFound => 0,
        SoftResponse::Corrupt => return Err(EtcdError::Corrupt.into()),
        SoftResponse::NotLeading => return Err(EtcdError::LeaderChanged.into()),
        SoftResponse::TimeToLive { .. } => return Err(Front::answered_wrongly()),
    };
    Ok(pb::LeaseKeepAliveResponse {
        header: front.header(revision),
        id,
        ttl,
    })
}
