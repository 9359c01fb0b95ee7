//! The plain HTTP paths that etcd answers on its client port: `/health`, `/livez`, `/readyz`, `/version`, `/metrics`.
//!
//! Status codes, bodies and content types are etcd's (`server/etcdserver/api/etcdhttp`).

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW,
    CONTENT_TYPE,
};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, Uri};
use serde::Serialize;
use synod_proto::etcdserverpb::{AlarmType, RangeRequest};

use super::grpc::Body;
use super::{Front, range, version};

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers a request that is not gRPC.
pub(crate) async fn answer(front: &Front, method: &Method, uri: &Uri) -> Response<Body> {
    let path = uri.path();
    let check = path
        .strip_prefix("/livez")
        .map(|rest| (LIVENESS, rest))
        .or_else(|| path.strip_prefix("/readyz").map(|rest| (READINESS, rest)));
    let known = matches!(path, "/health" | "/version" | "/metrics") || check.is_some();
    if known && method != Method::GET && path != "/metrics" {
        let mut refused = text(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
        let get = HeaderValue::from_static("GET");
        refused.headers_mut().insert(ALLOW, get);
        return refused;
    }
    match path {
        "/health" => health(front, uri).await,
        "/version" => reply(StatusCode::OK, JSON, versions()),
        "/metrics" => reply(StatusCode::OK, METRICS, front.metrics_text().await),
        _ => match check {
            Some((checks, rest)) => checked(front, uri, checks, rest).await,
            None => text(StatusCode::NOT_FOUND, "404 page not found\n"),
        },
    }
}

/// What etcd lets pages of other origins do.
const CROSS_ORIGIN: [(HeaderName, &str); 3] = [
    (
        ACCESS_CONTROL_ALLOW_HEADERS,
        "accept, content-type, authorization",
    ),
    (
        ACCESS_CONTROL_ALLOW_METHODS,
        "POST, GET, OPTIONS, PUT, DELETE",
    ),
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
];

fn reply(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::Plain(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in CROSS_ORIGIN {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = reply(status, TEXT, body);
    response.headers_mut().insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// The values that a query gives to `name`.
fn query<'a>(uri: &'a Uri, name: &'a str) -> impl Iterator<Item = &'a str> {
    uri.query()
        .unwrap_or_default()
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(move |(key, _)| *key == name)
        .map(|(_, value)| value)
}

#[derive(Serialize)]
struct Versions {
    etcdserver: &'static str,
    etcdcluster: &'static str,
    storage: &'static str,
}

fn versions() -> String {
    to_json(&Versions {
        etcdserver: version::SERVER,
        etcdcluster: version::CLUSTER,
        storage: version::CLUSTER,
    })
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[derive(Serialize)]
struct Health<'a> {
    health: &'a str,
    reason: String,
}

async fn health(front: &Front, uri: &Uri) -> Response<Body> {
    let serializable = query(uri, "serializable").next() == Some("true");
    let excluded: Vec<&str> = query(uri, "exclude").collect();
    match healthy(front, &excluded, serializable).await {
        Ok(()) => {
            let (health, reason) = ("true", String::new());
            reply(StatusCode::OK, TEXT, to_json(&Health { health, reason }))
        }
        Err(reason) => {
            let health = "false";
            let body = to_json(&Health { health, reason }) + "\n";
            text(StatusCode::SERVICE_UNAVAILABLE, body)
        }
    }
}

async fn healthy(front: &Front, excluded: &[&str], serializable: bool) -> Result<(), String> {
    for alarm in front.alarm_kinds().await {
        if !excluded.contains(&alarm.as_str_name()) {
            return Err(format!("ALARM {}", alarm.as_str_name()));
        }
    }
    if !serializable && front.engine.live().leader().is_none() {
        return Err("RAFT NO LEADER".to_owned());
    }
    read(front, serializable)
        .await
        .map_err(|words| format!("RANGE ERROR:{words}"))
}

/// Reads the smallest thing there is.
async fn read(front: &Front, serializable: bool) -> Result<(), String> {
    let request = RangeRequest {
        key: Bytes::from_static(b"\0"),
        limit: 1,
        keys_only: true,
        serializable,
        ..RangeRequest::default()
    };
    match range::execute(front, request).await {
        Ok(_) => Ok(()),
        Err(status) => Err(status.message().to_owned()),
    }
}

/// One of the things that `/livez` and `/readyz` look at.
#[derive(Clone, Copy)]
enum Check {
    DataCorruption,
    SerializableRead,
    LinearizableRead,
    NonLearner,
}

const LIVENESS: &[Check] = &[Check::SerializableRead];
const READINESS: &[Check] = &[
    Check::DataCorruption,
    Check::SerializableRead,
    Check::LinearizableRead,
    Check::NonLearner,
];

impl Check {
    const fn name(self) -> &'static str {
        match self {
            Self::DataCorruption => "data_corruption",
            Self::SerializableRead => "serializable_read",
            Self::LinearizableRead => "linearizable_read",
            Self::NonLearner => "non_learner",
        }
    }

    async fn run(self, front: &Front) -> Result<(), String> {
        match self {
            Self::DataCorruption if front.alarm_kinds().await.contains(&AlarmType::Corrupt) => {
                Err("alarm activated: CORRUPT".to_owned())
            }
            Self::NonLearner if front.is_learner() => Err("not supported for learner".to_owned()),
            Self::DataCorruption | Self::NonLearner => Ok(()),
            Self::SerializableRead => read(front, true).await,
            Self::LinearizableRead => read(front, false).await,
        }
    }
}

async fn checked(front: &Front, uri: &Uri, checks: &[Check], rest: &str) -> Response<Body> {
    let chosen: Vec<Check> = match rest {
        "" => {
            let excluded: Vec<&str> = query(uri, "exclude").collect();
            let kept = checks.iter().filter(|c| !excluded.contains(&c.name()));
            kept.copied().collect()
        }
        one => {
            let named = checks
                .iter()
                .filter(|c| one.strip_prefix('/') == Some(c.name()));
            named.copied().collect()
        }
    };
    if chosen.is_empty() && !rest.is_empty() {
        return text(StatusCode::NOT_FOUND, "404 page not found\n");
    }
    let mut report = String::new();
    let mut failed = false;
    for check in chosen {
        match check.run(front).await {
            Ok(()) => report += &format!("[+]{} ok\n", check.name()),
            Err(why) => {
                failed = true;
                report += &format!("[-]{} failed: {why}\n", check.name());
            }
        }
    }
    if failed {
        return text(StatusCode::SERVICE_UNAVAILABLE, report + "\n");
    }
    if query(uri, "verbose").next().is_none() {
        report.clear();
    }
    text(StatusCode::OK, report + "ok\n")
}
