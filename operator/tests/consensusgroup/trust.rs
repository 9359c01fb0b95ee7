//! The world's certificates: who issued them, who has taken them up, and that all who talk to each other trust each
//! other at any moment of a rotation.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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
use crate::rotation::told;
use crate::traces::try_run;
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
    pub(crate) client: Option<(Files, Timestamp)>,
    /// Which authority issued a certificate.
    issuers: BTreeMap<String, String>,
    pub(crate) made: u64,
}

/// What somebody has read of a Secret.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Files {
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

    /// Somebody puts another authority in place of this one, without a rotation.
    pub(crate) fn exchange(&mut self) {
        self.authority = None;
        self.create_authority().expect("there is none");
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
    pub(crate) fn in_hand(&self) -> Authority {
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

    pub(crate) fn files(&self, secret: &str) -> Option<Files> {
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
                .files(&self.names.certificate(number))
                .filter(|_| !stuck)
            {
                self.trust.agents.insert(number, files);
            }
        }
        let now = self.trust.now;
        let old = |(_, at): &(Files, Timestamp)| *at + CLIENT_MINUTES.minutes() <= now;
        if self.trust.client.as_ref().is_none_or(old) {
            self.trust.client = self
                .files(&self.names.connection())
                .map(|files| (files, now));
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
