//! What is wanted of an object, whichever replicated kind it is of.

use kube::api::ObjectMeta;
use serde_json::Value;
use synod_agent_api::{Cache, ZooKeeper};
use synod_crds::replicated::{GroupStatus, Recovery, Timing, UpgradePolicy};
use synod_crds::{PullSecret, Quantity, Resources, Scheduling, Storage, Tls};

/// An object that decoded into its kind's type.
pub(in crate::kinds) struct Object {
    pub(in crate::kinds) metadata: ObjectMeta,
    pub(in crate::kinds) spec: Spec,
    /// As it was written last.
    pub(in crate::kinds) status: Option<GroupStatus>,
}

/// The fields of that name in the kind's own spec, which say more of them.
pub(in crate::kinds) struct Spec {
    pub(in crate::kinds) members: i32,
    pub(in crate::kinds) learners: i32,
    pub(in crate::kinds) storage: Storage,
    pub(in crate::kinds) tls: Tls,
    pub(in crate::kinds) image: Option<String>,
    pub(in crate::kinds) image_pull_secrets: Vec<PullSecret>,
    pub(in crate::kinds) resources: Resources,
    pub(in crate::kinds) quota: Option<Quantity>,
    pub(in crate::kinds) timing: Timing,
    pub(in crate::kinds) scheduling: Scheduling,
    pub(in crate::kinds) upgrade_policy: UpgradePolicy,
    pub(in crate::kinds) paused: bool,
    pub(in crate::kinds) hibernated: bool,
    pub(in crate::kinds) recovery: Option<Recovery>,
    pub(in crate::kinds) deletion_protection: bool,
    pub(in crate::kinds) own: Own,
}

/// What no other kind has.
#[derive(Default)]
pub(in crate::kinds) struct Own {
    /// The section of that name in the agents' configuration.
    pub(in crate::kinds) zookeeper: Option<ZooKeeper>,
    /// The section of that name in the agents' configuration.
    pub(in crate::kinds) cache: Option<Cache>,
    /// The fields that this rests on, as the user wrote them: with another value of one, pods are made anew.
    pub(in crate::kinds) fields: Vec<(&'static str, Value)>,
}

/// Turns a kind's own spec into a [`Spec`]: names the fields that all kinds have once, and those that only this one has, so that
/// none is forgotten; the last part is what becomes of these.
macro_rules! common {
    ($spec:expr => $kind:ident { $($field:ident),* }, $own:expr) => {{
        let $kind {
            members,
            learners,
            storage,
            tls,
            image,
            image_pull_secrets,
            resources,
            quota,
            timing,
            scheduling,
            upgrade_policy,
            paused,
            hibernated,
            recovery,
            deletion_protection,
            $($field,)*
        } = $spec;
        $crate::kinds::replicated::Spec {
            members,
            learners,
            storage,
            tls,
            image,
            image_pull_secrets,
            resources,
            quota,
            timing,
            scheduling,
            upgrade_policy,
            paused,
            hibernated,
            recovery,
            deletion_protection,
            own: $own,
        }
    }};
}
pub(in crate::kinds) use common;
