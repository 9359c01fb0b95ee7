//! The admin API's endpoints.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde::de::DeserializeOwned;
use synod_agent_api::{
    Change, ConfigurationRequest, ConfigurationResponse, DrainResponse, ErrorCode, MemberSpec,
    SnapshotResponse, Status, StatusQuery, TransferRequest, TransferResponse, paths,
};
use synod_paxos::{Change as Step, ConfigId, Configuration, Member, MemberRole, Node};
use synod_replica::MemberContext;
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::Machine;
use super::drain::hand_over;
use super::errors::Refused;
use crate::engine::{Engine, MembershipStep};

/// The longest a status is waited for, also the default.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Time for the loop to answer.
const REPORT_TIMEOUT: Duration = Duration::from_secs(5);

type Answer<T> = Result<Json<T>, Refused>;

/// The routes of the admin listener.
pub fn admin_routes<S: Machine>(engine: Engine<S>, further: Arc<Further>) -> Router {
    Router::new()
        .route(paths::STATUS, get(status::<S>))
        .route(paths::CONFIGURATION, post(change::<S>))
        .route(paths::TRANSFER, post(transfer::<S>))
        .route(paths::DRAIN, post(drain::<S>))
        .route(paths::SNAPSHOT, post(snapshot::<S>))
        .fallback(async move |request: Request| further.answer(request).await)
        .method_not_allowed_fallback(async || {
            Refused::new(ErrorCode::Invalid, "GET the status, POST the rest")
        })
        .with_state(engine)
}

/// Routes of a front end, which is there later than the listener.
#[derive(Debug, Default)]
pub struct Further(OnceLock<Router>);

impl Further {
    /// The front end is there.
    pub fn opened(&self, routes: Router) {
        let _ = self.0.set(routes.fallback(no_such_path));
    }

    async fn answer(&self, request: Request) -> Response {
        match self.0.get().cloned() {
            Some(routes) => routes.oneshot(request).await.into_response(),
            None => no_such_path().await.into_response(),
        }
    }
}

async fn no_such_path() -> Refused {
    Refused::new(ErrorCode::NotFound, "there is no such path")
}

/// `GET /v1/status`: at once, or when the generation is another than `after`.
async fn status<S: Machine>(
    State(engine): State<Engine<S>>,
    query: Result<Query<StatusQuery>, QueryRejection>,
) -> Answer<Status> {
    let Query(query) = query.map_err(|error| Refused::invalid(error.body_text()))?;
    if let Some(after) = query.after {
        let wait = query.wait.as_deref().map_or(Ok(WAIT_MAX), seconds)?;
        let mut shown = engine.watch_status();
        let differs = shown.wait_for(|status| status.generation != after);
        let _ = timeout(wait.min(WAIT_MAX), differs).await;
    }
    match timeout(REPORT_TIMEOUT, engine.report()).await {
        Ok(Ok(report)) => Ok(Json((*report.status).clone())),
        _ => Ok(Json((*engine.status()).clone())),
    }
}

/// `30s` or `30`.
fn seconds(text: &str) -> Result<Duration, Refused> {
    let digits = text.strip_suffix('s').unwrap_or(text);
    digits.parse().map(Duration::from_secs).map_err(|_| {
        Refused::invalid(format!(
            "wait: `{text}` is no number of seconds; write for example `30s`"
        ))
    })
}

/// `POST /v1/configuration`: one step, compare and set.
async fn change<S: Machine>(
    State(engine): State<Engine<S>>,
    body: Bytes,
) -> Answer<ConfigurationResponse> {
    let request: ConfigurationRequest = read(&body)?;
    let step = MembershipStep {
        expected: request.expected.map(ConfigId),
        change: step(request.change, &engine.configuration())?,
    };
    let id = engine.change(step).await?;
    Ok(Json(ConfigurationResponse { id: id.0 }))
}

/// `POST /v1/transfer`.
async fn transfer<S: Machine>(
    State(engine): State<Engine<S>>,
    body: Bytes,
) -> Answer<TransferResponse> {
    let request: TransferRequest = read(&body)?;
    engine.transfer(request.to.map(Node)).await?;
    Ok(Json(TransferResponse {}))
}

/// `POST /v1/drain`: unready and not leading, but serving until the process is told to stop.
async fn drain<S: Machine>(State(engine): State<Engine<S>>) -> Json<DrainResponse> {
    let leads = hand_over(&engine).await;
    Json(DrainResponse { leads })
}

/// `POST /v1/snapshot`.
async fn snapshot<S: Machine>(State(engine): State<Engine<S>>) -> Answer<SnapshotResponse> {
    let slot = engine.snapshot().await?;
    Ok(Json(SnapshotResponse { slot: slot.0 }))
}

/// A body; none at all counts as an empty object.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Refused::invalid(format!("the body: {error}")))
}

/// What Paxos knows the step as. An update of names keeps what `configuration` knows of the member's disk.
///
/// # Errors
/// For a member's number 0, and for names and addresses that are too long.
pub fn step(change: Change, configuration: &Configuration) -> Result<Step, Refused> {
    let node = |number: u64| match number {
        0 => Err(Refused::invalid("member numbers begin at 1")),
        _ => Ok(Node(number)),
    };
    Ok(match change {
        Change::Add {
            number,
            learner,
            member,
        } => Step::Add {
            node: node(number)?,
            member: Member {
                role: if learner {
                    MemberRole::Learner
                } else {
                    MemberRole::Joining
                },
                context: context(member, 0)?,
            },
        },
        Change::Promote { number } => Step::Promote {
            node: node(number)?,
        },
        Change::Remove { number } => Step::Remove {
            node: node(number)?,
        },
        Change::Swap { out, into } => Step::Swap {
            out: node(out)?,
            into: node(into)?,
        },
        Change::Update { number, member } => Step::Update {
            node: node(number)?,
            context: context(member, disk_id(configuration, Node(number)))?,
        },
    })
}

/// The identity of a member's disk as the configuration knows it.
fn disk_id(configuration: &Configuration, node: Node) -> u128 {
    let member = configuration.members.get(&node);
    member
        .and_then(|member| MemberContext::decode(&member.context).ok())
        .map_or(0, |context| context.disk_id)
}

/// A member as the configuration keeps it.
fn context(member: MemberSpec, disk_id: u128) -> Result<Bytes, Refused> {
    let encoded = MemberContext {
        name: member.name,
        peer_urls: match member.peer_urls {
            urls if urls.is_empty() && !member.peer_address.is_empty() => {
                vec![format!("https://{}", member.peer_address)]
            }
            urls => urls,
        },
        peer_address: member.peer_address,
        client_urls: member.client_urls,
        disk_id,
    }
    .encode();
    if encoded.len() > MemberContext::BYTES_MAX {
        return Err(Refused::invalid(
            "the member's name and addresses are too long together",
        ));
    }
    Ok(encoded)
}
