//! What random steps meet too seldom, each by name. `tests/scenarios.rs` runs them, `tests/mutations.rs` runs them with mistakes.

mod expiries;
mod readers;
mod reads;

use synod_machine::{Stamp, StateMachine};
use synod_paxos::{Ballot, Node, Now, Slot};
use synod_znode::{
    Acl, Asker, Attachment, Command, ConnectionId, CreateMode, Done, Error, Hub, INCARNATION_LEVEL,
    INCARNATION_PATH, Id, Limits, MultiFailure, Notice, Op, Outcome, Password, Permissions,
    Response, SessionId, SetAgain, Settings, Store, Token, Touch, Touched, WatchMode, Write, Zxid,
};

/// Every scenario.
pub(crate) const ALL: &[(&str, fn())] = &[
    ("the replicated clock goes on", the_replicated_clock_goes_on),
    (
        "an old leader's expiry is ignored",
        an_old_leaders_expiry_is_ignored,
    ),
    (
        "an attached session does not expire",
        an_attached_session_does_not_expire,
    ),
    (
        "a new leader gives every session its time",
        a_new_leader_gives_every_session_its_time,
    ),
    (
        "a pause of the leader counts for nobody",
        a_pause_of_the_leader_counts_for_nobody,
    ),
    (
        "a session that is heard of lives",
        a_session_that_is_heard_of_lives,
    ),
    (
        "a session that is not heard of goes with its nodes",
        a_silent_session_goes_with_its_nodes,
    ),
    (
        "a moved session is refused elsewhere",
        a_moved_session_is_refused_elsewhere,
    ),
    (
        "the newest attachment holds the session",
        the_newest_attachment_holds_the_session,
    ),
    (
        "quotas are counted and enforced",
        quotas_are_counted_and_enforced,
    ),
    (
        "the state stays within its bound",
        the_state_stays_within_its_bound,
    ),
    (
        "containers and old nodes are reaped",
        containers_and_old_nodes_are_reaped,
    ),
    (
        "a renewed state goes on above everything",
        a_renewed_state_goes_on_above_everything,
    ),
    (
        "watches that are set again hear what they missed",
        watches_set_again_hear_what_they_missed,
    ),
    ("locks are told", locks_are_told),
    ("locks are told page by page", locks_are_told_page_by_page),
    (
        "pages of long names stay small",
        pages_of_long_names_stay_small,
    ),
    ("digests are hidden", digests_are_hidden),
    (
        "a damaged snapshot is refused",
        a_damaged_snapshot_is_refused,
    ),
    (
        "a large value does not change with its node",
        a_large_value_stays,
    ),
    ("members are told in the config node", members_are_told),
    ("a count is of one moment", reads::a_count_is_of_one_moment),
    (
        "sessions with many nodes expire one by one",
        expiries::sessions_with_many_nodes_expire_one_by_one,
    ),
    ("only readers hear of a change", readers::only_readers_hear),
    (
        "the incarnation is read by those who ask for it",
        the_incarnation_is_read_by_those_who_ask_for_it,
    ),
    (
        "nobody else has the incarnation's name",
        nobody_else_has_the_incarnations_name,
    ),
];

const SECOND: u64 = 1_000_000_000;

/// A store with two sessions, applied to by name.
struct Bench {
    store: Store,
    slot: u64,
    time_ms: u64,
    level: u32,
    ballot: Ballot,
    newest: Ballot,
    attachments: [Attachment; 3],
}

const fn ballot(round: u64) -> Ballot {
    Ballot {
        round,
        node: Node(1),
    }
}

const fn id(session: usize) -> SessionId {
    SessionId::new(session as u64, 1)
}

const fn at(seconds: u64) -> Now {
    Now(seconds * SECOND)
}

impl Bench {
    fn new(settings: Settings) -> Self {
        let mut bench = Self {
            store: Store::new(settings),
            slot: 0,
            time_ms: 1_000_000,
            level: 1,
            ballot: ballot(1),
            newest: ballot(1),
            attachments: [Attachment(0); 3],
        };
        bench.attach(1, true);
        bench.attach(2, true);
        bench
    }

    fn apply(&mut self, command: &Command) -> Response {
        self.slot += 1;
        let stamp = Stamp {
            slot: Slot(self.slot),
            ballot: self.ballot,
            newest: self.newest,
            time_ms: self.time_ms,
            level: self.level,
        };
        let response = self
            .store
            .apply(&stamp, &command.encode())
            .expect("a known command");
        self.store.invariants_deep();
        response
    }

    fn attach(&mut self, session: usize, anew: bool) {
        let (id, password, timeout_ms, member) =
            (id(session), Password([session as u8; 16]), 10_000, 1);
        let command = match anew {
            true => Command::CreateSession {
                id,
                password,
                timeout_ms,
                member,
            },
            false => Command::Attach {
                id,
                password,
                timeout_ms,
                member,
            },
        };
        match self.apply(&command) {
            Response::Attached {
                attachment,
                timeout_ms: 10_000,
            } => self.attachments[session] = attachment,
            other => panic!("not attached: {other:?}"),
        }
    }

    fn by(&self, session: usize) -> Asker {
        Asker {
            session: id(session),
            attachment: self.attachments[session],
            ids: vec![Id::new("digest", format!("u{session}:h"))],
        }
    }

    fn write(&mut self, session: usize, write: Write) -> Outcome {
        let by = self.by(session);
        match self.apply(&Command::Write {
            by,
            writes: vec![write],
        }) {
            Response::Answers(mut answers) => answers.pop().expect("an answer").outcome,
            other => panic!("no answer: {other:?}"),
        }
    }

    fn one(&mut self, session: usize, op: Op) -> Result<Done, Error> {
        match self.write(session, Write::One(op)) {
            Outcome::One(result) => result,
            Outcome::Refused(error) => Err(error),
            Outcome::Multi(_) | Outcome::Void => panic!("one operation is no transaction"),
        }
    }

    fn create(&mut self, session: usize, path: &str, mode: CreateMode) -> Result<Done, Error> {
        self.one(session, create(path, mode))
    }

    fn set(&mut self, path: &str, data: &[u8]) -> Result<Done, Error> {
        let data = Some(data.to_vec().into());
        self.one(
            1,
            Op::SetData {
                path: path.to_owned(),
                data,
                version: -1,
            },
        )
    }

    fn has(&self, path: &str) -> bool {
        self.store.exists(path).is_ok()
    }

    fn data(&self, path: &str) -> String {
        let (data, _) = self.store.data(path, &[]).expect("a node");
        String::from_utf8_lossy(data.unwrap_or_default()).into_owned()
    }

    /// Applies what the leader wants at this time; how many commands that were.
    fn lead_at(&mut self, now: Now) -> usize {
        let due = self.store.due(now, 100);
        for command in &due {
            self.apply(&Command::decode(command).expect("a command"));
        }
        due.len()
    }

    /// Lets time go by as a driver does that runs.
    fn lead_through(&mut self, from: u64, to: u64) {
        for half in from * 2..=to * 2 {
            self.lead_at(Now(half * SECOND / 2));
        }
    }

    fn touch(&mut self, now: Now, session: usize, age_ms: u32) -> bool {
        let touch = Touch {
            sessions: vec![(id(session), age_ms)],
        };
        match self.store.soft(now, &touch) {
            Touched::Gone(gone) => gone.is_empty(),
            Touched::NotLeading => panic!("it leads"),
        }
    }
}

fn create(path: &str, mode: CreateMode) -> Op {
    Op::Create {
        path: path.to_owned(),
        data: Some("".into()),
        acl: Acl::open(),
        flags: mode.flag().0,
        ttl_ms: mode.flag().1 as i64,
    }
}

fn bench() -> Bench {
    Bench::new(Settings::default())
}

fn an_old_leaders_expiry_is_ignored() {
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

fn an_attached_session_does_not_expire() {
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

fn a_new_leader_gives_every_session_its_time() {
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

fn a_pause_of_the_leader_counts_for_nobody() {
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

fn a_session_that_is_heard_of_lives() {
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

fn a_silent_session_goes_with_its_nodes() {
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

fn a_moved_session_is_refused_elsewhere() {
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
fn the_newest_attachment_holds_the_session() {
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

fn quotas_are_counted_and_enforced() {
    let mut bench = bench();
    bench.apply(&Command::Configure(Limits {
        enforce_quotas: true,
        ..Limits::default()
    }));
    for path in ["/q", "/q/a", "/zookeeper/quota/q"] {
        bench
            .create(1, path, CreateMode::Persistent)
            .expect("created");
    }
    let mut limit = |text: &str| {
        let data = Some(text.as_bytes().to_vec().into());
        let path = "/zookeeper/quota/q/zookeeper_limits".to_owned();
        bench
            .one(
                1,
                Op::Create {
                    path,
                    data,
                    acl: Acl::open(),
                    flags: 0,
                    ttl_ms: 0,
                },
            )
            .expect("created");
        bench
            .create(
                1,
                "/zookeeper/quota/q/zookeeper_stats",
                CreateMode::Persistent,
            )
            .expect("created");
    };
    limit("count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3");
    let used = "/zookeeper/quota/q/zookeeper_stats";
    assert_eq!(bench.data(used), "count=2,bytes=0");
    bench.set("/q/a", b"12345").expect("within");
    bench
        .create(1, "/q/b", CreateMode::Persistent)
        .expect("within");
    assert_eq!(bench.data(used), "count=3,bytes=5");
    assert_eq!(
        bench.create(1, "/q/c", CreateMode::Persistent),
        Err(Error::QuotaExceeded)
    );
    assert_eq!(bench.set("/q/b", b"123456"), Err(Error::QuotaExceeded));
    bench.set("/q/b", b"12345").expect("within");
    let delete = |path: &str| Op::Delete {
        path: path.to_owned(),
        version: -1,
    };
    // A transaction that fails uses nothing.
    let failed = bench.write(1, Write::Multi(vec![delete("/q/b"), delete("/q/b")]));
    assert_eq!(
        failed,
        Outcome::Multi(Err(MultiFailure {
            index: 1,
            error: Error::NoNode
        }))
    );
    assert_eq!(bench.data(used), "count=3,bytes=10");
    bench.one(1, delete("/q/b")).expect("deleted");
    assert_eq!(bench.data(used), "count=2,bytes=5");
    bench
        .one(1, delete("/zookeeper/quota/q/zookeeper_limits"))
        .expect("deleted");
    bench
        .set("/q/a", &[1; 50])
        .expect("without limits nothing is refused");
}

fn the_state_stays_within_its_bound() {
    let mut bench = bench();
    let bytes = bench.store.sizes().bytes;
    bench.apply(&Command::Configure(Limits {
        quota_bytes: bytes + 1_000,
        ..Limits::default()
    }));
    bench
        .create(1, "/a", CreateMode::Persistent)
        .expect("within");
    assert_eq!(bench.set("/a", &[1; 2_000]), Err(Error::QuotaExceeded));
    let mut made = 0;
    while bench
        .create(1, "/a/n-", CreateMode::PersistentSequential)
        .is_ok()
    {
        made += 1;
        assert!(made < 100, "the bound is reached");
    }
    assert!(bench.store.sizes().bytes <= bytes + 1_000);
    bench
        .set("/a", b"")
        .expect("what does not grow is not refused");
    let more = Command::CreateSession {
        id: id(3),
        password: Password([3; 16]),
        timeout_ms: 1,
        member: 1,
    };
    assert_eq!(
        bench.apply(&more),
        Response::NotAttached(Error::QuotaExceeded)
    );
}

fn containers_and_old_nodes_are_reaped() {
    let mut bench = bench();
    bench.store.lead(at(0), ballot(1));
    for (path, mode) in [
        ("/fresh", CreateMode::Container),
        ("/used", CreateMode::Container),
        ("/used/child", CreateMode::Persistent),
        ("/short", CreateMode::PersistentWithTtl(20_000)),
        ("/long", CreateMode::PersistentWithTtl(90_000)),
    ] {
        bench.create(1, path, mode).expect("created");
    }
    bench
        .one(
            1,
            Op::Delete {
                path: "/used/child".into(),
                version: -1,
            },
        )
        .expect("deleted");
    bench.lead_through(0, 15);
    assert!(!bench.has("/used") && bench.has("/fresh") && bench.has("/short"));
    bench.time_ms += 30_000;
    bench.apply(&Command::Reap {
        paths: vec![
            "/long".into(),
            "/none".into(),
            "/".into(),
            "/zookeeper".into(),
        ],
    });
    bench.lead_through(16, 45);
    assert!(
        !bench.has("/short") && bench.has("/long"),
        "one is old enough"
    );
}

fn a_renewed_state_goes_on_above_everything() {
    let mut bench = bench();
    bench
        .create(1, "/lock-", CreateMode::EphemeralSequential)
        .expect("created");
    let before = bench.store.zxid();
    let old = bench.by(1);
    let stamp = Stamp {
        slot: Slot(99),
        ballot: ballot(3),
        newest: ballot(3),
        time_ms: 7,
        level: 0,
    };
    bench.store.renew(&stamp);
    bench.store.invariants_deep();
    assert!(
        bench.store.zxid().0 - before.0 >= 1 << 32,
        "no change of before comes again"
    );
    let token = |bench: &Bench| bench.store.lock("/").holders[0].token.expect("a token");
    let token_before = token(&bench);
    let write = Command::Write {
        by: old,
        writes: vec![Write::One(create("/a", CreateMode::Persistent))],
    };
    let Response::Answers(answers) = bench.apply(&write) else {
        panic!("answers")
    };
    assert_eq!(answers[0].outcome, Outcome::Refused(Error::SessionMoved));
    bench.attach(1, false);
    assert!(
        bench
            .create(1, "/lock-", CreateMode::EphemeralSequential)
            .is_ok()
            && bench.has("/lock-0000000000")
    );
    // One that only the lost members knew is among those of before, too.
    bench
        .one(
            1,
            Op::Delete {
                path: "/lock-0000000000".into(),
                version: -1,
            },
        )
        .expect("released");
    let lost = Token {
        czxid: Zxid(token_before.czxid.0 + 1_000_000),
        ..token_before
    };
    let token_after = token(&bench);
    assert_eq!(token_after.incarnation, token_before.incarnation);
    assert!(token_after > lost && token_after.to_bytes() > lost.to_bytes());
}

fn watches_set_again_hear_what_they_missed() {
    let mut bench = bench();
    for path in ["/same", "/written", "/parent", "/quiet"] {
        bench
            .create(1, path, CreateMode::Persistent)
            .expect("created");
    }
    let seen = bench.store.zxid();
    bench.set("/written", b"x").expect("written");
    bench
        .create(1, "/parent/new", CreateMode::Persistent)
        .expect("created");
    let mut hub = Hub::new(&mut bench.store);
    let watches = SetAgain {
        data: &["/same", "/written", "/gone"],
        exist: &["/parent/new", "/never"],
        child: &["/parent", "/quiet", "/gone"],
        persistent: &["/same"],
        persistent_recursive: &["/quiet"],
    };
    let me = ConnectionId(1);
    let told = |notices: Vec<Notice>| -> Vec<String> {
        let event = |notice| match notice {
            Notice::Event { kind, path, .. } => format!("{kind:?} {path}"),
            Notice::Over { .. } => "over".into(),
        };
        notices.into_iter().map(event).collect()
    };
    let missed = told(hub.set_again(&bench.store, me, seen, &watches));
    assert_eq!(
        missed,
        [
            "DataChanged /written",
            "Deleted /gone",
            "Created /parent/new",
            "ChildrenChanged /parent",
            "Deleted /gone"
        ]
    );
    hub.invariants();
    // What was set is set, and tells once or more.
    bench.set("/same", b"y").expect("written");
    bench.set("/same", b"z").expect("written");
    bench
        .create(1, "/quiet/child", CreateMode::Persistent)
        .expect("created");
    let mut notices = Vec::new();
    let until = bench.store.zxid();
    hub.advance(&mut bench.store, until, |notice| notices.push(notice));
    let expected = [
        "DataChanged /same",
        "DataChanged /same",
        "Created /quiet/child",
        "ChildrenChanged /quiet",
    ];
    assert_eq!(told(notices), expected);
    assert!(
        hub.watches(me, "/same", &[WatchMode::Persistent])
            && !hub.watches(me, "/same", &[WatchMode::Data])
    );
    hub.leave(id(1), me);
    assert_eq!(hub.counts(), Default::default());
}

fn locks_are_told() {
    let mut bench = bench();
    bench
        .create(1, "/l", CreateMode::Persistent)
        .expect("created");
    assert!(bench.store.locks("/", 10).is_empty());
    bench
        .create(2, "/l/b-lock-", CreateMode::EphemeralSequential)
        .expect("created");
    let first = bench.store.zxid();
    bench
        .create(1, "/l/a-lock-", CreateMode::EphemeralSequential)
        .expect("created");
    bench
        .create(1, "/l/other", CreateMode::Ephemeral)
        .expect("created");
    let lock = bench.store.lock("/l");
    assert_eq!(lock.holders.len(), 1);
    assert_eq!(lock.holders[0].session, id(2));
    let token = lock.holders[0]
        .token
        .expect("an exclusive holder has a token");
    assert_eq!((token.czxid, token.incarnation), (first, 1_000_000));
    assert_eq!(lock.waiters.len(), 1);
    assert!(lock.released.is_none());
    bench.time_ms += 500;
    bench.apply(&Command::CloseSession { by: bench.by(2) });
    let lock = bench.store.lock("/l");
    assert_eq!(
        (lock.holders[0].session, lock.held_since_ms),
        (id(1), Some(1_000_500))
    );
    assert!(
        lock.holders[0].token > Some(token),
        "tokens grow with the order of holders"
    );
    assert_eq!(lock.released.expect("a release").session, id(2));
    // A waiter that leaves releases nothing; the last holder leaves an unlocked lock.
    bench.attach(2, true);
    bench
        .create(2, "/l/c-lock-", CreateMode::EphemeralSequential)
        .expect("created");
    bench.apply(&Command::CloseSession { by: bench.by(2) });
    assert_eq!(
        bench.store.lock("/l").released.map(|release| release.at_ms),
        Some(1_000_500)
    );
    bench.time_ms += 500;
    bench.apply(&Command::CloseSession { by: bench.by(1) });
    let locks = bench.store.locks("/", 10);
    assert!(locks[0].holders.is_empty() && locks[0].waiters.is_empty());
    assert_eq!(
        locks[0]
            .released
            .as_ref()
            .map(|release| (release.session, release.at_ms)),
        Some((id(1), 1_001_000))
    );
    assert!(bench.store.locks("/other", 10).is_empty());
}

fn locks_are_told_page_by_page() {
    let mut bench = bench();
    for path in ["/l", "/l/a", "/l/b", "/l/c", "/l-other", "/m"] {
        bench
            .create(1, path, CreateMode::Persistent)
            .expect("created");
    }
    // One that was released, one that is contended, one that both happened to; two elsewhere.
    for (session, path) in [
        (2, "/l/a"),
        (2, "/l/c"),
        (1, "/l/b"),
        (1, "/l/b"),
        (1, "/l/b"),
        (1, "/l/c"),
        (1, "/l-other"),
        (1, "/m"),
    ] {
        bench
            .create(
                session,
                &format!("{path}/x-lock-"),
                CreateMode::EphemeralSequential,
            )
            .expect("created");
    }
    bench.apply(&Command::CloseSession { by: bench.by(2) });
    let pages = |path: &str, max, contenders_max| {
        let (mut pages, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = bench
                .store
                .lock_page(path, after.as_deref(), max, contenders_max);
            let shown = page.locks.iter().map(|lock| {
                let (holders, waiters) = (&lock.holders, &lock.waiters);
                let told = (holders.len(), waiters.len());
                assert!(told <= (lock.holder_count, lock.waiter_count));
                format!("{} {told:?} of {}", lock.path, lock.waiter_count)
            });
            pages.push(shown.collect::<Vec<_>>());
            match page.next {
                Some(next) => after = Some(next),
                None => return pages.into_iter().filter(|page| !page.is_empty()).collect(),
            }
        }
    };
    let all: Vec<Vec<String>> = pages("/l", 10, 100);
    let of_l = ["/l/a (0, 0) of 0", "/l/b (1, 2) of 2", "/l/c (1, 0) of 0"];
    assert_eq!(all, [of_l.to_vec()]);
    let one_by_one: Vec<Vec<String>> = pages("/l", 1, 100);
    assert_eq!(one_by_one.concat(), of_l);
    assert_eq!(one_by_one.len(), 3);
    let bounded: Vec<Vec<String>> = pages("/l", 10, 2);
    assert_eq!(
        bounded,
        [
            vec!["/l/a (0, 0) of 0", "/l/b (1, 1) of 2"],
            vec!["/l/c (1, 0) of 0"]
        ]
    );
    let everything: Vec<Vec<String>> = pages("/", 2, 100);
    assert_eq!(everything.concat().len(), 5);
    assert_eq!(pages("/m", 3, 3).concat().len(), 1);
    assert_eq!(pages("no path", 3, 3).len(), 0);
}

/// What clients call their nodes is theirs to choose, and a page is one answer.
fn pages_of_long_names_stay_small() {
    let mut bench = bench();
    let hidden = format!("/{}", "h".repeat(5_000));
    let locks = [
        (hidden.as_str(), 1, 1),
        ("/a", 30, 3_000),
        ("/b", 30, 3_000),
        ("/c", 1, 70_000),
    ];
    for (path, contenders, length) in locks {
        bench
            .create(1, path, CreateMode::Persistent)
            .expect("created");
        let name = format!("{path}/{}-lock-", "n".repeat(length));
        for _ in 0..contenders {
            bench
                .create(1, &name, CreateMode::EphemeralSequential)
                .expect("created");
        }
    }
    let page = |after| {
        let page = bench.store.lock_page("/", after, 10, 100);
        let shown = page.locks.iter().map(|lock| {
            assert!(lock.held_since_ms.is_some(), "{} is held", lock.path);
            let told = lock.holders.len() + lock.waiters.len();
            let all = lock.holder_count + lock.waiter_count;
            format!("{} {told} of {all}", lock.path)
        });
        (shown.collect::<Vec<_>>(), page.next)
    };
    let (first, next) = page(None);
    assert_eq!(first, ["/a 21 of 30", "/b 21 of 30"]);
    let (last, next) = page(next.as_deref());
    assert_eq!((last, next), (vec!["/c 0 of 1".to_owned()], None));
}

fn digests_are_hidden() {
    let mut bench = bench();
    let acl = vec![
        Acl {
            permissions: Permissions::READ,
            id: Id::anyone(),
        },
        Acl {
            permissions: Permissions::ALL,
            id: Id::new("digest", "u1:h"),
        },
    ];
    let op = Op::Create {
        path: "/a".into(),
        data: None,
        acl: acl.clone(),
        flags: 0,
        ttl_ms: 0,
    };
    bench.one(1, op).expect("created");
    let seen = |ids: &[Id]| bench.store.acl("/a", ids).expect("readable").0;
    assert_eq!(seen(&[Id::new("digest", "u1:h")]), acl);
    assert_eq!(seen(&[])[1].id, Id::new("digest", "u1:x"));
    assert_eq!(
        bench.one(
            2,
            Op::Delete {
                path: "/a".into(),
                version: -1
            }
        ),
        Ok(Done::Deleted)
    );
}

fn a_damaged_snapshot_is_refused() {
    use synod_machine::SnapshotReader as _;
    let mut bench = bench();
    bench
        .create(1, "/a", CreateMode::Ephemeral)
        .expect("created");
    bench
        .create(1, "/b", CreateMode::Persistent)
        .expect("created");
    let piece = bench.store.snapshot().next(1 << 20).expect("a piece");
    let restore = |bytes: Vec<u8>| {
        let mut store = bench.store.empty();
        store.restore(&bytes.into()).and_then(|()| store.restored())
    };
    assert_eq!(restore(piece.to_vec()), Ok(()));
    for index in 0..piece.len() {
        let mut damaged = piece.to_vec();
        damaged[index] ^= 1;
        assert!(
            restore(damaged).is_err(),
            "a bit of byte {index} is another one"
        );
        assert!(
            restore(piece[..index].to_vec()).is_err(),
            "cut off at {index}"
        );
    }
    assert!(bench.store.empty().restored().is_err());
}

fn a_large_value_stays() {
    let mut bench = bench();
    bench
        .create(1, "/a", CreateMode::Persistent)
        .expect("created");
    for len in [1_024, 1_025, 100_000, 3, 5_000] {
        bench.set("/a", &vec![len as u8; len]).expect("written");
        bench
            .create(1, "/a/n-", CreateMode::PersistentSequential)
            .expect("created");
        let (data, stat) = bench.store.data("/a", &[]).expect("a node");
        assert_eq!(
            (data.map(<[u8]>::len), stat.data_length),
            (Some(len), len as i32)
        );
    }
}

fn members_are_told() {
    let text = "server.1=a:2888:3888:participant;0.0.0.0:2181\nversion=100000000";
    let mut bench = Bench::new(Settings {
        members: Some(text.into()),
        ..Settings::default()
    });
    bench.store.lead(at(0), ballot(1));
    bench.lead_at(at(0));
    let told = |bench: &Bench| {
        let stat = bench
            .store
            .exists("/zookeeper/config")
            .expect("it is always there");
        (bench.data("/zookeeper/config"), stat.version, stat.mzxid)
    };
    assert_eq!(
        told(&bench),
        (text.to_owned(), 0, Zxid(0)),
        "from the start"
    );
    assert_eq!(bench.lead_at(at(5)), 0, "once is enough");
    bench
        .store
        .set_members("server.2=b:1:1:participant;\nversion=2".into());
    bench.lead_at(at(10));
    let (_, version, mzxid) = told(&bench);
    assert_eq!(
        (version, mzxid),
        (1, bench.store.zxid()),
        "what changes is a change"
    );
    let denied = bench.one(
        1,
        Op::SetData {
            path: "/zookeeper/config".into(),
            data: None,
            version: -1,
        },
    );
    assert_eq!(denied, Err(Error::NoAuth));
}

/// The driver keeps the clock going for machines that say that they go by it.
fn the_replicated_clock_goes_on() {
    assert!(Store::new(Settings::default()).tells_time());
}

/// By its name it can be read, and it is nowhere else: a ZooKeeper has none.
fn the_incarnation_is_read_by_those_who_ask_for_it() {
    let mut bench = bench();
    assert_eq!(bench.data(INCARNATION_PATH), "00000000000f4240");
    let stat = bench.store.exists(INCARNATION_PATH).expect("it is there");
    assert_eq!((stat.version, stat.data_length), (0, 16));
    assert_eq!((stat.czxid, stat.ctime), (Zxid(0), 1_000_000));
    let nobody = |path| bench.store.children(path, &[]).expect("readable");
    assert_eq!(nobody(INCARNATION_PATH).0, Vec::<&str>::new());
    assert_eq!(nobody("/zookeeper").0, ["config", "quota"]);
    let count = |path| bench.store.below(path, &[]).expect("readable").count();
    assert_eq!((count("/zookeeper"), count(INCARNATION_PATH)), (2, 0));
    let (acl, _) = bench.store.acl(INCARNATION_PATH, &[]).expect("readable");
    assert_eq!(acl[0].permissions, Permissions::READ);
    // A client that connects anew watches it as before.
    let mut hub = Hub::new(&mut bench.store);
    let watches = SetAgain {
        data: &[INCARNATION_PATH],
        child: &[INCARNATION_PATH],
        ..SetAgain::default()
    };
    let missed = hub.set_again(&bench.store, ConnectionId(1), Zxid(0), &watches);
    assert_eq!(missed, []);
    // It is the first half of a token, and stays in another group.
    bench
        .create(1, "/lock-", CreateMode::EphemeralSequential)
        .expect("created");
    let token = bench.store.lock("/").holders[0].token.expect("a token");
    let digits = format!("{}{:016x}", bench.data(INCARNATION_PATH), token.czxid.0);
    assert_eq!(token.to_string(), digits);
    bench.store.renew(&Stamp {
        slot: Slot(99),
        ballot: ballot(3),
        newest: ballot(3),
        time_ms: 2_000_000,
        level: 1,
    });
    assert_eq!(bench.data(INCARNATION_PATH), "00000000000f4240");
}

fn nobody_else_has_the_incarnations_name() {
    let path = || INCARNATION_PATH.to_owned();
    let ops = || {
        let acl = vec![Acl {
            permissions: Permissions::ALL,
            id: Id::anyone(),
        }];
        [
            create(INCARNATION_PATH, CreateMode::Persistent),
            Op::SetData {
                path: path(),
                data: Some(b"0".to_vec().into()),
                version: -1,
            },
            Op::SetAcl {
                path: path(),
                acl,
                version: -1,
            },
            Op::Check {
                path: path(),
                version: 1,
            },
            Op::Check {
                path: path(),
                version: 0,
            },
            Op::Delete {
                path: path(),
                version: -1,
            },
        ]
    };
    let told = |level| {
        let mut bench = bench();
        bench.level = level;
        let told = ops().map(|op| bench.one(1, op).err());
        assert_eq!(bench.data(INCARNATION_PATH), "00000000000f4240");
        told
    };
    let refused = [
        Some(Error::NodeExists),
        Some(Error::NoAuth),
        Some(Error::NoAuth),
        Some(Error::BadVersion),
        None,
        Some(Error::BadArguments),
    ];
    assert_eq!(told(INCARNATION_LEVEL), refused);
    // Before that level it is a name like others, and what is made of it is not seen.
    let before = [None, None, None, None, Some(Error::BadVersion), None];
    assert_eq!(told(INCARNATION_LEVEL - 1), before);
}
