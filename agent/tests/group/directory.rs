//! A member's data directory that is lost, or another's.

use std::path::Path;
use std::sync::Arc;

use synod_agent::config::Environment;
use synod_agent::roles::{Agent, StartError};
use synod_agent_api::{MemberRole, Start, Status};

use crate::world::{Group, get, leader, put, until};

#[tokio::test]
async fn a_member_that_lost_its_directory_is_taken_in_again() {
    let group = Group::new(3, None).await;
    let mut agents = Vec::new();
    for number in 1..=3 {
        agents.push(group.start(number, Start::Bootstrap, 3).await);
    }
    leader(&agents).await;
    put(&agents[0], "a", "1").await;
    let three = agents.pop().unwrap();
    let disk = three.engine().status().disk.id.clone();
    three.kill().await;
    std::fs::remove_dir_all(group.directory(3).join("data")).unwrap();
    let three = group.start(3, Start::Resume, 3).await;
    let voter = |status: &Status| {
        let members = &status.configuration.members;
        status.ready
            && members
                .iter()
                .any(|m| m.number == 3 && m.role == MemberRole::Voter)
    };
    let status = until(&three, "a voter again", voter).await;
    assert_ne!(status.disk.id, disk);
    assert!(status.configuration.id >= 3, "demoted, then promoted");
    assert_eq!(get(&three, "a").await.as_deref(), Some(&b"1"[..]));
    // It can be dialled where it could be before.
    let own = status
        .configuration
        .members
        .iter()
        .find(|m| m.number == 3)
        .unwrap();
    assert_eq!(own.peer_address, group.peers[2].to_string());
    agents.push(three);
    for agent in agents {
        agent.kill().await;
    }
}

#[tokio::test]
async fn a_foreign_data_directory_is_refused_and_unchanged() {
    let group = Group::new(2, None).await;
    let one = group.start(1, Start::Bootstrap, 1).await;
    until(&one, "ready", |status| status.ready).await;
    one.kill().await;
    let before = content(&group.directory(1).join("data"));

    let mut foreign = group.config(1, Start::Bootstrap, 1);
    foreign.cluster_uid = "00000000-0000-4000-8000-000000000001".parse().unwrap();
    let mut other = group.config(2, Start::Resume, 2);
    other.data_dir = group.directory(1).join("data");
    for config in [foreign, other] {
        let started = Agent::start(Arc::new(config), &Environment::default()).await;
        let Err(error) = started else {
            panic!("it started on somebody else's data");
        };
        assert!(matches!(error, StartError::Open { .. }), "{error}");
        assert!(error.to_string().contains("belongs to"), "{error}");
        assert_eq!(content(&group.directory(1).join("data")), before);
    }
}

fn content(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}
