//! A member that somebody added by its peer URL alone (etcd's membership API) tells the group its name and client URLs,
//! once it is part of the configuration. A member that the operator added is known by name from the start.

use std::sync::Arc;
use std::time::Duration;

use synod_agent_api::AgentConfig;
use synod_paxos::{Change, Configuration, Node};
use synod_replica::{MemberContext, StateMachine};
use tokio::time::sleep;

use crate::engine::{Engine, MembershipStep};

/// Between two attempts: the group may be in the middle of another change, or without a leader.
const PAUSE: Duration = Duration::from_millis(100);

/// Waits until this member stands in the configuration, and names it if it has no name there. Ends when it has one.
pub(super) async fn announce<S: StateMachine + 'static>(
    config: Arc<AgentConfig>,
    engine: Engine<S>,
) {
    let node = Node(config.number);
    let mut status = engine.watch_status();
    loop {
        let configuration = engine.configuration();
        match known_as(&configuration, node) {
            Some(context) if context.name.is_empty() => {
                let change = Change::Update {
                    node,
                    context: named(context, &config).encode(),
                };
                let expected = Some(configuration.id);
                let step = MembershipStep { expected, change };
                if let Err(refusal) = engine.change(step).await {
                    tracing::debug!(?refusal, "not announced yet");
                }
                sleep(PAUSE).await;
            }
            Some(_) => return,
            None if status.changed().await.is_err() => return,
            None => {}
        }
    }
}

/// What the configuration says of a member, if it stands there and can be read.
fn known_as(configuration: &Configuration, node: Node) -> Option<MemberContext> {
    let member = configuration.members.get(&node)?;
    MemberContext::decode(&member.context).ok()
}

/// With this member's own name and client URLs. Its peer URLs stay what the group was told.
fn named(known: MemberContext, config: &AgentConfig) -> MemberContext {
    MemberContext {
        name: config.name.clone(),
        client_urls: config.advertise.client_urls.clone(),
        ..known
    }
}
