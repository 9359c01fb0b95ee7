//! Who leads: three members elect, replicate, lose their leader, and one that drains hands over.

use synod_agent_api::{DrainResponse, Role, Start, Status, paths};

use crate::authority::Authority;
use crate::world::{Group, get, leader, put, until};

async fn three(authority: Option<Authority>) {
    let group = Group::new(3, authority).await;
    let mut agents = Vec::new();
    for number in 1..=3 {
        agents.push(group.start(number, Start::Bootstrap, 3).await);
    }
    let first = leader(&agents).await;
    // Through a follower, read at another, at once.
    put(&agents[(first + 1) % 3], "a", "1").await;
    for agent in &agents {
        assert_eq!(get(agent, "a").await.as_deref(), Some(&b"1"[..]));
    }

    // The leader dies; the others go on; it comes back and has everything.
    let number = first as u64 + 1;
    agents.remove(first).kill().await;
    let survivors = &agents;
    put(&survivors[0], "b", "2").await;
    assert_eq!(get(&survivors[1], "b").await.as_deref(), Some(&b"2"[..]));
    let back = group.start(number, Start::Resume, 3).await;
    until(&back, "ready", |status| status.ready).await;
    assert_eq!(get(&back, "b").await.as_deref(), Some(&b"2"[..]));
    agents.push(back);

    // Draining hands leadership over first.
    let second = leader(&agents).await;
    let drained: DrainResponse = group
        .ask(&agents[second], &format!("POST {}", paths::DRAIN), "")
        .await
        .unwrap();
    assert!(!drained.leads);
    let status: Status = group
        .ask(&agents[second], &format!("GET {}", paths::STATUS), "")
        .await
        .unwrap();
    assert!(!status.ready && status.role != Role::Leader);
    assert_eq!(status.not_ready_because, "the member is being drained");
    agents.remove(second).drain().await;
    put(&agents[0], "c", "3").await;
    assert_eq!(get(&agents[1], "c").await.as_deref(), Some(&b"3"[..]));
    for agent in agents {
        agent.kill().await;
    }
}

#[tokio::test]
async fn three_members_in_plain_text() {
    three(None).await;
}

#[tokio::test]
async fn three_members_under_mutual_tls() {
    three(Some(Authority::new())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_members_on_several_threads() {
    three(Some(Authority::new())).await;
}
