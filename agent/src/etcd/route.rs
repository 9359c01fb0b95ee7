//! From a request to the function that answers it.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use tonic::{Code, Status};
use tower::Service;

use super::calls::Call;
use super::grpc::{Body, unary};
use super::maintenance::health_check;
use super::turns::{election, lock};
use super::{
    Front, auth, cluster, compact, delete, gate, health, lease, maintenance, put, range, txn, watch,
};

/// Answers any request on the client port.
pub(crate) async fn answer(front: Arc<Front>, request: Request<Incoming>) -> Response<Body> {
    if !is_grpc(request.headers()) {
        return health::answer(&front, request.method(), request.uri()).await;
    }
    let Some(call) = Call::from_path(request.uri().path()) else {
        let words = format!("unknown call {}", request.uri().path());
        return Status::unimplemented(words).into_http();
    };
    front.metrics.started(call);
    let guest = front.engine.welcome();
    let carried_out = match gate::pass(&front, call, request.headers()) {
        Ok(()) => carry_out(&front, call, request).await,
        Err(refused) => Err(refused),
    };
    match carried_out {
        Ok(response) => {
            front.metrics.handled(call, Code::Ok);
            response.map(|body| body.kept(guest))
        }
        Err(status) => {
            front.metrics.handled(call, status.code());
            status.into_http()
        }
    }
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// The hot calls; the others are boxed, so that they do not make the future of these larger.
async fn carry_out(
    front: &Arc<Front>,
    call: Call,
    request: Request<Incoming>,
) -> Result<Response<Body>, Status> {
    let intake = &front.intake;
    match call {
        Call::Range => unary(request, intake, |r| range::execute(front, r)).await,
        Call::Put => unary(request, intake, |r| put::execute(front, r)).await,
        Call::Txn => unary(request, intake, |r| txn::execute(front, r)).await,
        Call::DeleteRange => unary(request, intake, |r| delete::execute(front, r)).await,
        _ => Box::pin(seldom(front, call, request)).await,
    }
}

async fn seldom(
    front: &Arc<Front>,
    call: Call,
    request: Request<Incoming>,
) -> Result<Response<Body>, Status> {
    let f = front.as_ref();
    let intake = &front.intake;
    match call {
        Call::Range | Call::Put | Call::Txn | Call::DeleteRange => {
            unreachable!("the hot calls are answered before")
        }
        Call::Compact => unary(request, intake, |r| compact::execute(f, r)).await,
        Call::Watch => stream(watch::service(front), request).await,
        Call::LeaseGrant => unary(request, intake, |r| lease::grant::execute(f, r)).await,
        Call::LeaseRevoke => unary(request, intake, |r| lease::revoke::execute(f, r)).await,
        Call::LeaseKeepAlive => stream(lease::service(front), request).await,
        Call::LeaseTimeToLive => {
            unary(request, intake, |r| lease::time_to_live::execute(f, r)).await
        }
        Call::LeaseLeases => unary(request, intake, |r| lease::list::execute(f, r)).await,
        Call::MemberAdd => unary(request, intake, |r| cluster::add::execute(f, r)).await,
        Call::MemberRemove => unary(request, intake, |r| cluster::remove::execute(f, r)).await,
        Call::MemberUpdate => unary(request, intake, |r| cluster::update::execute(f, r)).await,
        Call::MemberList => unary(request, intake, |r| cluster::list::execute(f, r)).await,
        Call::MemberPromote => unary(request, intake, |r| cluster::promote::execute(f, r)).await,
        Call::Alarm => unary(request, intake, |r| maintenance::alarm::execute(f, r)).await,
        Call::Status => unary(request, intake, |r| maintenance::status::execute(f, r)).await,
        Call::Defragment => {
            unary(request, intake, |r| maintenance::defragment::execute(f, r)).await
        }
        Call::Hash => unary(request, intake, |r| maintenance::hash::execute(f, r)).await,
        Call::HashKv => unary(request, intake, |r| maintenance::hash_kv::execute(f, r)).await,
        Call::Snapshot => Err(Status::unimplemented(
            "synod: snapshots in the format of etcd's files are not implemented yet",
        )),
        Call::MoveLeader => {
            unary(request, intake, |r| maintenance::move_leader::execute(f, r)).await
        }
        Call::Downgrade => unary(request, intake, |r| maintenance::downgrade::execute(f, r)).await,
        Call::AuthStatus => unary(request, intake, |r| auth::status(f, r)).await,
        Call::AuthDisable => unary(request, intake, |r| auth::disable(f, r)).await,
        Call::UserList => unary(request, intake, |r| auth::users(f, r)).await,
        Call::RoleList => unary(request, intake, |r| auth::roles(f, r)).await,
        Call::AuthEnable
        | Call::Authenticate
        | Call::UserAdd
        | Call::UserGet
        | Call::UserDelete
        | Call::UserChangePassword
        | Call::UserGrantRole
        | Call::UserRevokeRole
        | Call::RoleAdd
        | Call::RoleGet
        | Call::RoleDelete
        | Call::RoleGrantPermission
        | Call::RoleRevokePermission => Err(auth::refuse(call)),
        Call::Lock => unary(request, intake, |r| lock::lock(front, r)).await,
        Call::Unlock => unary(request, intake, |r| lock::unlock(front, r)).await,
        Call::Campaign => unary(request, intake, |r| election::campaign(front, r)).await,
        Call::Proclaim => unary(request, intake, |r| election::proclaim(front, r)).await,
        Call::Leader => unary(request, intake, |r| election::leader(front, r)).await,
        Call::Observe => stream(election::service(front), request).await,
        Call::HealthCheck => unary(request, intake, async |r| health_check::check(&r)).await,
        Call::Resign => unary(request, intake, |r| election::resign(front, r)).await,
    }
}

/// Calls with streams go through tonic's own server.
async fn stream<S>(mut service: S, request: Request<Incoming>) -> Result<Response<Body>, Status>
where
    S: Service<
            Request<Incoming>,
            Response = Response<tonic::body::Body>,
            Error = std::convert::Infallible,
        >,
{
    match service.call(request).await {
        Ok(response) => Ok(response.map(|body| Body::Stream(body, None))),
        Err(never) => match never {},
    }
}
