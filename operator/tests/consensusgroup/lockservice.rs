//! LockService: in every case that people meet, what is done is what is done for a ConsensusGroup, line by line, but for the
//! names; and what is told to agents and clients is its own.

use expect_test::expect;
use serde_json::{Value, json};
use synod_agent_api::Kind;
use synod_operator::child::ChildKind;

use crate::traces::{run, try_run};
use crate::world::World;

/// A case, from an empty world on: what is done in it.
type Case = fn(&mut World) -> String;

/// Until nothing is done any more, in this state.
fn until(world: &mut World, state: &str) -> String {
    let lines = run(world);
    assert_eq!(world.status["state"], state, "{}", world.status);
    lines
}

fn ready(world: &mut World) -> String {
    until(world, "Ready")
}

fn edited(world: &mut World, name: &str, value: Value) -> String {
    world.edit(name, value);
    ready(world)
}

const CASES: [(&str, Case); 10] = [
    ("create", ready),
    ("create without TLS", |world| {
        edited(world, "tls", json!({ "mode": "Disabled" }))
    }),
    ("scale", |world| {
        let mut lines = ready(world);
        lines += &edited(world, "members", json!(5));
        // Of those that leave, the leader is the last.
        world.group.leader = Some(5);
        lines + &edited(world, "members", json!(3))
    }),
    ("read replicas", |world| {
        let mut lines = ready(world);
        lines += &edited(world, "learners", json!(2));
        lines + &edited(world, "learners", json!(0))
    }),
    ("roll, the leader last", |world| {
        let lines = ready(world);
        let rolled = edited(world, "image", json!("agent:2"));
        let at = |number| rolled.find(&format!("delete Pod {} ", world.names.pod(number)));
        assert!(at(1) > at(2) && at(1) > at(3), "{rolled}");
        assert!(rolled.contains("transfer"), "{rolled}");
        lines + &rolled
    }),
    ("a lost claim", |world| {
        let lines = ready(world);
        world.lose_pod_of(2);
        world.lose_claim_of(2);
        world.settle();
        lines + &ready(world)
    }),
    ("hibernate and resume", |world| {
        let mut lines = ready(world);
        world.edit("hibernated", json!(true));
        lines += &until(world, "Hibernated");
        assert!(world.objects.of(ChildKind::Pod).is_empty());
        lines + &edited(world, "hibernated", json!(false))
    }),
    ("deleted, its data kept and adopted", |world| {
        let lines = ready(world);
        world.recreate();
        assert_eq!(world.objects.of(ChildKind::Claim).len(), 3);
        world.edit("storage", json!({ "adoption": "Refuse" }));
        assert_eq!(until(world, "Blocked").matches("Pod").count(), 0);
        lines + &edited(world, "storage", json!({ "adoption": "Adopt" }))
    }),
    ("deleted with its data", |world| {
        world.spec["storage"] = json!({ "retention": { "whenDeleted": "Delete" } });
        let lines = ready(world);
        world.recreate();
        assert!(world.objects.of(ChildKind::Claim).is_empty());
        lines
    }),
    ("a quorum is lost for good", |world| {
        let lines = ready(world);
        for number in [2, 3] {
            world.lose_pod_of(number);
            world.lose_claim_of(number);
        }
        world.settle();
        let given_up = world.group.cluster.expect("it began").to_string();
        world.edit(
            "recovery",
            json!({ "from": 1, "acceptDataLoss": given_up.as_str() }),
        );
        let lines = lines + &ready(world);
        assert_ne!(world.status["clusterUid"], given_up.as_str());
        lines
    }),
];

fn played(kind: Kind, case: Case) -> String {
    let mut world = World::of(kind, json!({ "members": 3 }));
    case(&mut world)
}

#[test]
fn it_is_served_as_a_consensusgroup_is() {
    for (name, case) in CASES {
        let groups = played(Kind::ConsensusGroup, case);
        let locks = played(Kind::LockService, case);
        let renamed = groups
            .replace("config-cg", "config-ls")
            .replace("/ConsensusGroup/", "/LockService/");
        assert!(renamed != groups, "{name}: nothing is done");
        assert_eq!(locks, renamed, "{name}");
    }
}

/// An object of the world, its metadata aside.
fn shown(world: &World, kind: ChildKind, name: &str, part: &str) -> String {
    let object = world.objects.get(kind, name).expect("an object").to_json();
    let part = object.pointer(part).expect("a part");
    serde_yaml::to_string(part).expect("encodes")
}

#[test]
fn what_is_made_for_it() {
    let spec = json!({ "sessionTimeout": { "min": "2s", "max": "1m" }, "reads": "Linearizable" });
    let mut world = World::of(Kind::LockService, spec);
    ready(&mut world);
    let config = world
        .objects
        .get(ChildKind::ConfigMap, "config-ls-config-1");
    let config = config.expect("a configuration").to_json();
    expect![[r#"
        cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
        kind: LockService
        group: config
        name: config-ls-1
        number: 1
        start: resume
        members:
        - number: 1
          name: config-ls-1
          peer_address: config-ls-1.config-ls-peer.ns.svc:2380
          client_urls:
          - config-ls-1.config-ls-peer.ns.svc:2181
        - number: 2
          name: config-ls-2
          peer_address: config-ls-2.config-ls-peer.ns.svc:2380
          client_urls:
          - config-ls-2.config-ls-peer.ns.svc:2181
        - number: 3
          name: config-ls-3
          peer_address: config-ls-3.config-ls-peer.ns.svc:2380
          client_urls:
          - config-ls-3.config-ls-peer.ns.svc:2181
        data_dir: /var/lib/synod/data
        listen:
          client: 0.0.0.0:2181
          peer: 0.0.0.0:2380
          admin: 0.0.0.0:2381
          health: 0.0.0.0:2382
        advertise:
          peer_address: config-ls-1.config-ls-peer.ns.svc:2380
          client_urls:
          - config-ls-1.config-ls-peer.ns.svc:2181
          peer_urls: []
        tls:
          client:
            mode: mutual
            cert: /etc/synod/tls/tls.crt
            key: /etc/synod/tls/tls.key
            ca: /etc/synod/tls/ca.crt
          peer:
            cert: /etc/synod/tls/tls.crt
            key: /etc/synod/tls/tls.key
            ca: /etc/synod/tls/ca.crt
            insecure: false
        timing:
          heartbeat_ms: 100
          election_ms: 1000
        limits:
          state_bytes_max: 536870912
          request_bytes_max: 1572864
          txn_operations_max: 128
          requests_max: 65536
          watch_progress_interval_ms: 600000
        zookeeper:
          session_timeout_ms_min: 2000
          session_timeout_ms_max: 60000
          reads: linearizable
          packet_bytes_max: 4194304
          enforce_quotas: false
          four_letter_words:
          - srvr
          - ruok
          - isro
        snapshot:
          log_bytes: 67108864
          segment_bytes: 16777216
        drain:
          endpoints_wait_ms: 5000
          timeout_ms: 10000
        runtime:
          workers: 1
        log:
          format: json
          filter: info
    "#]]
    .assert_eq(config["data"]["agent.yaml"].as_str().expect("a text"));
    expect![[r#"
        apiVersion: v1
        kind: Service
        metadata:
          labels:
            app.kubernetes.io/component: lockservice
            app.kubernetes.io/instance: config
            app.kubernetes.io/managed-by: synod-operator
            app.kubernetes.io/name: synod
            synod.dev/kind: LockService
            synod.dev/name: config
          name: config-ls
          namespace: ns
          ownerReferences:
          - apiVersion: synod.dev/v1alpha1
            blockOwnerDeletion: true
            controller: true
            kind: LockService
            name: config
            uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
          resourceVersion: '1'
          uid: uid-1
        spec:
          ports:
          - name: client
            port: 2181
            protocol: TCP
            targetPort: client
          selector:
            synod.dev/kind: LockService
            synod.dev/name: config
            synod.dev/role: voter
          type: ClusterIP
    "#]]
    .assert_eq(&shown(&world, ChildKind::Service, "config-ls", ""));
    let ports = "/spec/ports";
    expect![[r#"
        - name: client
          port: 2181
          protocol: TCP
          targetPort: client
        - name: peer
          port: 2380
          protocol: TCP
          targetPort: peer
    "#]]
    .assert_eq(&shown(&world, ChildKind::Service, "config-ls-peer", ports));
    let ports = "/spec/containers/0/ports";
    expect![[r#"
        - containerPort: 2181
          name: client
          protocol: TCP
        - containerPort: 2380
          name: peer
          protocol: TCP
        - containerPort: 2381
          name: admin
          protocol: TCP
        - containerPort: 2382
          name: health
          protocol: TCP
    "#]]
    .assert_eq(&shown(&world, ChildKind::Pod, "config-ls-1", ports));
    let connection = world.objects.get(ChildKind::Secret, "config-ls-connection");
    let Some(synod_operator::child::Child::Secret(secret)) = connection else {
        panic!("no connection Secret");
    };
    let data = secret.data.as_ref().expect("data");
    let names: Vec<_> = data.keys().collect();
    let endpoints = String::from_utf8_lossy(&data["endpoints"].0).into_owned();
    expect![[r#"["ca.crt", "endpoints", "tls.crt", "tls.key"] config-ls.ns.svc:2181"#]]
        .assert_eq(&format!("{names:?} {endpoints}"));
    let members = world.status["group"].as_array().expect("members").iter();
    let endpoints: Vec<_> = members.filter_map(|it| it["endpoint"].as_str()).collect();
    expect!["config-ls-1.config-ls-peer.ns.svc:2181,config-ls-2.config-ls-peer.ns.svc:2181,config-ls-3.config-ls-peer.ns.svc:2181"].assert_eq(&endpoints.join(","));
}

/// Agents read them when they start.
pub(crate) fn other_time_outs_are_rolled_out() -> Result<(), String> {
    let mut world = World::of(Kind::LockService, json!({ "members": 3 }));
    try_run(&mut world)?;
    for (name, value) in [
        ("sessionTimeout", json!({ "min": "10s", "max": "40s" })),
        ("reads", json!("Linearizable")),
    ] {
        world.edit(name, value);
        let lines = try_run(&mut world)?;
        let deleted = lines.matches("delete Pod").count();
        if deleted != 3 {
            return Err(format!("{deleted} pods are made anew after {name} changed"));
        }
    }
    Ok(())
}

#[test]
fn other_time_outs_and_reads_are_rolled_out() {
    assert_eq!(other_time_outs_are_rolled_out(), Ok(()));
}
