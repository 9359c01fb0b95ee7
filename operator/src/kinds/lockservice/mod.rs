//! LockService: locks and coordination that speak ZooKeeper's protocol. How it is kept is told by `kinds/replicated`; here is
//! what tells it from other kinds.
//!
//! Clients are told the Service, not the members: numbers of members never recur, so a list of them would be outdated once the
//! first ones were replaced, while a client of ZooKeeper's keeps the list that it began with.

use kube::core::ApiResource;
use serde_json::json;
use synod_agent_api::{Kind as AgentKind, ReadMode, ZooKeeper, ports};
use synod_crds::lockservice::{Reads, SessionTimeout};
use synod_crds::{LockService, LockServiceSpec, SpanError};

use super::replicated::{self, Object, Own, Profile, Spec, Variables, common};
use super::{Decision, Undecodable};
use crate::mutation::mutated;
use crate::observe::Observed;

static PROFILE: Profile = Profile {
    kind: AgentKind::LockService,
    short: "ls",
    client_port: ports::ZOOKEEPER,
    schemes: None,
    variables: Variables {
        endpoints: "ZOOKEEPER_CONNECT",
        authority: "ZOOKEEPER_CACERT",
        certificate: "ZOOKEEPER_CERT",
        key: "ZOOKEEPER_KEY",
        password: None,
    },
    // By TLS each client has ways of its own to be told of certificates.
    first_lines: [
        &["zkCli.sh -server \"$ZOOKEEPER_CONNECT\" create /hello world"],
        &[],
    ],
};

/// The kind LockService.
pub struct Kind;

impl super::Kind for Kind {
    fn resource(&self) -> ApiResource {
        replicated::resource::<LockService>()
    }

    fn profile(&self) -> Option<&'static Profile> {
        Some(&PROFILE)
    }

    fn decide(&self, observed: &Observed) -> Result<Decision, Undecodable> {
        replicated::decide(&PROFILE, observed, |object: LockService| Object {
            metadata: object.metadata,
            spec: spec(object.spec),
            status: object.status,
        })
    }
}

fn spec(spec: LockServiceSpec) -> Spec {
    common!(spec => LockServiceSpec { session_timeout, reads }, own(&session_timeout, reads))
}

fn own(timeout: &SessionTimeout, reads: Reads) -> Own {
    let mut fields = vec![("sessionTimeout", json!(timeout)), ("reads", json!(reads))];
    if mutated("keep-the-old-time-outs") {
        fields.clear();
    }
    Own {
        zookeeper: Some(zookeeper(timeout, reads)),
        fields,
        ..Own::default()
    }
}

/// What clients are given, beside the agents' defaults.
fn zookeeper(timeout: &SessionTimeout, reads: Reads) -> ZooKeeper {
    let defaults = ZooKeeper::default();
    // The API let no other text pass.
    let or = |millis: Result<u32, SpanError>, default| millis.unwrap_or(default);
    ZooKeeper {
        session_timeout_ms_min: or(timeout.min.millis(), defaults.session_timeout_ms_min),
        session_timeout_ms_max: or(timeout.max.millis(), defaults.session_timeout_ms_max),
        reads: match reads {
            Reads::Local => ReadMode::Local,
            Reads::Linearizable => ReadMode::Linearizable,
        },
        ..defaults
    }
}
