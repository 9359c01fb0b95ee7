//! Several operators: one leads by a lease; and a deposed one that goes on acting breaks nothing.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use k8s_openapi::api::coordination::v1::Lease;
use kube::client::Body;
use kube::{Api, Client};
use serde_json::json;
use synod_operator::controller::Controller;
use synod_operator::election::{Candidate, Settings, Term, Times};
use synod_operator::kinds;
use synod_operator::local::api::{Api as Embedded, Settings as ApiSettings};
use synod_operator::metrics::Metrics;
use synod_operator::settings;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::controller::{Cluster, blocking, eventually};

/// Short, but a busy machine that stands still for two seconds deposes nobody.
const TIMES: Times = Times {
    lease: Duration::from_secs(5),
    renew: Duration::from_millis(2500),
    retry: Duration::from_millis(100),
};

/// What becomes of a client's requests, and how many were answered.
#[derive(Clone, Default)]
struct Gate {
    way: Arc<AtomicU8>,
    answered: Arc<AtomicU64>,
}

const OPEN: u8 = 0;
const FAILING: u8 = 1;
const SILENT: u8 = 2;

impl Gate {
    fn set(&self, to: u8) {
        self.way.store(to, Ordering::SeqCst);
    }

    /// Waits until several requests were answered from now on.
    async fn asks_again(&self) {
        let enough = self.answered.load(Ordering::SeqCst) + 4;
        let asked = async || self.answered.load(Ordering::SeqCst) >= enough;
        assert!(eventually(asked).await, "it asks no more");
    }

    fn client(&self, inner: Client) -> Client {
        let gate = self.clone();
        let service = tower::service_fn(move |request: http::Request<Body>| {
            let (inner, gate) = (inner.clone(), gate.clone());
            async move {
                match gate.way.load(Ordering::SeqCst) {
                    OPEN => {
                        let answer = inner.send(request).await;
                        gate.answered.fetch_add(1, Ordering::SeqCst);
                        answer
                    }
                    FAILING => Err(kube::Error::Service("cut off".into())),
                    _ => std::future::pending().await,
                }
            }
        });
        Client::new(service, "default")
    }
}

/// Who began (or ended) to lead, and when.
type Entry = (&'static str, bool, Instant);

/// All that happened.
#[derive(Clone, Default)]
struct Chronicle(Arc<Mutex<Vec<Entry>>>);

impl Chronicle {
    fn note(&self, who: &'static str, leads: bool) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((who, leads, Instant::now()));
    }

    fn all(&self) -> Vec<Entry> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Who leads now; fails if two do, or did at any time.
    fn leader(&self) -> Option<&'static str> {
        self.all().iter().fold(None, |leader, (who, leads, _)| {
            let before = if *leads { None } else { Some(*who) };
            assert_eq!(leader, before, "two led: {:?}", self.all());
            leads.then_some(*who)
        })
    }
}

struct Replica {
    gate: Gate,
    stop: CancellationToken,
    running: JoinHandle<()>,
    metrics: Arc<Metrics>,
}

fn replica(client: &Client, who: &'static str, chronicle: &Chronicle) -> Replica {
    let (gate, stop, metrics) = (
        Gate::default(),
        CancellationToken::new(),
        Arc::new(Metrics::default()),
    );
    let settings = Settings {
        namespace: "default".into(),
        name: "synod-operator".into(),
        identity: who.into(),
        times: TIMES,
    };
    let candidate = Candidate::new(
        gate.client(client.clone()),
        settings,
        metrics.clone(),
        Box::new(|| ()),
    );
    let chronicle = chronicle.clone();
    let term: Term = Box::new(move |stop: CancellationToken| {
        let chronicle = chronicle.clone();
        async move {
            chronicle.note(who, true);
            stop.cancelled().await;
            chronicle.note(who, false);
        }
        .boxed()
    });
    let run = candidate.run(stop.clone(), term);
    let running = tokio::spawn(async move { run.await.expect("no panic") });
    Replica {
        gate,
        stop,
        running,
        metrics,
    }
}

fn api() -> Client {
    Embedded::open(ApiSettings::volatile())
        .expect("an API")
        .client("default")
}

async fn holder(client: &Client) -> Option<String> {
    let leases: Api<Lease> = Api::default_namespaced(client.clone());
    let lease = leases.get_opt("synod-operator").await.expect("an answer");
    lease?.spec?.holder_identity
}

#[tokio::test]
async fn one_leads_and_the_next_takes_over_when_it_stops() {
    let (client, chronicle) = (api(), Chronicle::default());
    let a = replica(&client, "a", &chronicle);
    assert!(eventually(async || chronicle.leader() == Some("a")).await);
    let b = replica(&client, "b", &chronicle);
    b.gate.asks_again().await;
    assert_eq!(chronicle.leader(), Some("a"));
    assert!(b.metrics.text().contains("synod_operator_leader 0"));
    let asked = Instant::now();
    a.stop.cancel();
    a.running.await.expect("it ends");
    assert!(eventually(async || chronicle.leader() == Some("b")).await);
    let began = chronicle.all().last().expect("b began").2;
    assert!(
        began - asked < TIMES.lease,
        "the lease was released, not waited for"
    );
    assert!(b.metrics.text().contains("synod_operator_leader 1"));
    b.stop.cancel();
    b.running.await.expect("it ends");
    assert_eq!(holder(&client).await, None, "released");
    assert_eq!(chronicle.leader(), None);
}

/// A leader whose requests fail, or hang, ceases before another begins; and goes back to waiting.
async fn cut_off(how: u8) {
    let (client, chronicle) = (api(), Chronicle::default());
    let a = replica(&client, "a", &chronicle);
    assert!(eventually(async || chronicle.leader() == Some("a")).await);
    let b = replica(&client, "b", &chronicle);
    a.gate.set(how);
    assert!(eventually(async || chronicle.leader() == Some("b")).await);
    assert_eq!(holder(&client).await.as_deref(), Some("b"));
    a.gate.set(OPEN);
    a.gate.asks_again().await;
    assert_eq!(chronicle.leader(), Some("b"), "a waits");
    b.stop.cancel();
    assert!(eventually(async || chronicle.leader() == Some("a")).await);
    let led: Vec<_> = chronicle
        .all()
        .iter()
        .map(|(who, leads, _)| (*who, *leads))
        .collect();
    let expected = [
        ("a", true),
        ("a", false),
        ("b", true),
        ("b", false),
        ("a", true),
    ];
    assert_eq!(led, expected);
    a.stop.cancel();
}

#[tokio::test]
async fn a_leader_that_is_refused_ceases_before_another_begins() {
    cut_off(FAILING).await;
}

#[tokio::test]
async fn a_leader_whose_calls_hang_ceases_before_another_begins() {
    cut_off(SILENT).await;
}

#[tokio::test]
async fn a_leader_whose_lease_another_took_ceases() {
    let (client, chronicle) = (api(), Chronicle::default());
    let a = replica(&client, "a", &chronicle);
    assert!(eventually(async || chronicle.leader() == Some("a")).await);
    let leases: Api<Lease> = Api::default_namespaced(client.clone());
    let taken = async || {
        let mut lease = leases.get("synod-operator").await.expect("a lease");
        lease.spec.get_or_insert_default().holder_identity = Some("somebody".into());
        let parameters = kube::api::PostParams::default();
        leases
            .replace("synod-operator", &parameters, &lease)
            .await
            .is_ok()
    };
    assert!(eventually(taken).await);
    assert!(eventually(async || chronicle.leader().is_none()).await);
    assert!(
        eventually(async || chronicle.leader() == Some("a")).await,
        "somebody never renews"
    );
    a.stop.cancel();
}

/// A client whose requests, watches apart, arrive late: what its owner acts on is older still by then.
fn late(inner: Client, by: Duration) -> Client {
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let inner = inner.clone();
        async move {
            if request.method() != http::Method::GET {
                tokio::time::sleep(by).await;
            }
            inner.send(request).await
        }
    });
    Client::new(service, "default")
}

/// What a deposed operator is, for as long as it has not noticed: a second one that acts, late.
#[tokio::test]
async fn a_deposed_operator_that_goes_on_acting_breaks_nothing() {
    let cluster = Cluster::start().await;
    let (stop, _) = cluster.controller();
    let deposed = Controller::new(
        late(cluster.client.clone(), Duration::from_millis(15)),
        settings::Settings::default(),
        kinds::all(),
        Arc::new(cluster.clone()),
        Arc::new(Metrics::default()),
    );
    let deposed = tokio::spawn(deposed.run(stop.clone()));
    for members in [3, 5, 1, 3] {
        cluster.apply("config", json!({ "members": members })).await;
        cluster.ready("config", members).await;
    }
    let image = json!({ "members": 3, "image": "synod.dev/synod-agent:other" });
    cluster.apply("config", image).await;
    cluster.ready("config", 3).await;
    // Both agree on what there is: nothing is written any more.
    let mut before = cluster.revision().await;
    let settled = async || {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = cluster.revision().await;
        std::mem::replace(&mut before, now.clone()) == now
    };
    assert!(
        eventually(settled).await,
        "two operators undo each other's work"
    );
    assert_eq!(cluster.groups()["config"].violations, Vec::<String>::new());
    stop.cancel();
    deposed.await.expect("no panic");
}

/// A client that forwards one write; then `stop` is cancelled. Counts the writes that it is asked for.
fn stopping(inner: Client, stop: CancellationToken, writes: Arc<AtomicU8>) -> Client {
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let (inner, stop, writes) = (inner.clone(), stop.clone(), writes.clone());
        async move {
            let write = request.method() != http::Method::GET;
            let answer = inner.send(request).await;
            if write {
                writes.fetch_add(1, Ordering::SeqCst);
                stop.cancel();
            }
            answer
        }
    });
    Client::new(service, "default")
}

/// The lease is lost while a round is carried out: the call under way is waited for, and none follows.
pub(crate) fn stopped_in_the_middle_of_a_round() -> Result<(), String> {
    let writes = blocking(async {
        let cluster = Cluster::start().await;
        cluster.apply("config", json!({ "members": 3 })).await;
        let (stop, writes) = (CancellationToken::new(), Arc::new(AtomicU8::new(0)));
        let controller = Controller::new(
            stopping(cluster.client.clone(), stop.clone(), writes.clone()),
            settings::Settings::default(),
            kinds::all(),
            Arc::new(cluster.clone()),
            Arc::new(Metrics::default()),
        );
        controller.run(stop).await;
        writes.load(Ordering::SeqCst)
    });
    match writes {
        1 => Ok(()),
        more => Err(format!(
            "{more} writes, although it was to stop after the first"
        )),
    }
}
