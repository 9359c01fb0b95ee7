//! An operator's line to the API, and what goes wrong on it: refused writes, writes whose answer is lost, writes that
//! arrive late, lists and watches that are behind, watches that break, and the operator's death between two writes.
//!
//! It decides nothing by itself but by its chance; the nemesis says what is bad and until when. What was written is
//! noted in full and judged later, at the same instant, by `checks.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use kube::client::Body;
use serde_json::{Value, json};
use synod_operator::local::api::{Api, ApiBody};

use super::bell::Bell;
use super::clock::Clock;
use super::direct::{kinds, text};
use crate::clock::{Instant, MS};
use crate::random::Random;

/// The connection broke.
#[derive(Debug)]
pub(super) struct Lost;

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection to the API was lost")
    }
}

impl std::error::Error for Lost {}

type Answer = Response<UnsyncBoxBody<Bytes, Lost>>;

/// A write that the API took or refused.
pub(super) struct Write {
    /// Which operator's.
    pub(super) operator: usize,
    pub(super) verb: &'static str,
    /// Of what type, as the API stores it.
    pub(super) resource: String,
    pub(super) name: String,
    pub(super) subresource: String,
    pub(super) body: Value,
    /// What was there before.
    pub(super) before: Option<Arc<Value>>,
    /// The API's answer.
    pub(super) code: u16,
    /// Whether this operator had been told of the object that was there before.
    pub(super) known: bool,
    pub(super) begun: Begun,
}

/// When a request was begun.
#[derive(Clone, Copy)]
pub(super) struct Begun {
    pub(super) at: Instant,
    /// Whether the operator had been told to stop.
    pub(super) after_stop: bool,
}

/// Where in a write an operator dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    Before,
    After,
}

/// What is bad on one line at the moment.
#[derive(Default)]
pub(super) struct Weather {
    /// Of a thousand writes and lists, how many are refused.
    pub(super) refused: u64,
    /// Of a thousand writes, how many are done without an answer.
    pub(super) unanswered: u64,
    /// Of a thousand writes, how many arrive late.
    pub(super) late: u64,
    /// Until when.
    pub(super) until: Instant,
    /// Until when nothing is heard, of a type or (empty) of any.
    pub(super) frozen: BTreeMap<String, Instant>,
    /// The next watch that begins is told that its version is gone.
    pub(super) gone: u64,
    /// The operator dies at its next write.
    pub(super) death: Option<Death>,
    /// It died.
    pub(super) dead: bool,
    /// It was told to stop.
    pub(super) stopped: bool,
    /// uids that were delivered to it.
    known: BTreeSet<String>,
}

/// What all lines share.
pub(super) struct Desk {
    pub(super) random: Random,
    pub(super) weather: Vec<Weather>,
    pub(super) writes: Vec<Write>,
    /// What went wrong, by kind.
    pub(super) counts: BTreeMap<&'static str, u64>,
}

impl Desk {
    pub(super) fn new(random: Random) -> Self {
        Self {
            random,
            weather: Vec::new(),
            writes: Vec::new(),
            counts: BTreeMap::new(),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}

/// The desk behind its lock.
pub(super) type SharedDesk = Arc<Mutex<Desk>>;

/// Locks it; a panic under the lock is the end of the run anyway.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One operator's line.
#[derive(Clone)]
pub(super) struct Line {
    operator: usize,
    api: Api,
    desk: SharedDesk,
    clock: Clock,
    /// Rings when all watches break.
    breaks: Arc<Bell>,
}

/// What becomes of a write.
enum Fate {
    Fine,
    Late(Duration),
    Refused(u16),
    Unanswered,
    Dies(Death),
}

impl Line {
    /// The line of operator `operator`, whose watches break when `breaks` rings.
    pub(super) fn open(
        operator: usize,
        api: Api,
        desk: SharedDesk,
        clock: Clock,
        breaks: Arc<Bell>,
    ) -> Self {
        lock(&desk).weather.push(Weather::default());
        Self {
            operator,
            api,
            desk,
            clock,
            breaks,
        }
    }

    /// A client over this line.
    pub(super) fn client(self) -> kube::Client {
        let service = tower::service_fn(move |request: Request<Body>| {
            let line = self.clone();
            async move { line.call(request).await }
        });
        kube::Client::new(service, super::direct::NAMESPACE)
    }

    async fn call(self, request: Request<Body>) -> Result<Answer, Lost> {
        let begun = Begun {
            at: self.clock.now(),
            after_stop: lock(&self.desk).weather[self.operator].stopped,
        };
        // Nothing is for nothing: two operators that write over each other would do so for ever in one instant.
        let latency = lock(&self.desk).random.between(1, 6);
        tokio::time::sleep(Duration::from_millis(latency)).await;
        if lock(&self.desk).weather[self.operator].dead {
            return std::future::pending().await;
        }
        let place = Place::of(request.uri().path());
        if request.method() != Method::GET {
            return self.write(place, request, begun).await;
        }
        let query = request.uri().query().unwrap_or_default().to_owned();
        if query.contains("watch=true") {
            self.watch(place, request).await
        } else if place.name.is_empty() && query.contains("limit=") {
            self.list(place, request).await
        } else {
            // What is asked for by name, or to be sure, is answered by the newest state, or not at all.
            let refused = self.refuses();
            match refused {
                Some(code) => Ok(refusal(code)),
                None => Ok(self.api.handle(request).await.map(lossless)),
            }
        }
    }

    fn refuses(&self) -> Option<u16> {
        let now = self.clock.now();
        let mut desk = lock(&self.desk);
        let weather = &desk.weather[self.operator];
        let refused = if weather.until > now {
            weather.refused
        } else {
            0
        };
        if !desk.random.chance(refused) {
            return None;
        }
        desk.count("requests refused");
        Some(*desk.random.pick(&[429, 500, 503]))
    }

    /// A list arrives when the line lets it through: by then it may be old.
    async fn list(self, place: Place, request: Request<Body>) -> Result<Answer, Lost> {
        if let Some(code) = self.refuses() {
            return Ok(refusal(code));
        }
        let response = self.api.handle(request).await;
        let (head, body) = response.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(never) => match never {},
        };
        self.thaw(&place.resource, "lists delayed").await;
        if place.is_followed() {
            let list: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
            let items = list["items"].as_array().into_iter().flatten();
            let uids = items.map(|item| text(item, "/metadata/uid").to_owned());
            lock(&self.desk).weather[self.operator].known.extend(uids);
        }
        let body = Full::new(body).map_err(|never| match never {});
        Ok(Response::from_parts(head, body.boxed_unsync()))
    }

    /// Waits until news of this type come through.
    async fn thaw(&self, resource: &str, what: &'static str) {
        let mut counted = false;
        loop {
            let now = self.clock.now();
            let until = {
                let mut desk = lock(&self.desk);
                let frozen = &desk.weather[self.operator].frozen;
                let of = |name: &str| frozen.get(name).copied().unwrap_or(0);
                let until = of("").max(of(resource));
                if until > now && !counted {
                    desk.count(what);
                }
                until
            };
            if until <= now {
                return;
            }
            counted = true;
            tokio::time::sleep(Duration::from_nanos(until - now)).await;
        }
    }

    async fn watch(self, place: Place, request: Request<Body>) -> Result<Answer, Lost> {
        {
            let mut desk = lock(&self.desk);
            let weather = &mut desk.weather[self.operator];
            if weather.gone > 0 {
                weather.gone -= 1;
                desk.count("watches told that their version is gone");
                return Ok(refusal(410));
            }
        }
        let (head, body) = self.api.handle(request).await.into_parts();
        let heard = self.breaks.times();
        let stream = futures::stream::unfold(
            Follow {
                line: self,
                place,
                body,
                heard,
            },
            |mut follow| async move {
                let frame = follow.next().await?;
                Some((Ok::<_, Lost>(frame), follow))
            },
        );
        let body = StreamBody::new(stream);
        Ok(Response::from_parts(head, body.boxed_unsync()))
    }

    fn fate(&self) -> Fate {
        let now = self.clock.now();
        let mut desk = lock(&self.desk);
        let weather = &mut desk.weather[self.operator];
        if let Some(death) = weather.death.take() {
            desk.count(match death {
                Death::Before => "operators dead before a write",
                Death::After => "operators dead after a write",
            });
            return Fate::Dies(death);
        }
        if weather.until <= now {
            return Fate::Fine;
        }
        let (refused, unanswered, late) = (weather.refused, weather.unanswered, weather.late);
        let roll = desk.random.below(1000);
        if roll < refused {
            desk.count("writes refused");
            Fate::Refused(*desk.random.pick(&[409, 429, 500, 503]))
        } else if roll < refused + unanswered {
            desk.count("writes done without an answer");
            Fate::Unanswered
        } else if roll < refused + unanswered + late {
            desk.count("writes that arrived late");
            let span = desk.random.between(MS, 4_000 * MS);
            Fate::Late(Duration::from_nanos(span))
        } else {
            Fate::Fine
        }
    }

    async fn write(
        self,
        place: Place,
        request: Request<Body>,
        begun: Begun,
    ) -> Result<Answer, Lost> {
        let fate = self.fate();
        match fate {
            Fate::Refused(code) => return Ok(refusal(code)),
            Fate::Dies(Death::Before) => return self.die().await,
            Fate::Late(span) => tokio::time::sleep(span).await,
            _ => {}
        }
        if lock(&self.desk).weather[self.operator].dead {
            return std::future::pending().await;
        }
        let answer = self.perform(place, request, begun).await;
        match fate {
            Fate::Dies(Death::After) => self.die().await,
            Fate::Unanswered => Err(Lost),
            _ => Ok(answer),
        }
    }

    async fn die<T>(self) -> T {
        lock(&self.desk).weather[self.operator].dead = true;
        std::future::pending().await
    }

    async fn perform(&self, mut place: Place, request: Request<Body>, begun: Begun) -> Answer {
        let (head, body) = request.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => Bytes::new(),
        };
        let sent: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let verb = match head.method.as_str() {
            "POST" => "create",
            "PUT" => "replace",
            "DELETE" => "delete",
            _ => "patch",
        };
        if place.name.is_empty() {
            place.name = text(&sent, "/metadata/name").to_owned();
        }
        let before = self
            .api
            .object(&place.resource, &place.namespace, &place.name);
        let request = Request::from_parts(head, Full::new(body));
        let answer = self.api.handle(request).await;
        let uid = before.as_deref().map(|o| text(o, "/metadata/uid"));
        let mut desk = lock(&self.desk);
        let known = uid.is_none_or(|uid| desk.weather[self.operator].known.contains(uid));
        desk.writes.push(Write {
            operator: self.operator,
            verb,
            known: known || !place.is_followed(),
            resource: place.resource,
            name: place.name,
            subresource: place.subresource,
            body: sent,
            before,
            code: answer.status().as_u16(),
            begun,
        });
        answer.map(lossless)
    }
}

/// A watch on its way.
struct Follow {
    line: Line,
    place: Place,
    body: ApiBody,
    /// How often watches had broken when it began.
    heard: u64,
}

impl Follow {
    async fn next(&mut self) -> Option<http_body::Frame<Bytes>> {
        let frame = tokio::select! {
            biased;
            () = self.line.breaks.after(self.heard) => return None,
            frame = self.body.frame() => match frame? {
                Ok(frame) => frame,
                Err(never) => match never {},
            },
        };
        tokio::select! {
            biased;
            () = self.line.breaks.after(self.heard) => return None,
            () = self.line.thaw(&self.place.resource, "news delayed") => {}
        }
        if self.place.is_followed()
            && let Some(data) = frame.data_ref()
        {
            let event: Value = serde_json::from_slice(data).unwrap_or(Value::Null);
            let uid = text(&event, "/object/metadata/uid").to_owned();
            lock(&self.line.desk).weather[self.line.operator]
                .known
                .insert(uid);
        }
        Some(frame)
    }
}

/// What a path names.
#[derive(Clone, Debug, Default)]
struct Place {
    resource: String,
    namespace: String,
    name: String,
    subresource: String,
}

impl Place {
    fn of(path: &str) -> Self {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let group = match parts.next() {
            Some("apis") => parts.next().unwrap_or_default(),
            _ => "",
        };
        let mut rest: Vec<&str> = parts.skip(1).collect();
        let mut namespace = "";
        if rest.len() > 2 && rest[0] == "namespaces" {
            namespace = rest[1];
            rest.drain(..2);
        }
        let part = |index: usize| rest.get(index).copied().unwrap_or_default().to_owned();
        let resource = match group {
            "" => part(0),
            group => format!("{}.{group}", part(0)),
        };
        Self {
            resource,
            namespace: namespace.to_owned(),
            name: part(1),
            subresource: part(2),
        }
    }

    /// Whether it is noted which objects of the type were told.
    fn is_followed(&self) -> bool {
        matches!(self.resource.as_str(), kinds::PODS | kinds::CLAIMS)
    }
}

fn lossless(body: ApiBody) -> UnsyncBoxBody<Bytes, Lost> {
    body.map_err(|never| match never {}).boxed_unsync()
}

fn refusal(code: u16) -> Answer {
    let reason = match code {
        409 => "Conflict",
        410 => "Expired",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        _ => "InternalError",
    };
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": "the weather is bad", "reason": reason, "code": code,
    });
    let body = Full::new(Bytes::from(status.to_string())).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or_default();
    response
}
