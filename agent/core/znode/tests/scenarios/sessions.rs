//! Sessions: when they end, and who holds them.

use super::*;

pub(super) fn an_old_leaders_expiry_is_ignored() {
    let mut bench = bench();
    let sessions = vec![(id(1), bench.attachments[1])];
    bench.newest = ballot(2);
    bench.apply(&Command::Expire {
        ballot: ballot(1),
        sessions: sessions.clone(),
    });
    assert!(
        bench.store.session(id(1)).is_some(),
        "an old leader's clock counts no more"
    );
    bench.apply(&Command::Expire {
        ballot: ballot(2),
        sessions,
    });
    assert!(
        bench.store.session(id(1)).is_none(),
        "the newest leader's does"
    );
}

pub(super) fn an_attached_session_does_not_expire() {
    let mut bench = bench();
    let sessions = vec![(id(1), bench.attachments[1])];
    bench.attach(1, false);
    bench.apply(&Command::Expire {
        ballot: ballot(1),
        sessions,
    });
    assert!(
        bench.store.session(id(1)).is_some(),
        "it was attached after its expiry was proposed"
    );
}

/// The limits are lower than when it began, or its client asks for less; and what it is told is lost on the way.
pub(super) fn an_attachment_ends_no_session_sooner() {
    let mut bench = bench();
    bench.store.lead(at(0), ballot(1));
    bench.lead_through(0, 2);
    assert!(bench.touch(at(2), 1, 0), "it was told of ten seconds");
    let less = Command::Attach {
        id: id(1),
        password: Password([1; 16]),
        timeout_ms: 5_000,
        member: 2,
    };
    let response = bench.apply(&less);
    let granted = |it: &Response| {
        matches!(
            it,
            Response::Attached {
                timeout_ms: 5_000,
                ..
            }
        )
    };
    assert!(granted(&response), "{response:?}");
    bench.lead_through(2, 11);
    assert!(
        bench.store.session(id(1)).is_some(),
        "ten seconds are not over since it was told so"
    );
    bench.lead_through(12, 13);
    assert!(bench.store.session(id(1)).is_none(), "they are");
}

pub(super) fn a_new_leader_gives_every_session_its_time() {
    let mut bench = bench();
    bench.store.lead(at(100), ballot(1));
    bench.lead_through(100, 109);
    assert!(
        bench.store.session(id(1)).is_some(),
        "ten seconds are not over"
    );
    bench.lead_through(110, 112);
    assert!(bench.store.session(id(1)).is_none(), "they are");
}

pub(super) fn a_pause_of_the_leader_counts_for_nobody() {
    let mut bench = bench();
    bench.store.lead(at(0), ballot(1));
    bench.lead_through(0, 5);
    // Its machine stood still for an hour.
    bench.lead_through(3_605, 3_609);
    assert!(
        bench.store.session(id(1)).is_some(),
        "five and four seconds were lived through"
    );
    bench.lead_through(3_610, 3_612);
    assert!(bench.store.session(id(1)).is_none(), "ten are over");
}

pub(super) fn a_session_that_is_heard_of_lives() {
    let mut bench = bench();
    bench.store.lead(at(0), ballot(1));
    for now in (0..60).step_by(6) {
        bench.lead_through(now, now + 5);
        assert!(bench.touch(at(now + 5), 1, 0), "at {now}");
    }
    assert!(bench.store.session(id(1)).is_some() && bench.store.session(id(2)).is_none());
    assert!(!bench.touch(at(60), 2, 0), "one that is gone is told");
    // What was heard 4 s ago counts from then.
    assert!(bench.touch(at(64), 1, 0) && bench.touch(at(66), 1, 4_000));
    bench.lead_through(66, 73);
    assert!(bench.store.session(id(1)).is_some());
    bench.lead_through(74, 75);
    assert!(bench.store.session(id(1)).is_none());
}

pub(super) fn a_silent_session_goes_with_its_nodes() {
    let mut bench = bench();
    for path in ["/a", "/b", "/c"] {
        bench
            .create(1, path, CreateMode::Ephemeral)
            .expect("created");
    }
    bench
        .create(2, "/mine", CreateMode::Ephemeral)
        .expect("created");
    bench.store.lead(at(0), ballot(1));
    for now in 0..12 {
        bench.lead_through(now, now);
        bench.touch(at(now), 2, 0);
    }
    assert!(!bench.has("/a") && !bench.has("/b") && !bench.has("/c") && bench.has("/mine"));
    assert_eq!(bench.store.sizes().sessions, 1);
    // Nothing is proposed for what is gone.
    assert!(bench.store.due(at(12), 10).is_empty());
}

pub(super) fn a_moved_session_is_refused_elsewhere() {
    let mut bench = bench();
    let old = bench.by(1);
    bench.attach(1, false);
    let write = Command::Write {
        by: old.clone(),
        writes: vec![Write::One(create("/a", CreateMode::Persistent))],
    };
    let Response::Answers(answers) = bench.apply(&write) else {
        panic!("answers")
    };
    assert_eq!(answers[0].outcome, Outcome::Refused(Error::SessionMoved));
    bench.apply(&Command::CloseSession { by: old });
    assert!(
        bench.store.session(id(1)).is_some(),
        "nor does it end the session"
    );
    let wrong = Command::Attach {
        id: id(1),
        password: Password([9; 16]),
        timeout_ms: 1,
        member: 2,
    };
    assert_eq!(
        bench.apply(&wrong),
        Response::NotAttached(Error::SessionExpired)
    );
}

/// Whichever of them the hub hears of first.
pub(super) fn the_newest_attachment_holds_the_session() {
    let mut bench = bench();
    let mut hub = Hub::new(&mut bench.store);
    let (first, second) = (ConnectionId(1), ConnectionId(2));
    let before = (bench.attachments[1], bench.store.zxid());
    bench.attach(1, false);
    let newest = bench.attachments[1];
    assert!(newest > before.0, "attachments are numbered");
    assert_eq!(bench.store.zxid(), before.1, "attaching takes no zxid");
    assert_eq!(hub.attach(id(1), newest, second), None);
    assert_eq!(
        hub.attach(id(1), before.0, first),
        Some(first),
        "it is too late"
    );
    let mut over = Vec::new();
    let until = bench.store.zxid();
    hub.advance(&mut bench.store, until, |notice| over.push(notice));
    assert_eq!(over, [], "the newest goes on");

    let mut hub = Hub::new(&mut bench.store);
    assert_eq!(hub.attach(id(1), before.0, first), None);
    assert_eq!(hub.attach(id(1), newest, second), Some(first), "it goes");
}

/// Nobody is served while the nodes of one command are deleted: what goes with many sessions goes by several.
pub(super) fn sessions_with_many_nodes_expire_one_by_one() {
    let mut bench = bench();
    let nodes = 0..5_000;
    let ops = nodes.map(|number| create(&format!("/{number}"), CreateMode::Ephemeral));
    let many = bench.write(1, Write::Multi(ops.collect()));
    assert!(matches!(many, Outcome::Multi(Ok(_))));
    let mine = bench.create(2, "/mine", CreateMode::Ephemeral);
    mine.expect("created");
    bench.store.lead(at(0), ballot(1));
    let mut expired = Vec::new();
    for half in 0..22 {
        for command in bench.store.due(Now(half * SECOND / 2), 100) {
            let command = Command::decode(&command).expect("a command");
            if let Command::Expire { sessions, .. } = &command {
                expired.push(sessions.iter().map(|(id, _)| *id).collect::<Vec<_>>());
            }
            bench.apply(&command);
        }
    }
    assert_eq!(expired, [[id(1)], [id(2)]]);
    assert!(!bench.has("/0") && !bench.has("/mine"));
}
