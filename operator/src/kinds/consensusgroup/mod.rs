//! ConsensusGroup: a store of keys and values that speaks etcd v3. How it is kept is told by `kinds/replicated`; here is what
//! tells it from other kinds.

use kube::core::ApiResource;
use synod_agent_api::{Kind as AgentKind, ports};
use synod_crds::{ConsensusGroup, ConsensusGroupSpec};

use super::replicated::{self, Object, Own, Profile, Spec, Variables, common};
use super::{Decision, Undecodable};
use crate::observe::Observed;

static PROFILE: Profile = Profile {
    kind: AgentKind::ConsensusGroup,
    short: "cg",
    client_port: ports::CLIENT,
    schemes: Some(["http", "https"]),
    variables: Variables {
        endpoints: "ETCDCTL_ENDPOINTS",
        authority: "ETCDCTL_CACERT",
        certificate: "ETCDCTL_CERT",
        key: "ETCDCTL_KEY",
        password: None,
    },
    first_lines: [&["etcdctl put hello world && etcdctl get hello"]; 2],
};

/// The kind ConsensusGroup.
pub struct Kind;

impl super::Kind for Kind {
    fn resource(&self) -> ApiResource {
        replicated::resource::<ConsensusGroup>()
    }

    fn profile(&self) -> Option<&'static Profile> {
        Some(&PROFILE)
    }

    fn decide(&self, observed: &Observed) -> Result<Decision, Undecodable> {
        replicated::decide(&PROFILE, observed, |object: ConsensusGroup| Object {
            metadata: object.metadata,
            spec: spec(object.spec),
            status: object.status,
        })
    }
}

fn spec(spec: ConsensusGroupSpec) -> Spec {
    common!(spec => ConsensusGroupSpec {}, Own::default())
}
