//! Requests as they are: any method, any body, any header, and the whole answer.

use std::time::Duration;

use http::{Request, header};
use http_body_util::BodyExt;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;

use crate::Failure;

/// Nothing that is asked takes longer; watches in the script end themselves after a few seconds.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// By this the servers know who wrote, where a request names no field manager.
const USER_AGENT: &str = "script/1.0";

/// One request.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// GET, POST, PUT, PATCH, DELETE.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Content type of the body, if there is one.
    pub content_type: String,
    /// What is accepted.
    pub accept: String,
    /// The body.
    pub body: Vec<u8>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub code: u16,
    /// Content type without parameters.
    pub content_type: String,
    /// `Warning` headers.
    pub warnings: Vec<String>,
    /// The body: JSON where it is, the list of its events for a watch, else text.
    pub body: Value,
}

impl Answer {
    /// The answer as one value, for comparison.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::json!({"code": self.code, "type": self.content_type, "warnings": self.warnings, "body": self.body})
    }
}

/// A client of typed objects, that takes a refusal for an answer.
///
/// # Errors
/// When the kubeconfig cannot be used.
pub async fn kube_client(kubeconfig: &str) -> Result<kube::Client, Failure> {
    let cannot = |error: &dyn std::fmt::Display| format!("cannot use the kubeconfig: {error}");
    let parsed = Kubeconfig::from_yaml(kubeconfig).map_err(|e| cannot(&e))?;
    let mut config = kube::Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default())
        .await
        .map_err(|e| cannot(&e))?;
    // However long one should wait before asking again.
    config.default_retry = false;
    kube::Client::try_from(config).map_err(|e| cannot(&e))
}

/// A client of one server.
pub struct Client {
    inner: kube::Client,
}

impl Client {
    /// The client that a kubeconfig describes.
    ///
    /// # Errors
    /// When the kubeconfig cannot be used.
    pub async fn new(kubeconfig: &str) -> Result<Self, Failure> {
        let inner = kube_client(kubeconfig).await?;
        Ok(Self { inner })
    }

    /// Whether the server answers `/readyz` with 200.
    pub async fn is_ready(&self) -> bool {
        let call = Call {
            method: "GET".to_owned(),
            path: "/readyz".to_owned(),
            ..Call::default()
        };
        self.send(&call)
            .await
            .is_ok_and(|answer| answer.code == 200)
    }

    /// Sends a request and reads the answer to its end.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn send(&self, call: &Call) -> Result<Answer, Failure> {
        let cannot = |error: &dyn std::fmt::Display| {
            format!("{} {}: no answer: {error}", call.method, call.path)
        };
        let mut request = Request::builder()
            .method(call.method.as_str())
            .uri(&call.path)
            .header(header::USER_AGENT, USER_AGENT);
        if !call.content_type.is_empty() {
            request = request.header(header::CONTENT_TYPE, &call.content_type);
        }
        if !call.accept.is_empty() {
            request = request.header(header::ACCEPT, &call.accept);
        }
        let request = request
            .body(Body::from(call.body.clone()))
            .map_err(|e| cannot(&e))?;
        let work = async {
            let response = self.inner.send(request).await.map_err(|e| cannot(&e))?;
            let (head, body) = response.into_parts();
            let bytes = body.collect().await.map_err(|e| cannot(&e))?.to_bytes();
            Ok(answer(&head, &bytes, call.path.contains("watch=")))
        };
        tokio::time::timeout(ANSWER_MAX, work)
            .await
            .map_err(|_| cannot(&"too late"))?
    }
}

fn answer(head: &http::response::Parts, body: &[u8], watch: bool) -> Answer {
    let text = |value: &header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let content_type = head.headers.get(header::CONTENT_TYPE).map(text);
    let content_type = content_type.unwrap_or_default();
    let warnings = head.headers.get_all(header::WARNING);
    Answer {
        code: head.status.as_u16(),
        content_type: content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned(),
        warnings: warnings.iter().map(text).collect(),
        body: body_value(body, watch && head.status.is_success()),
    }
}

fn body_value(body: &[u8], watch: bool) -> Value {
    let text = String::from_utf8_lossy(body);
    let parsed = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    if watch {
        text.lines().map(parsed).collect()
    } else {
        parsed(&text)
    }
}
