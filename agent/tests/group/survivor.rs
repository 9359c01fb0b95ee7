//! A group that lost its quorum for good goes on with what one member has, and sends away who comes back of before.

use std::sync::Arc;
use std::time::Duration;

use synod_agent::config::Environment;
use synod_agent::roles::Agent;
use synod_agent::tls::TlsAccept;
use synod_agent_api::{
    Change, ConfigurationRequest, ConfigurationResponse, MemberRole, MemberSpec, Start, Status,
    paths,
};
use tokio::time::timeout;

use crate::authority::Authority;
use crate::world::{Group, NEVER, UID, get, http, leader, put, until};

#[tokio::test]
async fn a_group_goes_on_with_what_one_survivor_has() {
    // Under TLS whoever dials sees by the certificate that this is another group, and hangs up.
    goes_on_with_one(Some(Authority::new()), "io").await;
}

#[tokio::test]
async fn a_group_goes_on_with_what_one_survivor_has_in_plain_text() {
    goes_on_with_one(None, "other_cluster").await;
}

/// Of three members two lost their directories for good. The third goes on in a group of a new UID; another comes back
/// with what it believes it is, and is sent away.
async fn goes_on_with_one(authority: Option<Authority>, sent_away: &str) {
    const NEXT: u128 = UID + 1;
    let group = Group::new(4, authority).await;
    let mut agents = Vec::new();
    for number in 1..=3 {
        agents.push(group.start(number, Start::Bootstrap, 3).await);
    }
    leader(&agents).await;
    put(&agents[0], "a", "1").await;
    // With one member gone, no write is acknowledged that is not on the third's disk.
    agents.remove(1).kill().await;
    let before = put(&agents[1], "b", "2").await;
    for agent in agents {
        agent.kill().await;
    }
    for number in [1, 2] {
        std::fs::remove_dir_all(group.directory(number).join("data")).unwrap();
    }
    // An empty directory is no survivor, and neither is one of yet another group.
    for (number, former, words) in [
        (1, UID, "holds nothing that a group could be recovered from"),
        (3, UID + 7, "correct the former cluster's UID"),
    ] {
        let config = group.recovery(number, former, NEXT);
        let started = Agent::start(Arc::new(config), &Environment::default()).await;
        let error = started.err().expect("it started on nothing");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(error.exit_code(), 4);
    }

    let config = Arc::new(group.recovery(3, UID, NEXT));
    let environment = Environment::default();
    let three = Agent::start(Arc::clone(&config), &environment).await;
    let three = three.unwrap();
    let status = until(&three, "leading", |status| status.ready && status.leads()).await;
    assert_eq!(status.cluster_uid.0, NEXT);
    assert_eq!(status.configuration.highest, 3);
    let members = &status.configuration.members;
    assert_eq!((members.len(), members[0].number), (1, 3));
    assert_eq!(members[0].peer_address, group.peers[2].to_string());
    assert_eq!(get(&three, "a").await.as_deref(), Some(&b"1"[..]));
    let after = put(&three, "c", "3").await;
    assert!(after > before + 900_000_000, "{after}");
    let compacted = three.engine().read(|store| store.compact_revision()).await;
    assert!(compacted.unwrap() > before);

    let one = group.start(1, Start::Resume, 3).await;
    let refused = async {
        let plain = TlsAccept::new(None);
        let told = format!("synod_peer_refused_total{{reason=\"{sent_away}\"}}");
        loop {
            let (_, body) = http(three.addresses().health, &plain, "GET /metrics", "").await;
            let line = body.lines().find(|line| line.starts_with(&told));
            if line.is_some_and(|line| !line.ends_with(" 0")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(NEVER, refused).await.expect("it is sent away");
    assert!(!one.engine().status().ready);

    // The group grows, and its first member is restarted with the settings it was recovered with.
    let add = ConfigurationRequest {
        expected: Some(status.configuration.id),
        change: Change::Add {
            number: 4,
            learner: false,
            member: MemberSpec {
                name: "test-4".to_owned(),
                peer_address: group.peers[3].to_string(),
                ..MemberSpec::default()
            },
        },
    };
    let four = group.config_of(NEXT, 4, Start::Join, 3);
    let four = Agent::start(Arc::new(four), &environment).await.unwrap();
    let change = format!("POST {}", paths::CONFIGURATION);
    let body = serde_json::to_string(&add).unwrap();
    let _: ConfigurationResponse = group.ask(&three, &change, &body).await.unwrap();
    let votes = |status: &Status| {
        let members = &status.configuration.members;
        let voters = members.iter().filter(|m| m.role == MemberRole::Voter);
        status.ready && voters.count() == 2
    };
    until(&four, "voting", votes).await;
    three.kill().await;
    let three = Agent::start(config, &environment).await.unwrap();
    until(&three, "ready", votes).await;
    for agent in [&three, &four] {
        assert_eq!(get(agent, "b").await.as_deref(), Some(&b"2"[..]));
        assert_eq!(get(agent, "c").await.as_deref(), Some(&b"3"[..]));
    }
    for agent in [one, three, four] {
        agent.kill().await;
    }
}
