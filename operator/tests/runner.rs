//! The process runner with small programs instead of agents.

#[path = "../../tests/strangers.rs"]
mod strangers;

use futures::FutureExt;
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service};
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use synod_operator::local::api;
use synod_operator::local::home::Home;
use synod_operator::local::runner::Runner;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A test that waits longer for something than this has failed.
const PATIENCE: Duration = Duration::from_secs(30);

struct World {
    directory: tempfile::TempDir,
    server: api::Api,
    client: Client,
    tasks: Vec<tokio::task::JoinHandle<()>>,
    stop: CancellationToken,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = api::Api::open(api::Settings::volatile()).unwrap();
        let client = server.client("default");
        let mut world = Self {
            directory,
            server,
            client,
            tasks: Vec::new(),
            stop: CancellationToken::new(),
        };
        world.start();
        world
    }

    fn start(&mut self) {
        let home = Home::make(self.directory.path()).unwrap();
        self.tasks.push(tokio::spawn(self.server.clone().collect()));
        self.tasks.push(tokio::spawn(
            Runner::new(self.client.clone(), &home).run(self.stop.clone()),
        ));
    }

    /// The controller dies: nothing is stopped, nothing is written.
    async fn crash(&mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
            let _ = task.await;
        }
    }

    /// The controller ends as asked.
    async fn end(mut self) {
        self.stop.cancel();
        let runner = self.tasks.pop().unwrap();
        runner.await.unwrap();
    }

    fn all<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::default_namespaced(self.client.clone())
    }

    async fn make<K>(&self, object: Value) -> K
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>
            + Clone
            + std::fmt::Debug
            + serde::Serialize
            + serde::de::DeserializeOwned,
    {
        self.all()
            .create(
                &PostParams::default(),
                &serde_json::from_value(object).unwrap(),
            )
            .await
            .unwrap()
    }

    /// Waits until the pod is as wanted.
    async fn pod(&self, name: &str, wanted: impl Fn(&Pod) -> bool) -> Pod {
        let pods: Api<Pod> = self.all();
        let mut last = None;
        let waited = eventually(async || {
            last = pods.get_opt(name).await.unwrap();
            last.clone().filter(|pod| wanted(pod))
        });
        let found = waited.await;
        found.unwrap_or_else(|| panic!("pod {name} is not as wanted: {last:#?}"))
    }

    /// Waits until the Service has an address.
    async fn service(&self, name: &str) -> IpAddr {
        let services: Api<Service> = self.all();
        let given = eventually(async || {
            let spec = services.get(name).await.unwrap().spec.unwrap();
            spec.cluster_ip.filter(|ip| !ip.is_empty())
        });
        given.await.unwrap().parse().unwrap()
    }

    fn root(&self, pod: &Pod) -> PathBuf {
        self.directory
            .path()
            .join("pods")
            .join(pod.uid().unwrap())
            .join("root")
    }
}

async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let until = tokio::time::Instant::now() + PATIENCE;
    while tokio::time::Instant::now() < until {
        if let Some(found) = look().await {
            return Some(found);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    None
}

async fn content(file: &Path, wanted: &str) {
    let found = eventually(async || {
        std::fs::read_to_string(file)
            .ok()
            .filter(|text| text.trim() == wanted)
    })
    .await;
    assert!(
        found.is_some(),
        "{} holds {:?}, not {wanted:?}",
        file.display(),
        std::fs::read_to_string(file)
    );
}

/// A pod that runs a shell script.
fn script(name: &str, script: &str, more: Value) -> Value {
    let mut pod = json!({"metadata": {"name": name, "labels": {"app": name}}, "spec": {"terminationGracePeriodSeconds": 20,
        "containers": [{"name": "c", "image": "none", "command": ["/bin/sh", "-c", script]}]}});
    json_merge(&mut pod["spec"]["containers"][0], &more["container"]);
    json_merge(&mut pod["spec"], &more["spec"]);
    pod
}

fn json_merge(target: &mut Value, more: &Value) {
    for (key, value) in more.as_object().into_iter().flatten() {
        target[key] = value.clone();
    }
}

const FOREVER: &str = "trap 'exit 0' TERM; while true; do sleep 0.05; done";

fn ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .as_ref()
        .and_then(|status| status.conditions.clone())
        .unwrap_or_default();
    conditions
        .iter()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

fn container_id(pod: &Pod) -> String {
    pod.status
        .as_ref()
        .unwrap()
        .container_statuses
        .as_ref()
        .unwrap()[0]
        .container_id
        .clone()
        .unwrap_or_default()
}

fn pid(pod: &Pod) -> i32 {
    container_id(pod)
        .trim_start_matches("process://")
        .parse()
        .unwrap()
}

fn restarts(pod: &Pod) -> i32 {
    pod.status
        .as_ref()
        .and_then(|status| status.container_statuses.as_ref())
        .map_or(0, |list| list[0].restart_count)
}

fn address(pod: &Pod) -> String {
    pod.status
        .as_ref()
        .and_then(|status| status.pod_ip.clone())
        .unwrap_or_default()
}

fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// The tests need loopback addresses besides 127.0.0.1. Linux has them all; elsewhere they are made.
fn can_run() -> bool {
    let Err(error) = std::net::TcpListener::bind("127.77.77.77:0") else {
        return true;
    };
    assert_ne!(
        std::env::consts::OS,
        "linux",
        "127.77.77.77 is no address of this machine ({error}): give its loopback interface all of them (`ip addr add 127.0.0.1/8 dev lo`)"
    );
    // Not by `println!`, which is shown of failed tests only: whoever counts the tests must see it.
    let told = b"\nnot run: needs loopback addresses besides 127.0.0.1\n";
    std::io::stdout().write_all(told).unwrap();
    false
}

#[tokio::test]
async fn a_pod_gets_its_volumes_and_its_environment() {
    if !can_run() {
        return;
    }
    let world = World::new();
    let claim = json!({"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let body = format!(
        "cat $SYNOD_ROOT/etc/map/key $SYNOD_ROOT/etc/secret/key > $SYNOD_ROOT/data/out; echo $NAME $IP $PLAIN $2 >> $SYNOD_ROOT/data/out; {FOREVER}"
    );
    let volumes = json!({"container": {
            "args": ["x", "$(PLAIN)"],
            "env": [{"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}, {"name": "PLAIN", "value": "plain"}],
            "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "map", "mountPath": "/etc/map"}, {"name": "secret", "mountPath": "/etc/secret"}]},
        "spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "map", "configMap": {"name": "map"}},
            {"name": "secret", "secret": {"secretName": "secret"}}]}});
    let mut pod = script("p", &body, volumes);
    pod["spec"]["containers"][0]["command"] = json!(["/bin/sh", "-c", body, "zero"]);
    world.make::<Pod>(pod).await;
    // It waits for what it mounts.
    world
        .pod("p", |pod| {
            let waiting = pod
                .status
                .as_ref()
                .and_then(|s| s.container_statuses.clone())
                .and_then(|list| list[0].state.clone()?.waiting);
            waiting.is_some_and(|waiting| {
                waiting
                    .message
                    .is_some_and(|message| message.contains("waiting for"))
            })
        })
        .await;
    world.make::<PersistentVolumeClaim>(claim).await;
    world
        .make::<ConfigMap>(json!({"metadata": {"name": "map"}, "data": {"key": "one\n"}}))
        .await;
    world
        .make::<Secret>(json!({"metadata": {"name": "secret"}, "stringData": {"key": "two\n"}}))
        .await;
    let pod = world.pod("p", ready).await;
    assert_eq!(
        pod.spec.as_ref().unwrap().node_name.as_deref(),
        Some("local")
    );
    let out = world.root(&pod).join("data/out");
    content(&out, &format!("one\ntwo\np {} plain plain", address(&pod))).await;

    // Files follow their ConfigMap.
    let maps: Api<ConfigMap> = world.all();
    maps.patch(
        "map",
        &PatchParams::default(),
        &Patch::Merge(json!({"data": {"key": "three"}})),
    )
    .await
    .unwrap();
    content(&world.root(&pod).join("etc/map/key"), "three").await;

    // The claim's content outlives the pod, and goes with the claim.
    let claims: Api<PersistentVolumeClaim> = world.all();
    let claim = claims.get("data").await.unwrap();
    assert_eq!(
        claim.status.as_ref().unwrap().phase.as_deref(),
        Some("Bound")
    );
    let kept = std::fs::read_link(world.root(&pod).join("data")).unwrap();
    claims
        .delete("data", &DeleteParams::default())
        .await
        .unwrap();
    world
        .all::<Pod>()
        .delete("p", &DeleteParams::default())
        .await
        .unwrap();
    assert!(kept.join("out").exists() || claims.get_opt("data").await.unwrap().is_none());
    assert!(
        eventually(async || claims
            .get_opt("data")
            .await
            .unwrap()
            .is_none()
            .then_some(()))
        .await
        .is_some()
    );
    assert!(
        eventually(async || (!kept.exists()).then_some(()))
            .await
            .is_some()
    );
    world.end().await;
}

#[tokio::test]
async fn a_process_that_ends_is_started_again_and_one_that_is_deleted_is_not() {
    if !can_run() {
        return;
    }
    let world = World::new();
    world.make::<Pod>(script("p", FOREVER, json!({}))).await;
    let first = world.pod("p", ready).await;
    kill(pid(&first));
    let second = world.pod("p", |pod| ready(pod) && restarts(pod) == 1).await;
    assert_ne!(container_id(&first), container_id(&second));
    assert_eq!(address(&first), address(&second));
    world
        .all::<Pod>()
        .delete("p", &DeleteParams::default())
        .await
        .unwrap();
    let pods: Api<Pod> = world.all();
    assert!(
        eventually(async || pods.get_opt("p").await.unwrap().is_none().then_some(()))
            .await
            .is_some()
    );
    assert!(!Path::new(&format!("/proc/{}", pid(&second))).exists());
    assert!(!world.root(&second).exists());

    // Made again, it has the address of the one before.
    world.make::<Pod>(script("p", FOREVER, json!({}))).await;
    assert_eq!(address(&world.pod("p", ready).await), address(&first));
    world.end().await;
}

#[tokio::test]
async fn a_process_that_does_not_end_is_killed_after_its_grace() {
    if !can_run() {
        return;
    }
    let world = World::new();
    let stubborn = "trap '' TERM; while true; do sleep 0.05; done";
    world
        .make::<Pod>(script(
            "p",
            stubborn,
            json!({"spec": {"terminationGracePeriodSeconds": 1}}),
        ))
        .await;
    world.pod("p", ready).await;
    let pods: Api<Pod> = world.all();
    pods.delete("p", &DeleteParams::default()).await.unwrap();
    assert!(
        eventually(async || pods.get_opt("p").await.unwrap().is_none().then_some(()))
            .await
            .is_some()
    );
    world.end().await;
}

#[tokio::test]
async fn pods_that_may_end_do() {
    if !can_run() {
        return;
    }
    let world = World::new();
    let policy = json!({"spec": {"restartPolicy": "Never"}});
    world
        .make::<Pod>(script("good", "exit 0", policy.clone()))
        .await;
    world.make::<Pod>(script("bad", "exit 3", policy)).await;
    let phase = |wanted: &'static str| {
        move |pod: &Pod| {
            pod.status
                .as_ref()
                .is_some_and(|s| s.phase.as_deref() == Some(wanted))
        }
    };
    world.pod("good", phase("Succeeded")).await;
    world.pod("bad", phase("Failed")).await;
    world.end().await;
}

#[tokio::test]
async fn processes_outlive_the_controller_and_are_found_again() {
    if !can_run() {
        return;
    }
    let mut world = World::new();
    world.make::<Pod>(script("stays", FOREVER, json!({}))).await;
    world.make::<Pod>(script("goes", FOREVER, json!({}))).await;
    let stays = world.pod("stays", ready).await;
    let goes = world.pod("goes", ready).await;
    world.crash().await;
    kill(pid(&goes));
    assert!(Path::new(&format!("/proc/{}", pid(&stays))).exists());

    world.start();
    world
        .pod("goes", |pod| {
            ready(pod) && container_id(pod) != container_id(&goes)
        })
        .await;
    let found = world.pod("stays", ready).await;
    assert_eq!(
        container_id(&found),
        container_id(&stays),
        "the same process"
    );
    assert_eq!(restarts(&found), 0);
    assert_eq!(
        found.resource_version(),
        stays.resource_version(),
        "finding it again writes nothing"
    );

    // One that is asked to end by the next controller ends too.
    let pods: Api<Pod> = world.all();
    pods.delete("stays", &DeleteParams::default())
        .await
        .unwrap();
    assert!(
        eventually(async || pods.get_opt("stays").await.unwrap().is_none().then_some(()))
            .await
            .is_some()
    );
    world.end().await;
}

#[tokio::test]
async fn the_end_of_the_controller_stops_all_and_keeps_the_objects() {
    if !can_run() {
        return;
    }
    let world = World::new();
    world.make::<Pod>(script("p", FOREVER, json!({}))).await;
    let pod = world.pod("p", ready).await;
    let pods: Api<Pod> = world.all();
    world.end().await;
    assert!(!Path::new(&format!("/proc/{}", pid(&pod))).exists());
    let left = pods.get("p").await.unwrap();
    assert!(!ready(&left), "nobody takes it for running");
}

/// Answers every request on `address` with `code` until it is dropped.
async fn answer(address: &str, port: u16, code: u16) -> tokio::task::JoinHandle<()> {
    let listener = TcpListener::bind((address, port)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream
                .write_all(
                    format!("HTTP/1.1 {code} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                        .as_bytes(),
                )
                .await;
        }
    })
}

#[tokio::test]
async fn readiness_follows_the_probe_and_services_follow_readiness() {
    if !can_run() {
        return;
    }
    let world = World::new();
    let probed = json!({"container": {"ports": [{"name": "health", "containerPort": 18080}],
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "health"}, "failureThreshold": 1}}});
    world.make::<Pod>(script("p", FOREVER, probed)).await;
    world.make::<Service>(json!({"metadata": {"name": "s"}, "spec": {"selector": {"app": "p"}, "ports": [{"name": "h", "port": 80, "targetPort": "health"}]}})).await;
    let running = world
        .pod("p", |pod| {
            restarts(pod) == 0
                && !address(pod).is_empty()
                && pod.status.as_ref().unwrap().phase.as_deref() == Some("Running")
        })
        .await;
    assert!(!ready(&running));
    let answers = answer(&address(&running), 18080, 200).await;
    world.pod("p", ready).await;

    let ip = world.service("s").await;
    let code = async || {
        let mut stream = TcpStream::connect((ip, 80)).await.ok()?;
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: s\r\n\r\n")
            .await
            .ok()?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.ok()?;
        Some(String::from_utf8_lossy(&head).into_owned())
    };
    assert_eq!(
        eventually(async || code().await).await.as_deref(),
        Some("HTTP/1.1 200")
    );

    answers.abort();
    let _ = answers.await;
    world.pod("p", |pod| !ready(pod)).await;
    let refused = eventually(async || code().await.is_none().then_some(())).await;
    assert!(
        refused.is_some(),
        "a pod that is not ready gets no connections"
    );
    world.end().boxed().await;
}

/// Serves who says "echo " or "watch" within two seconds: what it says from then on, or what is told to all. Everybody else
/// is told that nothing more will be said, and is listened to no longer than it likes.
async fn play(listener: TcpListener, news: broadcast::Sender<u8>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut news = news.subscribe();
        tokio::spawn(async move {
            let mut word = [0; 5];
            let said = timeout(Duration::from_secs(2), stream.read_exact(&mut word)).await;
            let (mut from, mut to) = stream.split();
            match (said, &word) {
                (Ok(Ok(_)), b"watch") => {
                    to.write_all(b"!").await.unwrap();
                    while let Ok(byte) = news.recv().await {
                        to.write_all(&[byte]).await.unwrap();
                    }
                }
                (Ok(Ok(_)), b"echo ") => {
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                }
                _ => {
                    let _ = to.shutdown().await;
                    let _ = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
                }
            }
        });
    }
}

/// Reads one byte; there must be one.
async fn byte(stream: &mut TcpStream) -> u8 {
    let read = timeout(PATIENCE, stream.read_u8()).await;
    read.expect("an answer").expect("the connection stands")
}

#[tokio::test]
async fn a_service_sends_strangers_away_and_nobody_else_notices() {
    if !can_run() {
        return;
    }
    let world = World::new();
    world.make::<Pod>(script("p", FOREVER, json!({}))).await;
    let spec = json!({"selector": {"app": "p"}, "ports": [{"name": "h", "port": 80, "targetPort": 18080}]});
    world
        .make::<Service>(json!({"metadata": {"name": "s"}, "spec": spec}))
        .await;
    let pod = world.pod("p", ready).await;
    let listener = TcpListener::bind((address(&pod).as_str(), 18080))
        .await
        .unwrap();
    let (news, _) = broadcast::channel(16);
    let playing = tokio::spawn(play(listener, news.clone()));
    let service = SocketAddr::new(world.service("s").await, 80);
    // Until the forwarder stands and knows of the pod.
    let connect = async |word: &'static [u8; 6]| {
        let connected = eventually(async || {
            let mut stream = TcpStream::connect(service).await.ok()?;
            stream.write_all(word).await.ok()?;
            let answer = stream.read_u8().await.ok()?;
            assert_eq!(answer, b'!');
            Some(stream)
        });
        connected.await.expect("a connection")
    };
    let mut call = connect(b"echo !").await;
    let mut watch = connect(b"watch\n").await;

    let strangers = tokio::spawn(strangers::all_sent_away(service));
    for told in (0..=u8::MAX).cycle() {
        // Once more when all are gone.
        let last = strangers.is_finished();
        news.send(told).unwrap();
        assert_eq!(byte(&mut watch).await, told);
        call.write_all(&[told]).await.unwrap();
        assert_eq!(byte(&mut call).await, told);
        if last {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    strangers.await.unwrap();
    connect(b"echo !").await;
    playing.abort();
    world.end().boxed().await;
}
