//! Leases over time and over changes of leader, one table per story.

use synod_kv::{
    Command, Error, Limits, Put, Reply, Retention, Settings, SoftRequest, SoftResponse, Store,
};
use synod_machine::{Stamp, StateMachine};
use synod_paxos::{Ballot, Node, Now, Slot, Span};

/// One replica of a log, with the clock of whoever leads.
struct Member {
    store: Store,
    slot: u64,
    newest: Ballot,
}

const fn ballot(round: u64) -> Ballot {
    Ballot {
        round,
        node: Node(round),
    }
}

const fn at(ms: u64) -> Now {
    Now(ms * 1_000_000)
}

const QUIET: Settings = Settings {
    limits: Limits {
        quota_bytes: 2 << 30,
        lease_ttl_min_s: 2,
    },
    retention: Retention::Everything,
};

impl Member {
    fn new() -> Self {
        Self {
            store: Store::new(QUIET),
            slot: 0,
            newest: ballot(1),
        }
    }

    /// Applies a command that was first proposed in round `proposed`.
    fn apply(&mut self, proposed: u64, command: &Command) -> Result<Reply, Error> {
        self.slot += 1;
        self.newest = self.newest.max(ballot(proposed));
        let stamp = Stamp {
            slot: Slot(self.slot),
            ballot: ballot(proposed),
            newest: self.newest,
            time_ms: 0,
            level: 0,
        };
        let response = self
            .store
            .apply(&stamp, &command.encode())
            .expect("a known command");
        self.store.invariants_deep();
        response.result
    }

    fn grant(&mut self, id: i64, ttl: i64) {
        let round = self.newest.round;
        assert_eq!(
            self.apply(round, &Command::LeaseGrant { id, ttl }),
            Ok(Reply::LeaseGrant { id, ttl })
        );
    }

    fn put(&mut self, key: &'static str, lease: i64) {
        let round = self.newest.round;
        let put = Put {
            key: key.into(),
            lease,
            ..Put::default()
        };
        self.apply(round, &Command::Put(put)).expect("put");
    }

    fn due(&mut self, now: Now) -> Vec<Command> {
        self.store
            .due(now, 100)
            .iter()
            .map(|bytes| Command::decode(bytes).expect("known"))
            .collect()
    }

    fn keep_alive(&mut self, now: Now, id: i64) -> SoftResponse {
        self.store.soft(now, &SoftRequest::KeepAlive { id })
    }

    fn left(&mut self, now: Now, id: i64) -> SoftResponse {
        self.store.soft(now, &SoftRequest::TimeToLive { id })
    }
}

fn expire(id: i64, granted: u64, round: u64) -> Command {
    Command::LeaseExpire {
        id,
        granted,
        ballot: ballot(round),
    }
}

#[test]
fn a_lease_runs_out_and_takes_its_keys() {
    let mut member = Member::new();
    member.store.lead(at(0), ballot(1));
    member.grant(7, 10);
    member.put("b", 7);
    member.put("a", 7);
    assert_eq!(
        member.store.next_due(),
        Some(Now(0)),
        "a new lease wants the clock"
    );
    assert_eq!(member.due(at(1_000)), []);
    assert_eq!(member.store.next_due(), Some(at(11_000)));
    assert_eq!(
        member.left(at(4_500), 7),
        SoftResponse::TimeToLive {
            remaining: 6,
            granted: 10
        }
    );
    assert_eq!(
        member.keep_alive(at(5_000), 7),
        SoftResponse::KeptAlive { ttl: 10 }
    );
    assert_eq!(member.due(at(14_999)), []);
    assert_eq!(member.due(at(15_000)), [expire(7, 1, 1)]);
    assert_eq!(
        member.keep_alive(at(15_000), 7),
        SoftResponse::LeaseNotFound,
        "it is as good as gone"
    );
    assert_eq!(member.due(at(15_500)), [], "it was proposed a moment ago");
    assert_eq!(
        member.due(at(16_000)),
        [expire(7, 1, 1)],
        "the proposal may have been lost"
    );
    assert_eq!(
        member.apply(1, &expire(7, 1, 1)),
        Ok(Reply::LeaseRevoke { deleted: 2 })
    );
    assert_eq!(
        member.apply(1, &expire(7, 1, 1)),
        Ok(Reply::LeaseExpireIgnored)
    );
    assert_eq!(
        member.store.revision(),
        4,
        "both keys were deleted at one revision"
    );
    assert_eq!(member.store.next_due(), None);
    assert_eq!(
        member.keep_alive(at(17_000), 7),
        SoftResponse::LeaseNotFound
    );
}

#[test]
fn a_new_leader_gives_the_full_time() {
    let mut member = Member::new();
    member.grant(7, 10);
    member.store.lead(at(0), ballot(1));
    assert_eq!(member.due(at(9_000)), []);
    member.store.follow();
    assert_eq!(member.due(at(20_000)), []);
    assert_eq!(member.keep_alive(at(20_000), 7), SoftResponse::NotLeading);
    member.store.lead(at(20_000), ballot(2));
    assert_eq!(member.due(at(29_999)), []);
    assert_eq!(member.due(at(30_000)), [expire(7, 1, 2)]);
}

#[test]
fn the_expiry_of_an_old_leader_is_ignored() {
    let mut member = Member::new();
    member.grant(7, 10);
    member.put("a", 7);
    // Leader 2 kept the lease alive meanwhile; leader 1's expiry was still on its way, proposed then or forwarded since.
    member.put("b", 0);
    member.newest = ballot(2);
    assert_eq!(
        member.apply(1, &expire(7, 1, 1)),
        Ok(Reply::LeaseExpireIgnored)
    );
    assert_eq!(
        member.apply(2, &expire(7, 1, 1)),
        Ok(Reply::LeaseExpireIgnored)
    );
    assert_eq!(member.store.lease_keys(7), ["a"]);
    assert_eq!(
        member.apply(2, &expire(7, 1, 2)),
        Ok(Reply::LeaseRevoke { deleted: 1 })
    );
}

#[test]
fn a_lease_granted_again_under_its_id_is_another() {
    let mut member = Member::new();
    member.store.lead(at(0), ballot(1));
    member.grant(7, 10);
    member.due(at(0));
    let expiries = member.due(at(10_000));
    // Before the expiry is decided, a client revokes the lease and grants it again.
    assert_eq!(
        member.apply(1, &Command::LeaseRevoke { id: 7 }),
        Ok(Reply::LeaseRevoke { deleted: 0 })
    );
    member.grant(7, 10);
    assert_eq!(member.apply(1, &expiries[0]), Ok(Reply::LeaseExpireIgnored));
    assert_eq!(
        member.keep_alive(at(10_001), 7),
        SoftResponse::KeptAlive { ttl: 10 }
    );
}

#[test]
fn a_follower_knows_no_time() {
    let mut member = Member::new();
    member.grant(7, 10);
    assert_eq!(member.store.next_due(), None);
    assert_eq!(member.due(at(1 << 40)), []);
    assert_eq!(member.left(at(0), 7), SoftResponse::NotLeading);
}

#[test]
fn many_expiries_come_in_bounded_batches() {
    let mut member = Member::new();
    for id in 1..=250 {
        member.grant(id, 5);
    }
    member.store.lead(at(0), ballot(1));
    let mut expired = Vec::new();
    for _ in 0..3 {
        let due = member.due(at(5_000));
        assert!(due.len() <= 100);
        for command in due {
            expired.push(member.apply(1, &command));
        }
    }
    assert_eq!(expired, vec![Ok(Reply::LeaseRevoke { deleted: 0 }); 250]);
    assert_eq!(member.due(at(50_000)), []);
}

#[test]
fn a_leader_proposes_its_limits_and_compactions() {
    let limits = Limits {
        quota_bytes: 1 << 20,
        lease_ttl_min_s: 5,
    };
    let retention = Retention::Period(Span::from_millis(1_000));
    let mut member = Member {
        store: Store::new(Settings { limits, retention }),
        slot: 0,
        newest: ballot(1),
    };
    member.store.lead(at(0), ballot(1));
    assert_eq!(member.due(at(0)), [Command::Configure(limits)]);
    assert_eq!(member.due(at(500)), [], "it was proposed a moment ago");
    assert_eq!(
        member.apply(1, &Command::Configure(limits)),
        Ok(Reply::Configure)
    );
    assert_eq!(member.store.limits(), limits);
    for key in ["a", "a", "b"] {
        member.put(key, 0);
    }
    assert_eq!(member.due(at(600)), []);
    member.put("a", 0);
    let due = member.due(at(1_600));
    assert_eq!(
        due,
        [Command::Compact { revision: 4 }],
        "what was the newest a second ago"
    );
    assert_eq!(member.apply(1, &due[0]), Ok(Reply::Compact));
    assert_eq!(
        member.store.sizes().versions,
        3,
        "a's first version is gone"
    );
}
