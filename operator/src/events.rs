//! Events: what people are told of what was done and of what went wrong, as values.
//!
//! An act that was carried out gives at most one; a kind gives those of a changed status. How they reach the API, and
//! how many of them, is `act/herald.rs`'s. An object that is as it should be yields none.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;
use synod_agent_api::Change;

use crate::action::{Action, Issue, Seen, Why};
use crate::authority::Step;
use crate::child::{Child, ChildKind};
use crate::names;
use crate::reasons;

/// The API takes no longer note.
const NOTE_BYTES_MAX: usize = 1024;
/// The API takes no longer action.
const ACTION_BYTES_MAX: usize = 128;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whether somebody should look.
    pub warning: bool,
    /// One of [`crate::reasons`].
    pub reason: &'static str,
    /// What was done, and to what: events that agree in this and in the reason are one that repeats.
    pub action: String,
    /// For people.
    pub note: String,
}

impl Event {
    /// All is well.
    #[must_use]
    pub fn normal(reason: &'static str, action: &str, note: impl Into<String>) -> Self {
        Self {
            warning: false,
            reason,
            action: cut(action.to_owned(), ACTION_BYTES_MAX),
            note: cut(note.into(), NOTE_BYTES_MAX),
        }
    }

    /// Something is wrong.
    #[must_use]
    pub fn warning(reason: &'static str, action: &str, note: impl Into<String>) -> Self {
        Self {
            warning: true,
            ..Self::normal(reason, action, note)
        }
    }
}

fn cut(mut text: String, bytes_max: usize) -> String {
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

/// What is told of an action that was carried out; most of what a member needs besides itself is not worth a word.
#[must_use]
pub fn of_action(action: &Action) -> Option<Event> {
    match action {
        Action::Create(child) => created(child),
        Action::Delete { seen, because } => deleted(seen, because),
        Action::ForceDelete { seen, node } => {
            deleted(seen, &format!("node {node} is gone for good"))
        }
        Action::Patch { seen, patch } => enlarged(seen, patch),
        Action::Membership { request, .. } => changed(&request.change),
        Action::Transfer { via, to } => Some(Event::normal(
            reasons::LEADERSHIP_MOVED,
            &format!("transfer {via} to {to}"),
            format!("leader {via} was asked to hand over to member {to}"),
        )),
        Action::Issue(issue) => issued(issue),
        Action::Rotate { step, .. } => Some(rotated(*step)),
        Action::CreateAuthority
        | Action::Trust(_)
        | Action::GivePassword(_)
        | Action::ConfirmFollowed
        | Action::Apply { .. }
        | Action::ConfirmGone { .. }
        | Action::ConfirmNone { .. }
        | Action::ConfirmUnchanged { .. }
        | Action::ConfirmServing { .. }
        | Action::ConfirmAiling { .. }
        | Action::ConfirmQuorumLost { .. }
        | Action::ConfirmConfiguration { .. } => None,
    }
}

/// A new address is the pod's news, and told with it.
fn issued(issue: &Issue) -> Option<Event> {
    let (reason, word, because) = match issue.why {
        Why::Missing => (reasons::CERTIFICATE_ISSUED, "issue", ""),
        Why::EndsSoon => (
            reasons::CERTIFICATE_RENEWED,
            "renew",
            ": the last one ends soon",
        ),
        Why::Authority => {
            let because = ": the last one is of another authority";
            (reasons::CERTIFICATE_RENEWED, "renew", because)
        }
        Why::Content => {
            let because = ": the last one does not say what it should";
            (reasons::CERTIFICATE_RENEWED, "renew", because)
        }
        Why::Address => return None,
    };
    let name = issue.secret.name();
    let note = format!("certificate for {} in Secret {name}{because}", issue.uri);
    Some(Event::normal(reason, &format!("{word} {name}"), note))
}

fn rotated(step: Step) -> Event {
    let (reason, note) = match step {
        Step::Prepare => (
            reasons::AUTHORITY_PREPARED,
            "the namespace's next certificate authority was made; all are told to trust it before it signs",
        ),
        Step::Switch => (
            reasons::AUTHORITY_SWITCHED,
            "all trust the namespace's new certificate authority: certificates are issued anew by it",
        ),
        Step::Retire => (
            reasons::AUTHORITY_RETIRED,
            "nobody uses a certificate of the namespace's old authority any more: it is not trusted from now on",
        ),
    };
    Event::normal(reason, &format!("{} authority", step.word()), note)
}

fn created(child: &Child) -> Option<Event> {
    let (kind, name) = (child.kind(), child.name());
    let word = format!("create {kind} {name}");
    match kind {
        ChildKind::Claim => Some(member_created(child.meta(), &word, name)),
        ChildKind::Pod => Some(Event::normal(
            reasons::POD_CREATED,
            &word,
            format!("pod {name}"),
        )),
        ChildKind::Service | ChildKind::Secret | ChildKind::ConfigMap | ChildKind::Budget => None,
    }
}

fn member_created(meta: &ObjectMeta, word: &str, claim: &str) -> Event {
    let text = |map: &Option<std::collections::BTreeMap<String, String>>, name| {
        map.as_ref().and_then(|all| all.get(name)).cloned()
    };
    let number = text(&meta.labels, names::LABEL_MEMBER).unwrap_or_default();
    match text(&meta.annotations, names::REPLACES) {
        Some(lost) => Event::normal(
            reasons::MEMBER_REPLACED,
            word,
            format!("member {number} on claim {claim} is to take the place of member {lost}"),
        ),
        None => Event::normal(
            reasons::MEMBER_CREATED,
            word,
            format!("member {number} on claim {claim}"),
        ),
    }
}

fn deleted(seen: &Seen, because: &str) -> Option<Event> {
    let reason = match seen.kind {
        ChildKind::Pod => reasons::POD_DELETED,
        ChildKind::Claim => reasons::CLAIM_DELETED,
        ChildKind::Service | ChildKind::Secret | ChildKind::ConfigMap | ChildKind::Budget => {
            return None;
        }
    };
    let word = format!("delete {} {}", seen.kind, seen.name);
    Some(Event::normal(
        reason,
        &word,
        format!("{}: {because}", seen.name),
    ))
}

fn enlarged(seen: &Seen, patch: &Value) -> Option<Event> {
    let size = patch["spec"]["resources"]["requests"]["storage"].as_str()?;
    let word = format!("enlarge {}", seen.name);
    let note = format!("claim {} asks for {size}", seen.name);
    (seen.kind == ChildKind::Claim).then(|| Event::normal(reasons::CLAIM_ENLARGED, &word, note))
}

fn changed(change: &Change) -> Option<Event> {
    let (reason, word, note) = match change {
        Change::Add {
            number, learner, ..
        } => {
            let role = if *learner { "learner" } else { "voter" };
            let note = format!("member {number} was added as {role}");
            (reasons::MEMBER_ADDED, format!("add {number}"), note)
        }
        Change::Promote { number } => (
            reasons::MEMBER_PROMOTED,
            format!("promote {number}"),
            format!("member {number} votes from now on"),
        ),
        Change::Remove { number } => (
            reasons::MEMBER_REMOVED,
            format!("remove {number}"),
            format!("member {number} was removed"),
        ),
        Change::Swap { out, into } => (
            reasons::MEMBER_REPLACED,
            format!("swap {out} for {into}"),
            format!("member {into} took the place of member {out}"),
        ),
        Change::Update { .. } => return None,
    };
    Some(Event::normal(reason, &word, note))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Secret;

    use super::*;

    #[test]
    fn why_a_certificate_is_issued_again_is_told_but_for_a_new_address() {
        let told = |why| {
            let issue = Issue {
                secret: Secret::default().into(),
                seen: None,
                why,
                common_name: String::new(),
                uri: "synod://x".into(),
                dns: Vec::new(),
                addresses: Vec::new(),
                server: true,
            };
            of_action(&Action::Issue(Box::new(issue)))
        };
        let reason = |why| told(why).map(|event| event.reason);
        assert_eq!(reason(Why::Missing), Some(reasons::CERTIFICATE_ISSUED));
        assert_eq!(reason(Why::EndsSoon), Some(reasons::CERTIFICATE_RENEWED));
        assert_eq!(reason(Why::Address), None);
        let note = told(Why::Authority).map(|event| event.note);
        assert!(note.is_some_and(|note| note.ends_with("of another authority")));
    }

    #[test]
    fn long_words_are_cut_between_letters() {
        let event = Event::warning(reasons::CALL_FAILED, &"ä".repeat(100), "é".repeat(2000));
        assert!(event.warning);
        assert_eq!((event.action.len(), event.note.len()), (128, 1024));
        let odd = Event::normal(reasons::READY, &format!("x{}", "ä".repeat(100)), "");
        assert_eq!(odd.action.len(), 127);
    }
}
