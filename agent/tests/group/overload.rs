//! More requests at once than an agent takes in.

use std::sync::Arc;

use synod_agent::config::Environment;
use synod_agent::roles::Agent;
use synod_agent_api::Start;

use crate::world::{Group, put, until};

#[tokio::test]
async fn beyond_the_bound_requests_are_refused_and_below_it_served() {
    let group = Group::new(1, None).await;
    let mut config = group.config(1, Start::Bootstrap, 1);
    config.limits.requests_max = 8;
    let one = Agent::start(Arc::new(config), &Environment::default())
        .await
        .unwrap();
    until(&one, "ready", |status| status.ready).await;
    // All asked before the loop, which shares our thread, takes one in.
    let asked: Vec<_> = (0..20)
        .map(|_| {
            let engine = one.engine().clone();
            tokio::spawn(async move { engine.read(|_| ()).await })
        })
        .collect();
    let mut refused = 0;
    for answer in asked {
        match answer.await.unwrap() {
            Ok(()) => {}
            Err(refusal) => {
                assert_eq!(refusal, synod_replica::Refusal::Overloaded);
                refused += 1;
            }
        }
    }
    assert!((1..=12).contains(&refused), "{refused} of 20 were refused");
    put(&one, "a", "1").await;
    let engine = one.engine().clone();
    one.kill().await;
    let stopped = engine.read(|_| ()).await;
    assert_eq!(stopped, Err(synod_replica::Refusal::Stopped));
}
