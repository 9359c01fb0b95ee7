//! The only place that writes: to the API, and to agents.
//!
//! It decides nothing. What an action rests on is sent with it, so an outdated plan is refused, not carried out: deletes,
//! patches and applies carry uid and resourceVersion, membership calls the configuration's id.

mod asking;
mod herald;
pub mod paper;
mod sure;

use asking::Agents;
pub use herald::Herald;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Node, Secret};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::{ApiResource, DynamicObject, ObjectMeta};
use kube::{Api, Client};
use serde_json::{Value, json};
use synod_agent_api::{ErrorCode, TransferRequest};
use tokio_util::sync::CancellationToken;

use crate::action::{Action, Issue, Seen};
use crate::agents::{AgentError, Reach, Target};
use crate::authority::{self, Authority, Step};
use crate::certificates::{Authority as Issuer, CertificateError, Subject};
use crate::child::{Child, ChildKind};
use crate::mutation::mutated;
use crate::names::{self, Key};
use crate::observe::{Floor, NodeSeen};

/// What an action needs besides itself.
pub struct Context {
    /// The object that is being acted for.
    pub key: Key,
    /// How the API names its kind.
    pub resource: ApiResource,
    /// Its uid.
    pub uid: Option<String>,
    /// How its agents are reached.
    pub targets: BTreeMap<u64, Target>,
    /// The namespace's authority.
    pub authority: Option<Arc<Secret>>,
    /// When it was observed.
    pub now: Timestamp,
    /// From then on nothing more is begun.
    pub stop: CancellationToken,
}

/// Why an action was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The world is not any more as the plan saw it: look again. No fault.
    #[error("outdated: {0}")]
    Outdated(String),
    /// Somebody else has an object of the needed name.
    #[error(
        "{kind} {name} exists and does not belong to this object: delete it, or rename this object"
    )]
    NameConflict {
        /// Kind of the other object.
        kind: String,
        /// The name.
        name: String,
    },
    /// The API refused or was not reached.
    #[error("API: {0}")]
    Api(#[source] kube::Error),
    /// An agent refused or was not reached.
    #[error(transparent)]
    Agent(AgentError),
    /// A certificate could not be made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The system gives no randomness, so no password could be made up.
    #[error("the system gives no randomness: {0}")]
    Entropy(getrandom::Error),
}

impl ActError {
    /// The closed set of words for the metrics.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Outdated(_) => "outdated",
            Self::NameConflict { .. } => "name-conflict",
            Self::Api(_) => "api",
            Self::Agent(_) => "agent",
            Self::Certificate(_) => "certificate",
            Self::Entropy(_) => "entropy",
        }
    }

    /// Whether what else is to be done may be done all the same: the API refused this one thing, as a storage class refuses
    /// that a claim grows and a quota that a pod is made, or an agent did. Not while the API is not reached or wants to be
    /// left alone, nor if the world is not as it was seen.
    #[must_use]
    pub fn is_of_one_strand(&self) -> bool {
        match self {
            _ if mutated("one-refusal-ends-all") => false,
            Self::Api(kube::Error::Api(status)) => {
                matches!(status.code, 400..500) && !matches!(status.code, 401 | 408 | 429)
            }
            Self::Agent(_) | Self::Certificate(_) | Self::Entropy(_) => true,
            Self::Api(_) | Self::Outdated(_) | Self::NameConflict { .. } => false,
        }
    }
}

/// Whether a patch was refused because the object of that name has another uid now: the API server says so in these
/// words, and not as a conflict.
fn is_of_another(status: &kube::core::Status) -> bool {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    status.code == 422
        && causes
            .into_iter()
            .any(|cause| cause.field == "metadata.uid")
}

impl From<kube::Error> for ActError {
    fn from(error: kube::Error) -> Self {
        match &error {
            // Gone, or changed in the meantime.
            kube::Error::Api(status) if matches!(status.code, 404 | 409) => {
                Self::Outdated(status.message.clone())
            }
            kube::Error::Api(status) if is_of_another(status) => {
                Self::Outdated(status.message.clone())
            }
            _ => Self::Api(error),
        }
    }
}

impl From<AgentError> for ActError {
    fn from(error: AgentError) -> Self {
        use ErrorCode::{Busy, Conflict, NoLeader, NotCaughtUp, NotLeader, TimedOut};
        match &error {
            // The status that follows tells more than the refusal.
            AgentError::Refused(refused)
                if matches!(
                    refused.code,
                    Conflict | Busy | NotLeader | NoLeader | NotCaughtUp | TimedOut
                ) =>
            {
                Self::Outdated(refused.message.clone())
            }
            _ => Self::Agent(error),
        }
    }
}

/// Carries actions out.
#[derive(Clone)]
pub struct Actor {
    client: Client,
    reach: Arc<dyn Reach>,
}

impl Actor {
    /// Writes through `client` and `reach`.
    #[must_use]
    pub fn new(client: Client, reach: Arc<dyn Reach>) -> Self {
        Self { client, reach }
    }

    /// Carries out one action. Returns the configuration that it led to, if it is a membership call.
    ///
    /// # Errors
    /// When it was not carried out, or it is not known whether it was.
    pub async fn act(&self, context: &Context, action: &Action) -> Result<Option<Floor>, ActError> {
        match action {
            Action::CreateAuthority => self.create_authority(context).await?,
            Action::Issue(issue) => self.issue(context, issue).await?,
            Action::Trust(seen) => self.trust(context, seen).await?,
            Action::GivePassword(seen) => self.give_password(context, seen).await?,
            Action::ConfirmFollowed => self.confirm_followed(context).await?,
            Action::Rotate { seen, step } => self.rotate(context, seen, *step).await?,
            Action::Create(object) => self.create(context, object).await?,
            Action::Apply { seen, object } => self.apply(context, seen, object).await?,
            Action::Patch { seen, patch } => self.patch(context, seen, patch.clone()).await?,
            Action::Delete { seen, .. } => self.delete(context, seen).await?,
            Action::ForceDelete { seen, node } => self.force_delete(context, seen, node).await?,
            Action::ConfirmGone { kind, name } => self.confirm_gone(context, *kind, name).await?,
            Action::ConfirmNone { kind, labels, but } => {
                self.confirm_none(context, *kind, labels, but).await?;
            }
            Action::ConfirmUnchanged { seen } => self.confirm_unchanged(context, seen).await?,
            Action::ConfirmServing {
                via,
                configuration,
                without,
                members,
            } => {
                let agents = Agents(&*self.reach, context);
                agents
                    .serve_without(*without, members, *via, *configuration)
                    .await?;
            }
            Action::ConfirmAiling {
                via,
                configuration,
                member,
                others,
            } => {
                Agents(&*self.reach, context)
                    .ails_beside(*others, *member, *via, *configuration)
                    .await?
            }
            Action::ConfirmConfiguration { via, configuration } => {
                let agents = Agents(&*self.reach, context);
                agents.leader(*via, *configuration).await?;
            }
            Action::ConfirmQuorumLost {
                from,
                configuration,
                members,
                lost,
            } => {
                let agents = Agents(&*self.reach, context);
                agents
                    .lost_quorum(*from, *configuration, members, lost)
                    .await?;
            }
            Action::Membership { via, request } => {
                let target = target(context, *via)?;
                let cluster = target.identity.cluster;
                let answer = self.reach.change(target, request.clone()).await?;
                return Ok(Some(Floor {
                    cluster,
                    id: answer.id,
                }));
            }
            Action::Transfer { via, to } => {
                self.reach
                    .transfer(target(context, *via)?, TransferRequest { to: Some(*to) })
                    .await?;
            }
        }
        Ok(None)
    }

    /// Writes the status of an object as it was seen.
    ///
    /// # Errors
    /// When it was not written; the object changed in the meantime, for one.
    pub async fn report(
        &self,
        kind: &ApiResource,
        object: &DynamicObject,
        status: Value,
    ) -> Result<(), ActError> {
        let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
        let name = object.metadata.name.as_deref().unwrap_or_default();
        let api: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), namespace, kind);
        let mut object = object.clone();
        object.data["status"] = status;
        api.replace_status(
            name,
            &PostParams {
                field_manager: Some(names::MANAGER.into()),
                ..PostParams::default()
            },
            &object,
        )
        .await?;
        Ok(())
    }

    fn api(&self, kind: ChildKind, namespace: &str) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), namespace, &kind.resource())
    }

    async fn create(&self, context: &Context, object: &Child) -> Result<(), ActError> {
        self.confirm_there(context).await?;
        context.may_act()?;
        let api = self.api(object.kind(), &context.key.namespace);
        let parameters = PostParams {
            field_manager: Some(names::MANAGER.into()),
            ..PostParams::default()
        };
        let Err(error) = api.create(&parameters, &dynamic(object.to_json())?).await else {
            return Ok(());
        };
        match &error {
            kube::Error::Api(status) if status.reason == "AlreadyExists" => {
                Err(self.explain_existing(context, &api, object).await?)
            }
            _ => Err(error.into()),
        }
    }

    /// The name is taken: by an object of ours that the cache does not show yet (or one that is still going), or by
    /// somebody else's.
    async fn explain_existing(
        &self,
        context: &Context,
        api: &Api<DynamicObject>,
        wanted: &Child,
    ) -> Result<ActError, ActError> {
        let found = api.get(wanted.name()).await?;
        let ours = [names::LABEL_KIND, names::LABEL_NAME, names::LABEL_AUTHORITY]
            .iter()
            .all(|name| label(&found.metadata, name) == label(wanted.meta(), name));
        let (kind, name) = (wanted.kind().to_string(), wanted.name().to_owned());
        let owner = &context.key;
        tracing::debug!(
            kind = owner.kind,
            namespace = owner.namespace,
            name = owner.name,
            action = "create",
            ours,
            "{kind} {name} exists already"
        );
        Ok(if ours {
            ActError::Outdated(format!("{kind} {name} exists"))
        } else {
            ActError::NameConflict { kind, name }
        })
    }

    async fn apply(&self, context: &Context, seen: &Seen, object: &Child) -> Result<(), ActError> {
        let mut body = object.to_json();
        body["metadata"]["uid"] = json!(seen.uid);
        if !mutated("apply-to-whatever-is-there") {
            body["metadata"]["resourceVersion"] = json!(seen.version);
        }
        let parameters = PatchParams::apply(names::MANAGER).force();
        self.api(object.kind(), &context.key.namespace)
            .patch(object.name(), &parameters, &Patch::Apply(body))
            .await?;
        Ok(())
    }

    async fn patch(
        &self,
        context: &Context,
        seen: &Seen,
        mut patch: Value,
    ) -> Result<(), ActError> {
        patch["metadata"]["uid"] = json!(seen.uid);
        patch["metadata"]["resourceVersion"] = json!(seen.version);
        let parameters = PatchParams {
            field_manager: Some(names::MANAGER.into()),
            ..PatchParams::default()
        };
        self.api(seen.kind, &context.key.namespace)
            .patch(&seen.name, &parameters, &Patch::Merge(patch))
            .await?;
        Ok(())
    }

    async fn delete(&self, context: &Context, seen: &Seen) -> Result<(), ActError> {
        self.delete_with(context, seen, DeleteParams::background())
            .await
    }

    async fn delete_with(
        &self,
        context: &Context,
        seen: &Seen,
        parameters: DeleteParams,
    ) -> Result<(), ActError> {
        let exact = Preconditions {
            uid: Some(seen.uid.clone()),
            resource_version: Some(seen.version.clone()),
        };
        let parameters = DeleteParams {
            preconditions: Some(exact).filter(|_| !mutated("delete-whatever-is-there")),
            ..parameters
        };
        match self
            .api(seen.kind, &context.key.namespace)
            .delete(&seen.name, &parameters)
            .await
        {
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(()),
        }
    }

    /// The node is asked for at the API itself: a cache may be behind, and a pod on a node that is there may still write.
    async fn force_delete(
        &self,
        context: &Context,
        seen: &Seen,
        node: &str,
    ) -> Result<(), ActError> {
        let nodes: Api<Node> = Api::all(self.client.clone());
        let found = nodes.get_opt(node).await?;
        if found.is_some_and(|node| !NodeSeen::of(&node).out_of_service) {
            return Err(ActError::Outdated(format!("node {node} is there")));
        }
        context.may_act()?;
        self.delete_with(context, seen, DeleteParams::default().grace_period(0))
            .await
    }

    async fn create_authority(&self, context: &Context) -> Result<(), ActError> {
        let made = Issuer::create(&context.key.namespace, context.now)?;
        let mut secret = Secret {
            metadata: ObjectMeta {
                name: Some(names::AUTHORITY.to_owned()),
                namespace: Some(context.key.namespace.clone()),
                labels: Some(
                    [
                        (names::LABEL_AUTHORITY, "true"),
                        ("app.kubernetes.io/managed-by", names::MANAGER),
                    ]
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
                ),
                ..ObjectMeta::default()
            },
            type_: Some("Opaque".to_owned()),
            ..Secret::default()
        };
        secret.data = Some(paper::texts([
            ("ca.crt", made.certificate),
            ("ca.key", made.key),
        ]));
        self.create(context, &secret.into()).await
    }

    async fn issue(&self, context: &Context, issue: &Issue) -> Result<(), ActError> {
        let secret = context.authority()?;
        let (certificate, key) = authority::signer(secret).ok_or(CertificateError::NoAuthority)?;
        let subject = Subject {
            common_name: &issue.common_name,
            uri: &issue.uri,
            dns: &issue.dns,
            addresses: &issue.addresses,
            server: issue.server,
        };
        let now = context.now;
        let issued = Issuer::from_pem(&certificate, &key)?.issue(&subject, now)?;
        let Child::Secret(mut filled) = issue.secret.clone() else {
            return Err(ActError::Outdated(
                "a certificate goes into a Secret only".into(),
            ));
        };
        paper::fill(&mut filled, issue, &context.trusted()?, issued, now);
        match &issue.seen {
            None => self.create(context, &Child::Secret(filled)).await,
            Some(seen) => self.patch(context, seen, paper::patch(&filled)).await,
        }
    }

    async fn trust(&self, context: &Context, seen: &Seen) -> Result<(), ActError> {
        let patch = paper::trust(&context.trusted()?, context.now);
        self.patch(context, seen, patch).await
    }

    async fn give_password(&self, context: &Context, seen: &Seen) -> Result<(), ActError> {
        let password = paper::password().map_err(ActError::Entropy)?;
        self.patch(context, seen, paper::with_password(password))
            .await
    }

    async fn rotate(&self, context: &Context, seen: &Seen, step: Step) -> Result<(), ActError> {
        let now = context.now;
        let made = match step {
            Step::Prepare => Some(Issuer::create(&context.key.namespace, now)?),
            Step::Switch | Step::Retire => None,
        };
        let patch = authority::patch(context.authority()?, step, made.as_ref(), now);
        self.patch(context, seen, patch).await
    }
}

impl Context {
    /// Whether this operator is still to act: between two calls it may have lost its lease.
    ///
    /// # Errors
    /// When it is not.
    pub fn may_act(&self) -> Result<(), ActError> {
        if self.stop.is_cancelled() && !mutated("act-when-deposed") {
            return Err(ActError::Outdated("this operator acts no longer".into()));
        }
        Ok(())
    }

    fn authority(&self) -> Result<&Secret, CertificateError> {
        self.authority
            .as_deref()
            .ok_or(CertificateError::NoAuthority)
    }

    fn trusted(&self) -> Result<Authority, CertificateError> {
        Authority::of(self.authority()?).ok_or(CertificateError::NoAuthority)
    }
}

fn label<'a>(meta: &'a ObjectMeta, name: &str) -> Option<&'a String> {
    meta.labels.as_ref().and_then(|labels| labels.get(name))
}

/// How the member is reached.
fn target(context: &Context, number: u64) -> Result<Target, ActError> {
    let target = context.targets.get(&number).cloned();
    target.ok_or_else(|| ActError::Outdated(format!("member {number} has no address any more")))
}

fn dynamic(value: Value) -> Result<DynamicObject, ActError> {
    serde_json::from_value(value).map_err(|error| ActError::Api(kube::Error::SerdeError(error)))
}
