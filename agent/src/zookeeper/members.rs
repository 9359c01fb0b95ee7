//! What `/zookeeper/config` says: who the members are, in the words of ZooKeeper's dynamic configuration. Each member knows it
//! from the group's own configuration; the one that leads has it written.

use std::sync::Arc;

use synod_paxos::{Configuration, MemberRole, Node};
use synod_replica::MemberContext;
use synod_znode::Store;

use super::Front;

/// Keeps the store told until the front end stops.
pub(super) async fn keep_told(front: Arc<Front>) {
    let mut status = front.engine.watch_status();
    let mut told = None;
    loop {
        let configuration = front.engine.configuration();
        if told != Some(configuration.id) && !configuration.members.is_empty() {
            let text = text(&configuration);
            let tell = front
                .engine
                .tell(move |store: &mut Store| store.set_members(text));
            if tell.is_ok() {
                told = Some(configuration.id);
            }
        }
        tokio::select! {
            changed = status.changed() => if changed.is_err() { return },
            () = front.stop().cancelled() => return,
        }
    }
}

/// A line for each member, and the version: the configuration's number. Nothing for a single one, as a ZooKeeper that stands alone
/// says nothing: its clients have nobody else to go to.
fn text(configuration: &Configuration) -> String {
    if configuration.members.len() < 2 {
        return String::new();
    }
    let lines = configuration.members.iter().map(|(Node(number), member)| {
        let context = MemberContext::decode(&member.context).unwrap_or_default();
        let role = match member.role {
            MemberRole::Voter => "participant",
            _ => "observer",
        };
        let (host, port) = context
            .peer_address
            .rsplit_once(':')
            .unwrap_or((&context.peer_address, "0"));
        // Votes and data go by one port here; ZooKeeper has two.
        let client = context.client_urls.first().map_or("", |url| place_of(url));
        format!("server.{number}={host}:{port}:{port}:{role};{client}\n")
    });
    let lines: String = lines.collect();
    format!("{lines}version={:x}", configuration.id.0)
}

/// `host:port` of a URL.
pub(super) fn place_of(url: &str) -> &str {
    let place = url.split_once("://").map_or(url, |(_, place)| place);
    place.trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use synod_paxos::Member;

    use super::*;

    #[test]
    fn members_are_told_as_zookeeper_does() {
        let member = |role, peer_address: &str, client_urls: &[&str]| Member {
            role,
            context: MemberContext {
                peer_address: peer_address.into(),
                client_urls: client_urls.iter().map(|url| (*url).to_owned()).collect(),
                ..MemberContext::default()
            }
            .encode(),
        };
        let members = BTreeMap::from([
            (
                Node(1),
                member(MemberRole::Voter, "a.b.svc:2888", &["http://a.b.svc:2181/"]),
            ),
            (Node(12), member(MemberRole::Learner, "127.0.0.1:1", &[])),
        ]);
        let said = text(&Configuration::initial(members));
        let expected = "server.1=a.b.svc:2888:2888:participant;a.b.svc:2181\nserver.12=127.0.0.1:1:1:observer;\nversion=1";
        assert_eq!(said, expected);
        let alone = BTreeMap::from([(Node(1), member(MemberRole::Voter, "a:1", &[]))]);
        assert_eq!(text(&Configuration::initial(alone)), "");
    }
}
