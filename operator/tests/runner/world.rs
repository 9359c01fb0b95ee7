//! A runner over the embedded API, in a directory of its own, that can crash and end.

use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::{Api, PostParams};
use kube::{Client, ResourceExt};
use serde_json::Value;
use synod_operator::local::api;
use synod_operator::local::home::Home;
use synod_operator::local::runner::Runner;
use tokio_util::sync::CancellationToken;

/// A test that waits longer for something than this has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct World {
    directory: tempfile::TempDir,
    server: api::Api,
    client: Client,
    tasks: Vec<tokio::task::JoinHandle<()>>,
    stop: CancellationToken,
}

impl World {
    pub(crate) fn new() -> Self {
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

    pub(crate) fn start(&mut self) {
        let home = Home::make(self.directory.path()).unwrap();
        self.tasks.push(tokio::spawn(self.server.clone().collect()));
        self.tasks.push(tokio::spawn(
            Runner::new(self.client.clone(), &home).run(self.stop.clone()),
        ));
    }

    /// The controller dies: nothing is stopped, nothing is written.
    pub(crate) async fn crash(&mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
            let _ = task.await;
        }
    }

    /// The controller ends as asked.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        let runner = self.tasks.pop().unwrap();
        runner.await.unwrap();
    }

    pub(crate) fn all<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::default_namespaced(self.client.clone())
    }

    pub(crate) async fn make<K>(&self, object: Value) -> K
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
    pub(crate) async fn pod(&self, name: &str, wanted: impl Fn(&Pod) -> bool) -> Pod {
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
    pub(crate) async fn service(&self, name: &str) -> IpAddr {
        let services: Api<Service> = self.all();
        let given = eventually(async || {
            let spec = services.get(name).await.unwrap().spec.unwrap();
            spec.cluster_ip.filter(|ip| !ip.is_empty())
        });
        given.await.unwrap().parse().unwrap()
    }

    pub(crate) fn root(&self, pod: &Pod) -> PathBuf {
        self.directory
            .path()
            .join("pods")
            .join(pod.uid().unwrap())
            .join("root")
    }
}

pub(crate) async fn eventually<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let until = tokio::time::Instant::now() + PATIENCE;
    while tokio::time::Instant::now() < until {
        if let Some(found) = look().await {
            return Some(found);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    None
}

/// The tests need loopback addresses besides 127.0.0.1. Linux has them all; elsewhere they are made.
pub(crate) fn can_run() -> bool {
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
