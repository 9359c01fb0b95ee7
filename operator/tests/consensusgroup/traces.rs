//! What is done, step by step, in the cases that people meet: how it is played, and how a group begins.

use expect_test::{Expect, expect};
use serde_json::json;
use synod_operator::child::ChildKind;

use crate::observed::View;
use crate::world::World;

/// Rounds until nothing is to be done; more would be a plan that does not end.
const ROUNDS_MAX: usize = 200;

/// Looks and acts until there is nothing to do; returns what was done, a line for each action.
pub(crate) fn run(world: &mut World) -> String {
    try_run(world).unwrap_or_else(|why| panic!("{why}"))
}

/// The same; fails when a rule is broken or there is no end.
pub(crate) fn try_run(world: &mut World) -> Result<String, String> {
    let mut lines = String::new();
    for _ in 0..ROUNDS_MAX {
        let before = world.group.id;
        let done = round(world);
        if let Some(violation) = world.group.violations.first() {
            return Err(violation.clone());
        }
        if done.is_empty() && before == world.group.id {
            let again = View::of(world).decide(world.floor);
            if again.strands.is_empty() {
                world.status = again.status;
                return Ok(lines);
            }
        }
        lines.push_str(&done);
        if !done.is_empty() {
            lines.push_str("--\n");
        }
    }
    Err(format!("no end after {ROUNDS_MAX} rounds:\n{lines}"))
}

/// One look, what follows from it, and a moment; returns what was done.
pub(crate) fn round(world: &mut World) -> String {
    let view = View::of(world);
    let decision = view.decide(world.floor);
    world.trust.seen = view.authority();
    world.status = decision.status;
    world.group.fresh = true;
    world.nodes_are_seen = true;
    let mut lines = String::new();
    for action in decision.strands.iter().flatten() {
        lines.push_str(&format!("{action}\n"));
        if let Err(why) = world.act(action) {
            lines.push_str(&format!("  refused: {why}\n"));
            break;
        }
    }
    world.settle();
    world.check_budget();
    lines
}

pub(crate) fn ready(spec: serde_json::Value) -> World {
    let mut world = World::new(spec);
    run(&mut world);
    assert_eq!(world.status["state"], "Ready", "{}", world.status);
    world
}

pub(crate) fn check(world: &mut World, want: Expect) {
    want.assert_eq(&run(world));
    assert_eq!(world.status["state"], "Ready", "{}", world.status);
}

#[test]
fn create() {
    let mut world = World::new(json!({ "members": 3, "tls": { "mode": "Disabled" } }));
    check(
        &mut world,
        expect![[r#"
            create-authority
            create Service config-cg
            create Service config-cg-peer
            create Secret config-cg-connection
            confirm-none PersistentVolumeClaim
            create PersistentVolumeClaim data-config-cg-1
            create PersistentVolumeClaim data-config-cg-2
            create PersistentVolumeClaim data-config-cg-3
            --
            create PodDisruptionBudget config-cg
            patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"annotations":{"synod.dev/founders":"uid-4,uid-5,uid-6"}}}
            patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/founders":"uid-4,uid-5,uid-6"}}}
            patch PersistentVolumeClaim data-config-cg-3 {"metadata":{"annotations":{"synod.dev/founders":"uid-4,uid-5,uid-6"}}}
            --
            create ConfigMap config-cg-config-1
            issue config-cg-tls-1 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/1
            create Pod config-cg-1
            create ConfigMap config-cg-config-2
            issue config-cg-tls-2 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/2
            create Pod config-cg-2
            create ConfigMap config-cg-config-3
            issue config-cg-tls-3 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/3
            create Pod config-cg-3
            --
            patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            patch PersistentVolumeClaim data-config-cg-3 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            --
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-2
            apply ConfigMap config-cg-config-3
            --
        "#]],
    );
    let config = world
        .objects
        .get(ChildKind::ConfigMap, "config-cg-config-1")
        .expect("a configuration");
    let yaml = config.to_json()["data"]["agent.yaml"]
        .as_str()
        .expect("a text")
        .to_owned();
    expect![[r#"
        cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
        kind: ConsensusGroup
        group: config
        name: config-cg-1
        number: 1
        start: resume
        members:
        - number: 1
          name: config-cg-1
          peer_address: config-cg-1.config-cg-peer.ns.svc:2380
          client_urls:
          - http://config-cg-1.config-cg-peer.ns.svc:2379
        - number: 2
          name: config-cg-2
          peer_address: config-cg-2.config-cg-peer.ns.svc:2380
          client_urls:
          - http://config-cg-2.config-cg-peer.ns.svc:2379
        - number: 3
          name: config-cg-3
          peer_address: config-cg-3.config-cg-peer.ns.svc:2380
          client_urls:
          - http://config-cg-3.config-cg-peer.ns.svc:2379
        data_dir: /var/lib/synod/data
        listen:
          client: 0.0.0.0:2379
          peer: 0.0.0.0:2380
          admin: 0.0.0.0:2381
          health: 0.0.0.0:2382
        advertise:
          peer_address: config-cg-1.config-cg-peer.ns.svc:2380
          client_urls:
          - http://config-cg-1.config-cg-peer.ns.svc:2379
          peer_urls: []
        tls:
          client:
            mode: disabled
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
    .assert_eq(&yaml);
    expect![[r#"
        clusterUid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
        conditions:
        - lastTransitionTime: 2026-06-01T00:00:00Z
          message: 3 of 3 members are ready
          observedGeneration: 1
          reason: AsSpecified
          status: 'True'
          type: Ready
        - lastTransitionTime: 2026-06-01T00:00:00Z
          message: 3 of 3 members are ready
          observedGeneration: 1
          reason: AsSpecified
          status: 'False'
          type: Progressing
        - lastTransitionTime: 2026-06-01T00:00:00Z
          message: nothing is known to be wrong
          observedGeneration: 1
          reason: AsSpecified
          status: 'False'
          type: Degraded
        configuration: 1
        connectionSecret: config-cg-connection
        endpoints:
        - http://config-cg.ns.svc:2379
        group:
        - endpoint: http://config-cg-1.config-cg-peer.ns.svc:2379
          name: config-cg-1
          number: 1
          ready: true
          role: Voter
        - endpoint: http://config-cg-2.config-cg-peer.ns.svc:2379
          name: config-cg-2
          number: 2
          ready: true
          role: Voter
        - endpoint: http://config-cg-3.config-cg-peer.ns.svc:2379
          name: config-cg-3
          number: 3
          ready: true
          role: Voter
        image: agent:1
        leader: config-cg-1
        learners: 0
        members: 3
        observedGeneration: 1
        ready: 3/3
        readyMembers: 3
        selector: synod.dev/kind=ConsensusGroup,synod.dev/name=config
        state: Ready
        version: 0.1.0
    "#]]
    .assert_eq(&serde_yaml::to_string(&world.status).expect("encodes"));
}

#[test]
fn create_with_tls() {
    check(
        &mut World::new(json!({ "members": 1 })),
        expect![[r#"
            create-authority
            create Service config-cg
            create Service config-cg-peer
            confirm-none PersistentVolumeClaim
            create PersistentVolumeClaim data-config-cg-1
            --
            issue config-cg-connection for synod://client/ns/ConsensusGroup/config
            patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"annotations":{"synod.dev/founders":"uid-3"}}}
            --
            create ConfigMap config-cg-config-1
            issue config-cg-tls-1 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/1
            create Pod config-cg-1
            --
            patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            --
            apply ConfigMap config-cg-config-1
            --
        "#]],
    );
}

#[test]
fn a_recreated_object_finds_its_data() {
    let mut world = ready(json!({ "members": 3 }));
    let kinds = [
        ChildKind::Pod,
        ChildKind::Service,
        ChildKind::Secret,
        ChildKind::ConfigMap,
        ChildKind::Budget,
    ];
    let children: Vec<_> = kinds
        .iter()
        .flat_map(|kind| world.objects.of(*kind))
        .collect();
    for child in children {
        match child.kind() {
            ChildKind::Pod => world.lose_pod(&child),
            kind => world.objects.finish(kind, child.name()),
        }
    }
    world.uid = "00000000-0000-4000-8000-000000000002".into();
    world.status = serde_json::Value::Null;
    world.group.settle();
    check(
        &mut world,
        expect![[r#"
            create Service config-cg
            create Service config-cg-peer
            issue config-cg-connection for synod://client/ns/ConsensusGroup/config
            create PodDisruptionBudget config-cg
            patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"annotations":{"synod.dev/adopted-by":"00000000-0000-4000-8000-000000000002"}}}
            patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/adopted-by":"00000000-0000-4000-8000-000000000002"}}}
            patch PersistentVolumeClaim data-config-cg-3 {"metadata":{"annotations":{"synod.dev/adopted-by":"00000000-0000-4000-8000-000000000002"}}}
            --
            create ConfigMap config-cg-config-1
            issue config-cg-tls-1 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/1
            create Pod config-cg-1
            create ConfigMap config-cg-config-2
            issue config-cg-tls-2 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/2
            create Pod config-cg-2
            create ConfigMap config-cg-config-3
            issue config-cg-tls-3 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/3
            create Pod config-cg-3
            --
            confirm-configuration 1 via 1
            confirm-none Pod but config-cg-1, config-cg-2, config-cg-3
            apply PodDisruptionBudget config-cg
            --
        "#]],
    );
    assert_eq!(world.status["clusterUid"], crate::world::UID);
}

#[test]
fn nothing_is_done_while_paused() {
    let mut world = World::new(json!({ "paused": true }));
    expect![""].assert_eq(&run(&mut world));
    assert_eq!(world.status["state"], "Paused");
}
