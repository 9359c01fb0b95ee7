//! Whom the agent lets in.

use crate::client::Client;
use crate::process::{Agent, PASSWORD, eventually};

#[test]
fn who_shows_the_password_is_served_and_nobody_else() {
    let mut agent = Agent::new("persistent: false");
    agent.start();
    let mut stranger = Client::connect(agent.client);
    assert!(stranger.call(&["GET", "a"]).starts_with("-NOAUTH"));
    assert!(
        stranger
            .call(&["AUTH", "guessed"])
            .starts_with("-WRONGPASS")
    );
    assert!(stranger.call(&["PING"]).starts_with("-NOAUTH"));
    assert_eq!(stranger.call(&["AUTH", PASSWORD]), "+OK");
    assert_eq!(stranger.call(&["PING"]), "+PONG");
    assert_eq!(stranger.call(&["SET", "a", "1"]), "+OK");
    assert_eq!(stranger.call(&["GET", "a"]), "1");
    // By its name, too, as clients do that know of users.
    let mut named = Client::connect(agent.client);
    assert_eq!(named.call(&["AUTH", "default", PASSWORD]), "+OK");
    assert!(!agent.log().contains(PASSWORD), "the password is logged");
}

#[test]
fn another_password_holds_for_who_comes_next() {
    let mut agent = Agent::new("persistent: false");
    agent.start();
    let mut before = agent.client();
    std::fs::write(agent.file("password"), "another one\n").unwrap();
    eventually("taken over", || {
        let answer = Client::connect(agent.client).call(&["AUTH", "another one"]);
        answer == "+OK"
    });
    let old = Client::connect(agent.client).call(&["AUTH", PASSWORD]);
    assert!(old.starts_with("-WRONGPASS"), "{old}");
    assert_eq!(before.call(&["PING"]), "+PONG");
    assert!(!agent.log().contains("another one"));
}
