//! What random steps meet too seldom, each by name. `tests/scenarios.rs` runs them, `tests/mutations.rs` runs them with mistakes.

mod incarnation;
mod locks;
mod nodes;
mod sessions;
mod state;
mod watches;

use synod_machine::{Stamp, StateMachine};
use synod_paxos::{Ballot, Node, Now, Slot};
use synod_znode::{
    Acl, Asker, Attachment, Command, ConnectionId, CreateMode, Done, Error, Hub, INCARNATION_LEVEL,
    INCARNATION_PATH, Id, Limits, MultiFailure, Notice, Op, Outcome, Password, Permissions,
    Response, SessionId, SetAgain, Settings, Store, Token, Touch, Touched, WatchMode, Write, Zxid,
};

/// Every scenario.
pub(crate) const ALL: &[(&str, fn())] = &[
    (
        "the replicated clock goes on",
        state::the_replicated_clock_goes_on,
    ),
    (
        "an old leader's expiry is ignored",
        sessions::an_old_leaders_expiry_is_ignored,
    ),
    (
        "an attached session does not expire",
        sessions::an_attached_session_does_not_expire,
    ),
    (
        "an attachment ends no session sooner",
        sessions::an_attachment_ends_no_session_sooner,
    ),
    (
        "a new leader gives every session its time",
        sessions::a_new_leader_gives_every_session_its_time,
    ),
    (
        "a pause of the leader counts for nobody",
        sessions::a_pause_of_the_leader_counts_for_nobody,
    ),
    (
        "a session that is heard of lives",
        sessions::a_session_that_is_heard_of_lives,
    ),
    (
        "a session that is not heard of goes with its nodes",
        sessions::a_silent_session_goes_with_its_nodes,
    ),
    (
        "a moved session is refused elsewhere",
        sessions::a_moved_session_is_refused_elsewhere,
    ),
    (
        "the newest attachment holds the session",
        sessions::the_newest_attachment_holds_the_session,
    ),
    (
        "quotas are counted and enforced",
        state::quotas_are_counted_and_enforced,
    ),
    (
        "the state stays within its bound",
        state::the_state_stays_within_its_bound,
    ),
    (
        "containers and old nodes are reaped",
        nodes::containers_and_old_nodes_are_reaped,
    ),
    (
        "a renewed state goes on above everything",
        state::a_renewed_state_goes_on_above_everything,
    ),
    (
        "watches that are set again hear what they missed",
        watches::watches_set_again_hear_what_they_missed,
    ),
    ("locks are told", locks::locks_are_told),
    (
        "locks are told page by page",
        locks::locks_are_told_page_by_page,
    ),
    (
        "pages of long names stay small",
        locks::pages_of_long_names_stay_small,
    ),
    ("digests are hidden", nodes::digests_are_hidden),
    (
        "a damaged snapshot is refused",
        state::a_damaged_snapshot_is_refused,
    ),
    (
        "a large value does not change with its node",
        nodes::a_large_value_stays,
    ),
    (
        "members are told in the config node",
        nodes::members_are_told,
    ),
    ("a count is of one moment", nodes::a_count_is_of_one_moment),
    (
        "sessions with many nodes expire one by one",
        sessions::sessions_with_many_nodes_expire_one_by_one,
    ),
    (
        "watches keep to their bounds",
        watches::watches_keep_to_their_bounds,
    ),
    ("only readers hear of a change", watches::only_readers_hear),
    (
        "the incarnation is read by those who ask for it",
        incarnation::the_incarnation_is_read_by_those_who_ask_for_it,
    ),
    (
        "nobody else has the incarnation's name",
        incarnation::nobody_else_has_the_incarnations_name,
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
