//! The user: makes the object, edits it, lets it sleep, deletes it and makes it again; and has other objects nearby that
//! nobody may touch.

use std::sync::Arc;

use serde_json::{Value, json};
use synod_operator::names;

use super::direct::{NAMESPACE, going, kinds, label, text};
use super::stage::Stage;
use super::subject::Kept;
use crate::clock::{Instant, SECOND};
use crate::random::Random;

/// The name of the user's object.
pub(super) const NAME: &str = "config";

/// What the user wants, and remembers.
pub(super) struct User {
    pub(super) random: Random,
    /// The spec as it was applied last.
    pub(super) spec: Value,
    /// Whether the object is to be there.
    pub(super) exists: bool,
    /// Whether another cluster may begin: the data of the one before was given up.
    pub(super) may_begin_anew: bool,
    /// When the next edit is due.
    pub(super) due: Instant,
    /// What is to be taken back by then.
    mending: Option<Mending>,
    images: u64,
    /// Since when the claims of the object before are refused, if they are.
    pub(super) refuses: Option<Instant>,
    /// Objects of somebody else, as they were planted.
    planted: Vec<(&'static str, String, Arc<Value>)>,
}

/// What an edit leaves that is to be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mending {
    Image,
    Hibernation,
    Pause,
    Deletion,
    Refusal,
}

impl User {
    pub(super) fn new<S: Kept>(mut random: Random) -> Self {
        let members = *random.pick(&[1, 3, 3, 3, 5]);
        let tls = *random.pick(&["Auto", "Disabled"]);
        let mut spec = json!({
            "members": members, "tls": { "mode": tls },
            "storage": { "size": "1Gi", "retention": {} },
        });
        let keep = ["Retain", "Delete"];
        spec["storage"]["retention"]["whenDeleted"] = json!(*random.pick(&keep));
        spec["storage"]["retention"]["whenScaled"] = json!(*random.pick(&keep));
        if random.chance(700) {
            spec["image"] = json!("agent:1");
        }
        if random.chance(200) {
            spec["deletionProtection"] = json!(true);
        }
        S::specify(&mut spec, &mut random);
        Self {
            random,
            spec,
            exists: true,
            may_begin_anew: false,
            due: 0,
            mending: None,
            images: 1,
            refuses: None,
            planted: Vec::new(),
        }
    }

    /// How many vote when all is done.
    pub(super) fn members(&self) -> usize {
        count(&self.spec["members"], 3)
    }

    /// How many learn when all is done.
    pub(super) fn learners(&self) -> usize {
        count(&self.spec["learners"], 0)
    }
}

fn count(value: &Value, default: u64) -> usize {
    usize::try_from(value.as_u64().unwrap_or(default)).unwrap_or(0)
}

impl<S: Kept> Stage<S> {
    /// Applies the spec.
    pub(super) async fn apply(&mut self, what: &str) {
        let object = json!({
            "apiVersion": "synod.dev/v1alpha1", "kind": S::KIND.name,
            "metadata": { "name": NAME, "namespace": NAMESPACE }, "spec": self.user.spec,
        });
        let taken = self.direct.apply(&S::KIND.path(), &object).await;
        assert!(taken, "the API takes {object}");
        self.did("edits");
        self.tell(&format!("user: {what}"));
    }

    /// Objects of others, with names and labels like ours.
    pub(super) async fn plant(&mut self) {
        let kind = |kind: &str, name: &str| json!({ names::LABEL_KIND: kind, names::LABEL_NAME: name, names::LABEL_MEMBER: "2" });
        let claim = |labels: &Value, name: &str| {
            json!({
                "apiVersion": "v1", "kind": "PersistentVolumeClaim",
                "metadata": { "name": name, "labels": labels },
                "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } },
            })
        };
        let pod = |labels: &Value, name: &str| {
            json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name, "labels": labels },
                "spec": { "containers": [{ "name": "c", "image": "i" }] },
            })
        };
        let others = [
            kind(S::KIND.neighbour, NAME),
            kind(S::KIND.name, "configuration"),
            json!({ names::LABEL_NAME: NAME }),
        ];
        for (number, labels) in (90..).zip(&others) {
            let name = S::KIND.claim(number);
            self.plant_one(kinds::CLAIMS, &name, claim(labels, &name))
                .await;
            let name = S::KIND.pod(number);
            self.plant_one(kinds::PODS, &name, pod(labels, &name)).await;
        }
        let name = S::KIND.map(90);
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": { "name": name }, "data": { "agent.yaml": "" },
        });
        self.plant_one(kinds::MAPS, &name, map).await;
    }

    async fn plant_one(&mut self, resource: &'static str, name: &str, object: Value) {
        let path = format!("/api/v1/namespaces/{NAMESPACE}/{resource}");
        self.direct.create(&path, &object).await;
        let planted = self.direct.one(resource, name).expect("it was created");
        self.user.planted.push((resource, name.to_owned(), planted));
    }

    /// What others have is as it was.
    pub(super) fn check_planted(&self) {
        for (resource, name, planted) in &self.user.planted {
            let found = self.direct.one(resource, name);
            crate::demand!(
                "foreign objects",
                found.as_ref() == Some(planted),
                "{resource} {name} of somebody else is {found:?}"
            );
        }
    }

    /// Edits something, or takes back what the last edit broke.
    pub(super) async fn edit(&mut self) {
        if let Some(mending) = self.user.mending.take() {
            return self.mend(mending).await;
        }
        if let Some(words) = S::edit(&mut self.user.spec, &mut self.user.random) {
            return self.apply(&words).await;
        }
        match self.user.random.below(20) {
            0..=7 => self.resize().await,
            8..=9 => {
                let learners = self.user.random.below(3);
                self.user.spec["learners"] = json!(learners);
                self.apply(&format!("learners: {learners}")).await;
            }
            10..=12 => self.new_image().await,
            13..=14 => {
                self.kubelet.broken_images.insert("agent:bad".to_owned());
                self.user.spec["image"] = json!("agent:bad");
                self.user.mending = Some(Mending::Image);
                self.apply("image: agent:bad, which does not start").await;
            }
            15..=16 => {
                self.user.spec["hibernated"] = json!(true);
                self.user.mending = Some(Mending::Hibernation);
                self.apply("hibernated: true").await;
            }
            17 => {
                self.user.spec["paused"] = json!(true);
                self.user.mending = Some(Mending::Pause);
                self.apply("paused: true").await;
            }
            _ => self.delete_object().await,
        }
    }

    /// Another image that works; where the last one does not, it is the cure.
    pub(super) async fn new_image(&mut self) {
        if !self.user.exists {
            return;
        }
        self.user.images += 1;
        let image = format!("agent:{}", self.user.images);
        self.user.spec["image"] = json!(image);
        self.apply(&format!("image: {image}")).await;
    }

    /// As [`Stage::resize`], if there is an object.
    pub(super) async fn resize_now(&mut self) {
        if self.user.exists {
            self.resize().await;
        }
    }

    async fn resize(&mut self) {
        let before = self.user.members();
        let members = *self.user.random.pick(&[1, 3, 3, 5, 5, 7]);
        let members = if members == before { 3 } else { members };
        self.user.spec["members"] = json!(members);
        self.apply(&format!("members: {members}")).await;
    }

    async fn mend(&mut self, mending: Mending) {
        match mending {
            Mending::Image => self.new_image().await,
            Mending::Hibernation => {
                self.user.spec["hibernated"] = json!(false);
                self.apply("hibernated: false").await;
            }
            Mending::Pause => {
                self.user.spec["paused"] = json!(false);
                self.apply("paused: false").await;
            }
            Mending::Deletion => {
                self.user.exists = true;
                // What was pinned went with the object.
                if self.user.spec["image"].is_null() {
                    self.user.spec["image"] = json!("agent:1");
                }
                if !self.user.may_begin_anew && self.user.random.chance(400) {
                    self.user.spec["storage"]["adoption"] = json!("Refuse");
                    self.user.mending = Some(Mending::Refusal);
                    self.apply("makes the object again, refusing the data")
                        .await;
                    self.user.refuses = Some(self.clock.now());
                    return;
                }
                self.apply("makes the object again").await;
            }
            Mending::Refusal => {
                self.user.refuses = None;
                self.user.spec["storage"]["adoption"] = json!("Adopt");
                self.apply("adoption: Adopt").await;
            }
        }
    }

    /// Everything that was broken by an edit is taken back.
    pub(super) async fn mend_all(&mut self) {
        while let Some(mending) = self.user.mending.take() {
            self.mend(mending).await;
        }
    }

    /// Deletes the object. What becomes of its data depends on who owns the claims by then.
    async fn delete_object(&mut self) {
        let begun = self
            .groups
            .live()
            .is_some_and(super::groups::Group::is_well);
        let object = self.direct.one(S::KIND.resource, NAME);
        let (Some(object), true) = (object, begun) else {
            return self.resize().await;
        };
        let uid = text(&object, "/metadata/uid").to_owned();
        let claims = self.direct.all(kinds::CLAIMS);
        let claims: Vec<_> = claims
            .iter()
            .filter(|claim| S::KIND.is_ours(claim))
            .collect();
        let owned = |claim: &Value| {
            claim["metadata"]["ownerReferences"]
                .to_string()
                .contains(&uid)
        };
        let kept = claims.iter().any(|claim| {
            !owned(claim) && !going(claim) && !label(claim, names::LABEL_MEMBER).is_empty()
        });
        // A protected object's data stays, whoever owns what.
        let kept = kept || self.user.spec["deletionProtection"] == true;
        self.user.may_begin_anew = !kept;
        self.user.exists = false;
        self.user.mending = Some(Mending::Deletion);
        self.direct.delete(&S::KIND.path(), &Value::Null).await;
        self.did("edits");
        self.did("objects deleted");
        self.checks.disturbed = self.clock.now();
        self.tell(if kept {
            "user: deletes the object, whose claims are kept"
        } else {
            "user: deletes the object and its data"
        });
    }

    /// When the user acts next.
    pub(super) fn schedule_edit(&mut self) {
        let span = self.user.random.between(6, 45) * SECOND;
        self.user.due = self.clock.now() + span;
    }
}
