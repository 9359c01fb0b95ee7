//! A namespace's certificate authority as its Secret tells it, and its rotation, step by step. Pure.
//!
//! | phase | the Secret holds | what is waited for | then |
//! |---|---|---|---|
//! | settled | `ca.crt`, `ca.key` | a reason to rotate: it ends soon, or a person asks | *prepare*: `next.crt`, `next.key` are made |
//! | spreading | and `next.crt`, `next.key` | that all trust the next one | *switch*: next becomes current, current becomes `old.crt` |
//! | replacing | and `old.crt` | that nobody uses a certificate of the old one | *retire*: `old.crt` goes |
//!
//! Each step is one write that carries the version of the Secret it rests on, so it is taken once, whoever decides it. All
//! that is waited for stands on the Secrets that carry a certificate ([`Authority::behind`]): a member's is noted as
//! confirmed by the object that it belongs to, once its agent reports exactly its content; a client's, which reports
//! nothing, is given time. So no object needs to know another one, and nothing is lost with the operator.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use serde_json::{Value, json};

use crate::action::Seen;
use crate::certificates::{Issued, digest, lifetime};
use crate::child::ChildKind;
use crate::mutation::mutated;
use crate::names;

/// How long clients are given between two steps, unless the authority's Secret says otherwise. It is also far longer than
/// any cache of an operator is behind.
const OVERLAP: SignedDuration = SignedDuration::from_hours(1);
/// An authority is replaced when less than this part of its life is left.
const LIFE_PARTS: i64 = 5;

/// A namespace's authority, without its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Authority {
    /// Its Secret.
    pub seen: Seen,
    /// Names the certificate that signs.
    signer: String,
    /// That one, and the one that will sign or did, PEM.
    bundle: String,
    phase: Phase,
    /// When the phase began, if it is not the settled one.
    since: Option<Timestamp>,
    overlap: SignedDuration,
    lifetime: Option<(Timestamp, Timestamp)>,
    asked: Option<String>,
    answered: Option<String>,
}

/// How far a rotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// There is none.
    Settled,
    /// The next authority is made known.
    Spreading,
    /// Certificates are issued anew.
    Replacing,
}

/// What is done next to the authority's Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The next authority is made.
    Prepare,
    /// The next authority signs from now on.
    Switch,
    /// The old authority is not trusted any more.
    Retire,
}

/// In what a Secret with a certificate is behind its authority; the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lag {
    /// Its readers have until this time to take it up.
    Early(Timestamp),
    /// The agent that uses it has not been seen to.
    Unconfirmed,
    /// It is to be written.
    Outdated,
}

impl Step {
    /// The closed set of words for logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Switch => "switch",
            Self::Retire => "retire",
        }
    }
}

impl Authority {
    /// Reads it from its Secret; `None` if no certificate and key are there.
    #[must_use]
    pub fn of(secret: &Secret) -> Option<Self> {
        text(secret, "ca.key")?;
        let signer = text(secret, "ca.crt")?;
        let next = text(secret, "next.crt").filter(|_| text(secret, "next.key").is_some());
        let (phase, other) = match (next, text(secret, "old.crt")) {
            // A switch takes the next one away and brings the old one at once: both are never there.
            (Some(next), _) => (Phase::Spreading, Some(next)),
            (None, Some(old)) => (Phase::Replacing, Some(old)),
            (None, None) => (Phase::Settled, None),
        };
        let note = |name| note(secret, name).map(str::to_owned);
        let meta = &secret.metadata;
        Some(Self {
            seen: Seen {
                kind: ChildKind::Secret,
                name: meta.name.clone().unwrap_or_default(),
                uid: meta.uid.clone().unwrap_or_default(),
                version: meta.resource_version.clone().unwrap_or_default(),
            },
            lifetime: lifetime(&signer),
            bundle: format!("{signer}{}", other.unwrap_or_default()),
            signer: digest(&signer),
            phase,
            since: note(names::PHASE_SINCE).and_then(|time| time.parse().ok()),
            overlap: note(names::OVERLAP)
                .and_then(|length| length.parse().ok())
                .filter(|length: &SignedDuration| !length.is_negative())
                .unwrap_or(OVERLAP),
            asked: note(names::ROTATE),
            answered: note(names::ROTATED),
        })
    }

    /// How far a rotation is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Names the one that signs.
    #[must_use]
    pub fn signer(&self) -> &str {
        &self.signer
    }

    /// All that is trusted, PEM; the one that signs first.
    #[must_use]
    pub fn bundle(&self) -> &str {
        &self.bundle
    }

    /// Whether the Secret of a certificate says to trust exactly what is to be trusted, and since when it does.
    #[must_use]
    pub fn is_carried_by(&self, secret: &Secret) -> bool {
        let found = secret.data.as_ref().and_then(|data| data.get("ca.crt"));
        let carries = found.is_some_and(|found| found.0 == self.bundle.as_bytes());
        carries && (self.phase == Phase::Settled || written_at(secret).is_some())
    }

    /// The step that is next; `behind` says what holds it up.
    #[must_use]
    pub fn next(&self, behind: Option<Lag>, now: Timestamp) -> Option<Step> {
        match self.phase {
            Phase::Settled => self.is_due(now).then_some(Step::Prepare),
            _ if behind.is_some() => None,
            Phase::Spreading => Some(Step::Switch),
            Phase::Replacing => Some(Step::Retire),
        }
    }

    /// Whether it is to be replaced: a person asks for it, in words that were not answered yet, or it ends soon.
    fn is_due(&self, now: Timestamp) -> bool {
        let ends_soon = |(from, until): (Timestamp, Timestamp)| {
            let seconds = |from: Timestamp, until: Timestamp| until.as_second() - from.as_second();
            seconds(now, until) < seconds(from, until) / LIFE_PARTS
        };
        self.asked.is_some() && self.asked != self.answered || self.lifetime.is_some_and(ends_soon)
    }

    /// What holds the next step up, judged by `secrets`; those without a certificate of the operator do not count.
    #[must_use]
    pub fn behind<'a>(
        &self,
        secrets: impl IntoIterator<Item = &'a Secret>,
        now: Timestamp,
    ) -> Option<Lag> {
        let reckless = match self.phase {
            Phase::Settled => true,
            Phase::Spreading => mutated("switch-before-all-trust"),
            Phase::Replacing => mutated("old-authority-leaves-early"),
        };
        let lags = secrets.into_iter().filter_map(|s| self.lag(s, now));
        lags.chain(self.early(self.since, now))
            .max()
            .filter(|_| !reckless)
    }

    /// In what one Secret is behind, if it holds a certificate of the operator and is.
    #[must_use]
    pub fn lag(&self, secret: &Secret, now: Timestamp) -> Option<Lag> {
        note(secret, names::ISSUED_FOR)?;
        let signed = note(secret, names::ISSUER).is_some_and(|issuer| issuer == self.signer);
        if !self.is_carried_by(secret) || self.phase == Phase::Replacing && !signed {
            return Some(Lag::Outdated);
        }
        if is_of_member(secret) {
            let confirmed = note(secret, names::CONFIRMED).is_some_and(|it| it == content(secret));
            return (!confirmed).then_some(Lag::Unconfirmed);
        }
        self.early(written_at(secret), now)
    }

    fn early(&self, since: Option<Timestamp>, now: Timestamp) -> Option<Lag> {
        let until = since?.checked_add(self.overlap).ok()?;
        (until > now).then_some(Lag::Early(until))
    }
}

/// Names what a Secret has for its reader: certificate and bundle.
#[must_use]
pub fn content(secret: &Secret) -> String {
    let text = |name| text(secret, name).unwrap_or_default();
    digest(&format!("{}{}", text("ca.crt"), text("tls.crt")))
}

/// A text of a Secret.
#[must_use]
pub fn text(secret: &Secret, name: &str) -> Option<String> {
    String::from_utf8(secret.data.as_ref()?.get(name)?.0.clone()).ok()
}

/// The certificate that signs and its private key, PEM; `None` if they are not there.
#[must_use]
pub fn signer(secret: &Secret) -> Option<(String, String)> {
    Some((text(secret, "ca.crt")?, text(secret, "ca.key")?))
}

/// How `step` changes the authority's Secret, as a merge patch. `made` is the next authority, for [`Step::Prepare`].
#[must_use]
pub fn patch(secret: &Secret, step: Step, made: Option<&Issued>, now: Timestamp) -> Value {
    let bytes = |text: Option<String>| text.map(|text| ByteString(text.into_bytes()));
    let own = |name| bytes(text(secret, name));
    match step {
        Step::Prepare => json!({
            "metadata": { "annotations": {
                (names::ROTATED): note(secret, names::ROTATE),
                (names::PHASE_SINCE): now,
            } },
            "data": {
                "next.crt": bytes(made.map(|made| made.certificate.clone())),
                "next.key": bytes(made.map(|made| made.key.clone())),
            },
        }),
        Step::Switch => json!({
            "metadata": { "annotations": { (names::PHASE_SINCE): now } },
            "data": {
                "ca.crt": own("next.crt"), "ca.key": own("next.key"),
                "old.crt": own("ca.crt"),
                "next.crt": null, "next.key": null,
            },
        }),
        Step::Retire => json!({
            "metadata": { "annotations": { (names::PHASE_SINCE): null } },
            "data": { "old.crt": null },
        }),
    }
}

fn note<'a>(secret: &'a Secret, name: &str) -> Option<&'a str> {
    let notes = secret.metadata.annotations.as_ref()?;
    notes.get(name).map(String::as_str)
}

fn written_at(secret: &Secret) -> Option<Timestamp> {
    note(secret, names::WRITTEN_AT)?.parse().ok()
}

fn is_of_member(secret: &Secret) -> bool {
    let labels = secret.metadata.labels.as_ref();
    labels.is_some_and(|labels| labels.contains_key(names::LABEL_MEMBER))
}

#[cfg(test)]
mod tests;
