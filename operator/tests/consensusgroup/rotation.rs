//! Another certificate authority: what is done, step by step, who holds it up and how that is told, and the whole loop
//! with several objects in one namespace.

use expect_test::expect;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::json;
use synod_operator::authority::{Authority, Lag, Phase, text};
use synod_operator::child::{Child, ChildKind};
use synod_operator::names;

use crate::controller::{Cluster, eventually};
use crate::observed::View;
use crate::told::{eventually_has, heralded};
use crate::traces::{ready, round, run};
use crate::world::World;

/// What is told of the rotation.
pub(crate) fn told(world: &World) -> String {
    let conditions = world.status["conditions"].as_array();
    let rotation = conditions
        .into_iter()
        .flatten()
        .find(|condition| condition["type"] == "AuthorityRotation");
    rotation.map_or_else(
        || "no rotation".to_owned(),
        |it| {
            let text = |field: &str| it[field].as_str().unwrap_or_default().to_owned();
            format!("{}: {}", text("reason"), text("message"))
        },
    )
}

/// The same, without digests: only their number is interesting.
fn without_digests(lines: &str) -> String {
    let line = |line: &str| match line.split_once(r#""synod.dev/confirmed":""#) {
        Some((before, _)) => format!("{before}confirmed\n"),
        None => format!("{line}\n"),
    };
    lines.lines().map(line).collect()
}

fn rotated(world: &mut World) -> Result<String, String> {
    world.trust.ask_for_another();
    world.finish_rotation()
}

#[test]
fn an_authority_is_replaced() {
    let mut world = ready(json!({ "members": 1, "learners": 1 }));
    let before = world.trust.in_hand().signer().to_owned();
    world.trust.ask_for_another();
    let mut lines = run(&mut world);
    expect!["SpreadingTrust: the namespace's next certificate authority signs once all trust it; clients have until 2026-06-01T01:00:00Z to follow"].assert_eq(&told(&world));
    world.leap(60);
    lines.push_str("-- an hour\n");
    lines.push_str(&run(&mut world));
    expect!["ReplacingCertificates: the namespace's old certificate authority goes once all certificates are issued anew and in use; clients have until 2026-06-01T02:00:00Z to follow"].assert_eq(&told(&world));
    world.leap(60);
    lines.push_str("-- an hour\n");
    lines.push_str(&run(&mut world));
    assert_eq!(told(&world), "no rotation");
    assert_ne!(world.trust.in_hand().signer(), before);
    expect![[r#"
        rotate synod-ca: prepare
        --
        trust Secret config-cg-connection
        trust Secret config-cg-tls-1
        trust Secret config-cg-tls-2
        --
        patch Secret config-cg-tls-1 {"metadata":{"annotations":{confirmed
        patch Secret config-cg-tls-2 {"metadata":{"annotations":{confirmed
        --
        -- an hour
        confirm-followed
        rotate synod-ca: switch
        --
        issue config-cg-connection for synod://client/ns/ConsensusGroup/config
        issue config-cg-tls-1 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/1
        issue config-cg-tls-2 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/2
        --
        patch Secret config-cg-tls-1 {"metadata":{"annotations":{confirmed
        patch Secret config-cg-tls-2 {"metadata":{"annotations":{confirmed
        --
        -- an hour
        confirm-followed
        rotate synod-ca: retire
        --
        trust Secret config-cg-connection
        trust Secret config-cg-tls-1
        trust Secret config-cg-tls-2
        --
    "#]].assert_eq(&without_digests(&lines));
    assert_eq!(run(&mut world), "", "it was answered");
}

/// Dies after each action once; whoever comes then brings it to its end.
#[test]
fn killed_between_any_two_actions() {
    for lives in 0.. {
        let mut world = ready(json!({ "members": 3 }));
        let before = world.trust.made;
        world.trust.ask_for_another();
        let mut left = lives;
        while left > 0 {
            let view = View::of(&world);
            let decision = view.decide(world.floor);
            world.trust.seen = view.authority();
            if decision.strands.is_empty() && world.trust.phase() == Phase::Settled {
                break;
            }
            for action in decision.strands.concat().iter().take(left) {
                world.act(action).expect("nobody else acts");
            }
            left -= decision.strands.concat().len().min(left);
            world.settle();
            world.leap(if decision.strands.is_empty() { 60 } else { 0 });
        }
        let over = left > 0;
        world
            .finish_rotation()
            .unwrap_or_else(|why| panic!("after {lives} actions: {why}"));
        // One authority, three times three certificates' worth of names, and the word that asked.
        assert_eq!(
            world.trust.made - before,
            1 + 1 + 4,
            "after {lives} actions"
        );
        if over {
            break;
        }
    }
}

/// Fails when somebody meets a stranger.
pub(crate) fn an_agent_does_not_take_up_the_bundle() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.trust.stuck.insert(2);
    let held_up = rotated(&mut world);
    if !held_up.as_ref().is_err_and(|why| why.starts_with("no end")) {
        return Err(held_up.map_or_else(|why| why, |_| "it was not held up".to_owned()));
    }
    assert_eq!(world.trust.phase(), Phase::Spreading);
    let why = "config-cg-2: its agent has not taken up its Secret yet";
    assert!(told(&world).ends_with(why), "{}", told(&world));
    world.trust.stuck.clear();
    world.finish_rotation().map(drop)
}

/// As before, after the switch.
pub(crate) fn an_agent_does_not_take_up_its_certificate() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.trust.ask_for_another();
    run(&mut world);
    world.leap(60);
    while world.trust.phase() == Phase::Spreading {
        round(&mut world);
    }
    world.trust.stuck.insert(2);
    let held_up = world.finish_rotation();
    if !held_up.as_ref().is_err_and(|why| why.starts_with("no end")) {
        return Err(held_up.map_or_else(|why| why, |_| "it was not held up".to_owned()));
    }
    assert_eq!(world.trust.phase(), Phase::Replacing);
    world.trust.stuck.clear();
    world.finish_rotation().map(drop)
}

#[test]
fn a_silent_agent_a_paused_object_and_others_hold_it_up() {
    let mut world = ready(json!({ "members": 3 }));
    world.silent = vec![3];
    world.trust.ask_for_another();
    world.finish_rotation().expect_err("held up");
    let says = |world: &World, why: &str| assert!(told(world).ends_with(why), "{}", told(world));
    says(&world, "config-cg-3: its agent does not answer");
    world.silent.clear();
    world.edit("paused", json!(true));
    world.finish_rotation().expect_err("held up");
    says(&world, "spec.paused holds it up");
    world.edit("paused", json!(false));
    for name in ["a", "b", "c", "d"] {
        let other = format!("ConsensusGroup {name}");
        world.trust.behind.insert(other, Lag::Unconfirmed);
    }
    world.finish_rotation().expect_err("held up");
    says(
        &world,
        "ConsensusGroup a, ConsensusGroup b, ConsensusGroup c and 1 more follow first",
    );
    assert_eq!(world.trust.phase(), Phase::Spreading);
    world.trust.behind.clear();
    world.finish_rotation().expect("nothing holds it up");
}

#[test]
fn who_sleeps_follows_too() {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("hibernated", json!(true));
    run(&mut world);
    assert_eq!(world.status["state"], "Hibernated");
    let lines = rotated(&mut world).expect("it ends");
    assert!(lines.contains("confirm-gone Pod config-cg-2"), "{lines}");
    world.edit("hibernated", json!(false));
    run(&mut world);
    assert_eq!(world.status["state"], "Ready");
}

/// A certificate that clients need no more must not be waited for.
#[test]
fn a_group_without_client_certificates_follows() {
    let mut world = ready(json!({ "members": 1 }));
    world.edit("tls", json!({ "mode": "Disabled" }));
    run(&mut world);
    assert_eq!(world.files("config-cg-connection"), None);
    world.trust.client = None;
    rotated(&mut world).expect("it ends");
}

#[test]
fn a_changed_bundle_is_put_right() {
    let mut world = ready(json!({ "members": 1 }));
    world
        .objects
        .change(ChildKind::Secret, "config-cg-tls-1", |secret| {
            let Child::Secret(secret) = secret else {
                return;
            };
            let data = secret.data.get_or_insert_default();
            data.remove("ca.crt");
        });
    expect![[r#"
        trust Secret config-cg-tls-1
        --
    "#]]
    .assert_eq(&run(&mut world));
}

#[tokio::test]
async fn all_objects_of_a_namespace_follow_their_authority() {
    let cluster = Cluster::start().await;
    cluster.certify();
    let (stop, _) = heralded(&cluster, cluster.client.clone());
    let plain = json!({ "mode": "Disabled" });
    cluster.apply("one", json!({ "members": 3 })).await;
    cluster
        .apply("two", json!({ "members": 1, "tls": plain }))
        .await;
    let asleep = json!({ "members": 1, "hibernated": true });
    cluster.apply("three", json!({ "members": 1 })).await;
    for (name, members) in [("one", 3), ("two", 1), ("three", 1)] {
        cluster.ready(name, members).await;
    }
    cluster.apply("three", asleep).await;
    let sleeps = |status: &serde_json::Value| status["state"] == "Hibernated";
    cluster.until("three", sleeps).await;
    let secrets: Api<Secret> = Api::default_namespaced(cluster.client.clone());
    let authority = async || {
        let secret = secrets.get(names::AUTHORITY).await.expect("an authority");
        (Authority::of(&secret).expect("whole"), secret)
    };
    let (before, _) = authority().await;
    let notes = json!({ (names::ROTATE): "please", (names::OVERLAP): "0s" });
    let asked = Patch::Merge(json!({ "metadata": { "annotations": notes } }));
    secrets
        .patch(names::AUTHORITY, &PatchParams::default(), &asked)
        .await
        .expect("asked");
    let replaced = async || {
        let (now, _) = authority().await;
        now.phase() == Phase::Settled && now.signer() != before.signer()
    };
    assert!(eventually(replaced).await, "{:?}", authority().await);
    let (now, secret) = authority().await;
    assert_eq!(secret.annotations()[names::ROTATED], "please");
    let followed = async || {
        let ours = ListParams::default().labels(names::LABEL_KIND);
        let all = secrets.list(&ours).await.expect("secrets");
        let mut issued = all
            .iter()
            .filter(|secret| secret.annotations().contains_key(names::ISSUED_FOR));
        issued.all(|secret| {
            text(secret, "ca.crt").as_deref() == Some(now.bundle())
                && secret.annotations()[names::ISSUER] == now.signer()
        })
    };
    assert!(eventually(followed).await);
    let steps = [
        ("AuthorityPrepared", 1),
        ("AuthoritySwitched", 1),
        ("AuthorityRetired", 1),
    ];
    eventually_has(&cluster, &steps).await;
    // Nobody was started anew.
    for group in cluster.groups().values() {
        assert_eq!(group.violations, Vec::<String>::new());
    }
    let told = |status: &serde_json::Value| {
        let conditions = status["conditions"].as_array().expect("conditions");
        conditions.iter().all(|c| c["type"] != "AuthorityRotation")
    };
    for name in ["one", "two", "three"] {
        cluster.until(name, told).await;
    }
    stop.cancel();
}

/// An operator that did not note who issued a certificate and when it was written made these.
#[test]
fn certificates_of_an_earlier_operator_stay_until_their_authority_goes() {
    let mut world = ready(json!({ "members": 1 }));
    for secret in world.objects.of(ChildKind::Secret) {
        world
            .objects
            .change(ChildKind::Secret, secret.name(), |secret| {
                let notes = secret.meta_mut().annotations.get_or_insert_default();
                notes.retain(|name, _| name != names::ISSUER && name != names::WRITTEN_AT);
            });
    }
    assert_eq!(run(&mut world), "");
    rotated(&mut world).expect("it ends");
}
