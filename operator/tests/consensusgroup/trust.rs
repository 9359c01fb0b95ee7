//! The world's certificates: who issued them, who has taken them up, and that all who talk to each other trust each
//! other at any moment of a rotation. And what is done, step by step, when an authority is replaced.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use expect_test::expect;
use jiff::{Timestamp, ToSpan};
use k8s_openapi::api::core::v1::Secret;
use serde_json::{Value, json};
use synod_agent_api::Status;
use synod_operator::act::paper;
use synod_operator::action::{Issue, Seen};
use synod_operator::authority::{self, Authority, Lag, Phase, Step, text};
use synod_operator::certificates::{Issued, fingerprints};
use synod_operator::child::{Child, ChildKind};
use synod_operator::names;

use crate::api::Refused;
use crate::observed::View;
use crate::traces::{ready, round, run, try_run};
use crate::world::World;

/// How old a client lets its files become: less than the time that clients are given.
const CLIENT_MINUTES: i64 = 50;
/// More steps of an hour than a rotation has.
const HOURS_MAX: usize = 8;

/// Authority, certificates, and who uses which.
pub(crate) struct Trust {
    /// The authority's Secret.
    pub(crate) authority: Option<Secret>,
    /// The same as the operator had it when it decided.
    pub(crate) seen: Option<Secret>,
    pub(crate) now: Timestamp,
    /// Agents that do not notice new files before they are started anew.
    pub(crate) stuck: BTreeSet<u64>,
    /// Other objects of the namespace that have not followed.
    pub(crate) behind: BTreeMap<String, Lag>,
    agents: BTreeMap<u64, Files>,
    client: Option<(Files, Timestamp)>,
    /// Which authority issued a certificate.
    issuers: BTreeMap<String, String>,
    made: u64,
}

/// What somebody has read of a Secret.
#[derive(Clone, Debug, PartialEq)]
struct Files {
    trusted: String,
    certificate: String,
}

impl Default for Trust {
    fn default() -> Self {
        Self {
            authority: None,
            seen: None,
            now: "2026-06-01T00:00:00Z".parse().expect("a time"),
            stuck: BTreeSet::new(),
            behind: BTreeMap::new(),
            agents: BTreeMap::new(),
            client: None,
            issuers: BTreeMap::new(),
            made: 0,
        }
    }
}

impl Files {
    fn of(secret: &Secret) -> Option<Self> {
        Some(Self {
            trusted: text(secret, "ca.crt")?,
            certificate: text(secret, "tls.crt")?,
        })
    }
}

fn pem(content: &str) -> String {
    let content = STANDARD.encode(content);
    format!("-----BEGIN CERTIFICATE-----\n{content}\n-----END CERTIFICATE-----\n")
}

impl Trust {
    fn next(&mut self, what: &str) -> Issued {
        self.made += 1;
        Issued {
            certificate: pem(&format!("{what} {}", self.made)),
            key: "a key".into(),
            not_after: "2027-01-01T00:00:00Z".parse().expect("a time"),
        }
    }

    pub(crate) fn create_authority(&mut self) -> Result<(), Refused> {
        if self.authority.is_some() {
            return Err(Refused::Exists);
        }
        let Issued {
            certificate, key, ..
        } = self.next("authority");
        let data = BTreeMap::from([("ca.crt", certificate), ("ca.key", key)]);
        let data: BTreeMap<_, _> = data
            .into_iter()
            .map(|(name, text)| (name, STANDARD.encode(text)))
            .collect();
        let secret = json!({
            "metadata": { "name": names::AUTHORITY, "uid": "uid-ca", "resourceVersion": "1" },
            "data": data,
        });
        self.authority = Some(serde_json::from_value(secret).expect("a Secret"));
        Ok(())
    }

    /// Changes the authority's Secret.
    fn change(&mut self, patch: &Value) {
        let secret = self.authority.as_ref().expect("an authority");
        let mut value = serde_json::to_value(secret).expect("encodes");
        json_patch::merge(&mut value, patch);
        let version = &secret.metadata.resource_version;
        let version: u64 = version.as_ref().expect("one").parse().expect("a number");
        value["metadata"]["resourceVersion"] = json!((version + 1).to_string());
        self.authority = Some(serde_json::from_value(value).expect("a Secret"));
    }

    /// A person asks for another authority.
    pub(crate) fn ask_for_another(&mut self) {
        if self.authority.is_some() {
            self.made += 1;
            let word = self.made.to_string();
            self.change(&json!({ "metadata": { "annotations": { (names::ROTATE): word } } }));
        }
    }

    pub(crate) fn rotate(&mut self, seen: &Seen, step: Step) -> Result<(), Refused> {
        let secret = self.authority.clone().ok_or(Refused::Missing)?;
        if Authority::of(&secret).map(|it| it.seen).as_ref() != Some(seen) {
            return Err(Refused::Changed);
        }
        let made = (step == Step::Prepare).then(|| self.next("authority"));
        self.change(&authority::patch(&secret, step, made.as_ref(), self.now));
        Ok(())
    }

    pub(crate) fn phase(&self) -> Phase {
        let authority = self.authority.as_ref().and_then(Authority::of);
        authority.map_or(Phase::Settled, |authority| authority.phase())
    }

    /// What the operator decides and acts on.
    fn in_hand(&self) -> Authority {
        let secret = self.seen.as_ref().or(self.authority.as_ref());
        secret.and_then(Authority::of).expect("an authority")
    }

    /// What an agent tells of its files.
    pub(crate) fn report(&self, number: u64, status: &mut Status) {
        let Some(files) = self.agents.get(&number) else {
            return;
        };
        let mut trusted = fingerprints(&files.trusted);
        trusted.sort();
        status.ca_fingerprints = trusted;
        status.certificate_fingerprint = fingerprints(&files.certificate).pop();
    }

    /// Who does not trust whom.
    fn strangers(&self) -> Option<String> {
        self.authority.as_ref()?;
        let mut all: BTreeMap<String, Files> = self
            .agents
            .iter()
            .map(|(number, files)| (format!("member {number}"), files.clone()))
            .collect();
        if let Some((files, _)) = &self.client {
            all.insert("the client".into(), files.clone());
        }
        for (who, files) in &all {
            for (whom, other) in &all {
                let issuer = &self.issuers[&other.certificate];
                if !files.trusted.contains(issuer) {
                    return Some(format!("{who} does not trust {whom}"));
                }
            }
        }
        let operator = self.in_hand();
        let ours = |files: &Files| {
            operator
                .bundle()
                .contains(&self.issuers[&files.certificate])
        };
        let stranger = self.agents.iter().find(|(_, files)| !ours(files));
        stranger.map(|(number, _)| format!("the operator does not trust member {number}"))
    }
}

impl World {
    pub(crate) fn issue(&mut self, issue: &Issue) -> Result<(), Refused> {
        let authority = self.trust.in_hand();
        let Child::Secret(mut filled) = issue.secret.clone() else {
            panic!("a certificate goes into a Secret only");
        };
        let issued = self.trust.next("certificate");
        let bundle = authority.bundle().to_owned();
        let (signer, end) = bundle
            .split_once("-----END CERTIFICATE-----\n")
            .map(|(signer, _)| (signer, "-----END CERTIFICATE-----\n"))
            .expect("a certificate");
        self.trust
            .issuers
            .insert(issued.certificate.clone(), format!("{signer}{end}"));
        paper::fill(&mut filled, issue, &authority, issued, self.trust.now);
        match &issue.seen {
            None => self.objects.create(Child::Secret(filled)),
            Some(seen) => self.objects.patch(seen, &paper::patch(&filled)),
        }
    }

    pub(crate) fn tell_whom_to_trust(&mut self, seen: &Seen) -> Result<(), Refused> {
        let patch = paper::trust(&self.trust.in_hand(), self.trust.now);
        self.objects.patch(seen, &patch)
    }

    pub(crate) fn confirm_followed(&self) -> Result<(), String> {
        let secrets = self.objects.of(ChildKind::Secret);
        let secrets = secrets.iter().filter_map(|child| match &**child {
            Child::Secret(secret) => Some(&**secret),
            _ => None,
        });
        let behind = self.trust.in_hand().behind(secrets, self.trust.now);
        match behind.or(self.trust.behind.values().copied().max()) {
            Some(lag) => Err(format!("{lag:?}")),
            None => Ok(()),
        }
    }

    fn files(&self, secret: &str) -> Option<Files> {
        match self.objects.get(ChildKind::Secret, secret)? {
            Child::Secret(secret) => Files::of(secret),
            _ => None,
        }
    }

    /// Agents notice new files, unless they are stuck; a client does when its own are old.
    pub(crate) fn take_up_certificates(&mut self) {
        let running: BTreeSet<u64> = self
            .group
            .disks
            .iter()
            .filter(|(_, disk)| disk.running)
            .map(|(number, _)| *number)
            .collect();
        self.trust
            .agents
            .retain(|number, _| running.contains(number));
        for number in running {
            let stuck =
                self.trust.stuck.contains(&number) && self.trust.agents.contains_key(&number);
            if let Some(files) = self
                .files(&format!("config-cg-tls-{number}"))
                .filter(|_| !stuck)
            {
                self.trust.agents.insert(number, files);
            }
        }
        let now = self.trust.now;
        let old = |(_, at): &(Files, Timestamp)| *at + CLIENT_MINUTES.minutes() <= now;
        if self.trust.client.as_ref().is_none_or(old) {
            self.trust.client = self.files("config-cg-connection").map(|files| (files, now));
        }
        if let Some(stranger) = self.trust.strangers() {
            self.group.violated(stranger);
        }
    }

    /// Time passes; nothing is decided meanwhile.
    pub(crate) fn leap(&mut self, minutes: i64) {
        for _ in 0..minutes / 10 {
            self.trust.now += 10.minutes();
            self.take_up_certificates();
        }
    }

    /// Looks, acts and waits until there is nothing to do and no rotation under way.
    pub(crate) fn finish_rotation(&mut self) -> Result<String, String> {
        let mut lines = String::new();
        for _ in 0..HOURS_MAX {
            lines.push_str(&try_run(self)?);
            if self.trust.phase() == Phase::Settled {
                return Ok(lines);
            }
            self.leap(60);
            lines.push_str("-- an hour\n");
        }
        Err(format!(
            "no end after {HOURS_MAX} h: {}\n{lines}",
            told(self)
        ))
    }
}

/// What is told of the rotation.
fn told(world: &World) -> String {
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
            if decision.actions.is_empty() && world.trust.phase() == Phase::Settled {
                break;
            }
            for action in decision.actions.iter().take(left) {
                world.act(action).expect("nobody else acts");
            }
            left -= decision.actions.len().min(left);
            world.settle();
            world.leap(if decision.actions.is_empty() { 60 } else { 0 });
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
