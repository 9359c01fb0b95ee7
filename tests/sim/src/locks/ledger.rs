//! What everybody may be held to: the log, the naive tree that follows it, what clients were told of their sessions, and the
//! tokens of locks.

use std::collections::BTreeMap;

use bytes::Bytes;
use hashbrown::HashMap;
use synod_paxos::{Ballot, Node};
use synod_replica::{Stamp, StateMachine as _};
use synod_znode::{Attachment, Command, Outcome, Response, SessionId, Store, Token, Zxid};

use super::history::History;
use super::tree::Tree;
use crate::clock::{Instant, MS};
use crate::demand;
use crate::lease::LeaseBook;
use crate::log::{Held, Log};
use crate::service;

/// The locks that clients take.
pub(super) const LOCKS: [&str; 2] = ["/locks/a", "/locks/b"];

/// How often one command was proposed by a front end, and applied.
#[derive(Clone, Copy, Debug, Default)]
struct Times {
    proposed: u64,
    applied: u64,
}

/// A lock, by the log.
#[derive(Clone, Copy, Debug, Default)]
struct Turn {
    holder: Option<Token>,
    /// Nobody who held it had a higher one.
    highest: Option<Token>,
}

/// Everything that was seen.
#[derive(Clone, Default)]
pub(crate) struct Ledger {
    pub(crate) log: Log,
    pub(super) tree: Tree,
    pub(super) history: History,
    /// What each write answers, by the model.
    pub(super) outcomes: BTreeMap<Zxid, Outcome>,
    /// What clients were promised about sessions.
    pub(super) sessions: LeaseBook,
    /// Whether members serve reads once they have applied what was decided before.
    pub(super) linearizable: bool,
    /// Whether wall clocks are right.
    pub(super) steady: bool,
    /// Whether the replicated clock must be right, too: nothing failed for long.
    pub(super) punctual: bool,
    commands: HashMap<Bytes, Times>,
    turns: BTreeMap<&'static str, Turn>,
    incarnation: u64,
    /// The highest zxid that was answered to anybody.
    pub(super) floor: Zxid,
    /// Writes that were answered: their slot, and what it held.
    acknowledged: Vec<(u64, Bytes)>,
    slots: BTreeMap<Zxid, u64>,
    /// The highest zxid that a group gave before it lost its quorum.
    known: Zxid,
    renewals: Vec<u64>,
    /// Sessions that expired.
    pub(super) expiries: u64,
    /// Changes of a lock's holder.
    pub(super) turns_taken: u64,
}

impl Ledger {
    /// A front end proposes a command.
    pub(super) fn proposed(&mut self, command: &Bytes) {
        self.commands.entry(command.clone()).or_default().proposed += 1;
    }

    /// Somebody applied a slot.
    pub(super) fn applied(
        &mut self,
        node: Node,
        stamp: &Stamp,
        held: &Held,
        response: Option<&Response>,
        store: &Store,
    ) {
        if !self.log.applied(node, stamp, held, store.digest()) {
            return;
        }
        if let (Held::Command(bytes), Some(response)) = (held, response) {
            let Ok(command) = Command::decode(bytes) else {
                crate::Violation::raise("agreement", format!("{node} applied what is no command"));
            };
            self.count(bytes, &command, stamp);
            let expected = self.perform(&command, stamp);
            demand!(
                "linearizability",
                expected == *response,
                "{node} answers {command:?} at {} with {response:?}, the model with {expected:?}",
                stamp.slot
            );
            self.check_sessions(node, &command, store);
            self.check_time(stamp);
        }
        demand!(
            "zxids",
            store.zxid() == self.tree.zxid,
            "{node} is at {:?} after {}, the model at {:?}",
            store.zxid(),
            stamp.slot,
            self.tree.zxid
        );
        self.check_locks(node, store);
    }

    /// The replicated clock follows true time, also when nobody wrote for long; but for what its steps are.
    fn check_time(&self, stamp: &Stamp) {
        const BEHIND_MAX_MS: u64 = 90_000;
        let true_ms = crate::clock::WALL_START_MS as u64 + self.log.now / MS;
        let behind = true_ms.saturating_sub(stamp.time_ms);
        demand!(
            "time",
            !self.punctual || behind <= BEHIND_MAX_MS,
            "the replicated clock is {behind} ms behind at {}",
            stamp.slot
        );
    }

    /// What front ends propose takes effect no more often than it was proposed.
    fn count(&mut self, bytes: &Bytes, command: &Command, stamp: &Stamp) {
        let own = matches!(
            command,
            Command::Expire { .. }
                | Command::Reap { .. }
                | Command::Configure(_)
                | Command::SetMembers { .. }
        );
        let times = self.commands.entry(bytes.clone()).or_default();
        times.applied += 1;
        demand!(
            "exactly once",
            own || times.applied <= times.proposed,
            "{command:?} at {} is applied {} times and was proposed {} times",
            stamp.slot,
            times.applied,
            times.proposed
        );
    }

    fn perform(&mut self, command: &Command, stamp: &Stamp) -> Response {
        if self.incarnation == 0 {
            self.incarnation = stamp.time_ms.max(1);
        }
        let newest = match command {
            Command::Expire { ballot, .. } => *ballot == stamp.newest,
            _ => true,
        };
        let before: Vec<SessionId> = self.tree.sessions.keys().copied().collect();
        let response = self.tree.execute(command, stamp.time_ms, newest);
        self.history.add(&mut self.tree);
        if let Response::Answers(answers) = &response {
            for answer in answers {
                self.outcomes.insert(answer.zxid, answer.outcome.clone());
                self.slots.insert(answer.zxid, stamp.slot.0);
            }
        }
        for id in before {
            if !self.tree.sessions.contains_key(&id) {
                self.ended(command, id);
            }
        }
        response
    }

    fn ended(&mut self, command: &Command, id: SessionId) {
        let now = self.log.now;
        match command {
            Command::Expire { .. } if self.log.alone => self.sessions.forget(id.0, now),
            Command::Expire { .. } => {
                self.expiries += 1;
                self.sessions.expired(id.0, now);
            }
            _ => self.sessions.revoked(id.0, now),
        }
    }

    /// Nothing is left of a session that ended.
    fn check_sessions(&self, node: Node, command: &Command, store: &Store) {
        let ended: Vec<SessionId> = match command {
            Command::Expire { sessions, .. } => sessions.iter().map(|(id, _)| *id).collect(),
            Command::CloseSession { by } => vec![by.session],
            _ => return,
        };
        for id in ended {
            let there = self.tree.sessions.contains_key(&id);
            demand!(
                "sessions",
                store.session(id).is_some() == there,
                "{node} has session {id:?}, or has it not, otherwise than the model"
            );
            let left = store.ephemerals(id, "/").next();
            demand!(
                "ephemerals",
                there || left.is_none(),
                "{node} has {left:?} of session {id:?}, which ended"
            );
        }
    }

    /// One holder at a time, in the order of their nodes, with tokens that only grow.
    fn check_locks(&mut self, node: Node, store: &Store) {
        for path in LOCKS {
            let lock = store.lock(path);
            let all = lock.holders.iter().chain(&lock.waiters);
            let tokens: Vec<Token> = all.filter_map(|it| it.token).collect();
            demand!(
                "locks",
                lock.holders.len() <= 1,
                "{node} says that {path} has several holders: {lock:?}"
            );
            demand!(
                "locks",
                tokens.windows(2).all(|pair| pair[0] < pair[1]),
                "{node} does not have those who wait for {path} in the order in which they came: {lock:?}"
            );
            let mut names = self.tree.names(path);
            names.sort_by_key(|name| name[name.len().saturating_sub(10)..].to_owned());
            let first = names.first().map(String::as_str);
            let shown = lock.holders.first().map(|holder| holder.name.as_str());
            demand!(
                "locks",
                first == shown,
                "{node} says that {shown:?} holds {path}, the model says {first:?}"
            );
            self.take_turn(path, tokens.first().copied());
        }
    }

    fn take_turn(&mut self, path: &'static str, holder: Option<Token>) {
        let turn = self.turns.entry(path).or_default();
        if turn.holder == holder {
            return;
        }
        turn.holder = holder;
        let Some(token) = holder else { return };
        self.turns_taken += 1;
        demand!(
            "tokens",
            turn.highest.is_none_or(|highest| highest < token),
            "{path} is held by {token:?} after it was held by {:?}",
            turn.highest
        );
        turn.highest = Some(token);
    }

    /// The token of who holds a lock, by the log.
    pub(super) fn holder(&self, path: &str) -> Option<Token> {
        self.turns.get(path).and_then(|turn| turn.holder)
    }

    /// A token as clients make it: the service's incarnation, and the zxid of their node.
    pub(super) const fn token(&self, czxid: Zxid) -> Token {
        Token {
            incarnation: self.incarnation,
            czxid,
        }
    }

    /// A session and its attachment, for who wants to end it.
    pub(super) fn some_session(&self) -> Option<(SessionId, Attachment)> {
        let (id, session) = self.tree.sessions.iter().next()?;
        Some((*id, session.attachment))
    }

    /// A client was answered that what it wrote got this zxid, where everything up to `floor` was answered before it asked.
    pub(super) fn answered(&mut self, zxid: Zxid, floor: Zxid) {
        demand!(
            "linearizability",
            zxid > floor,
            "a write took effect at {zxid:?}, but {floor:?} was answered before it was asked for"
        );
        let slot = self.slots.get(&zxid).copied();
        demand!(
            "durability",
            slot.is_some(),
            "a write was answered at {zxid:?}, which is nowhere in the log"
        );
        self.floor = self.floor.max(zxid);
        let record = slot.and_then(|slot| self.log.record(slot));
        if let Some((slot, Held::Command(command))) = slot.zip(record.map(|it| it.held.clone())) {
            self.acknowledged.push((slot, command));
        }
    }

    /// A client that asked at `invoked` was told that its session lives for `timeout_ms` from then.
    pub(super) fn promised(&mut self, id: SessionId, invoked: Instant, timeout_ms: u32) {
        let (until, now) = (self.end_of(invoked, timeout_ms), self.log.now);
        self.sessions.promised_until(id.0, until, invoked, now);
    }

    /// A client that began or took up its session at `invoked` was told that it lives for `timeout_ms` from then.
    pub(super) fn attached(&mut self, id: SessionId, invoked: Instant, timeout_ms: u32) {
        let (until, now) = (self.end_of(invoked, timeout_ms), self.log.now);
        self.sessions.renegotiated(id.0, until, invoked, now);
    }

    fn end_of(&self, invoked: Instant, timeout_ms: u32) -> Instant {
        let length = u64::from(timeout_ms) * 1_000_000;
        // Both the member's clock, which says how long ago it was, and the leader's may run too fast.
        let slack = 2 * self.sessions.drift_ppm + 1_000;
        invoked + length - length / 1_000_000 * slack.min(1_000_000)
    }

    /// A survivor goes on with the state after slot `through`: what came after it is as if it had never been, but for those who
    /// remember.
    pub(super) fn renewed(&mut self, node: Node, through: u64, store: &Store) {
        self.log.go_back(through);
        self.renewals.retain(|at| *at < through);
        self.renewals.push(through);
        self.replay();
        let zxid = self.tree.zxid;
        demand!(
            "zxids",
            store.zxid() == zxid && zxid > self.known,
            "{node} goes on at {:?} after s{through}, the model at {zxid:?}; {:?} was given before",
            store.zxid(),
            self.known
        );
        let tree = &self.tree;
        self.sessions
            .go_on_with(|id| tree.sessions.contains_key(&SessionId(id)));
        // Who holds a lock in what is left may have given it back in what is lost. Whoever takes one from now on has a token
        // above all that were given.
        self.turns.clear();
        for path in LOCKS {
            let holder = store.lock(path).holders.first().and_then(|it| it.token);
            let turn = self.turns.entry(path).or_default();
            (turn.holder, turn.highest) = (holder, holder);
        }
    }

    fn replay(&mut self) {
        let records = self.log.records().to_vec();
        (self.tree, self.history) = Default::default();
        self.outcomes.clear();
        self.slots.clear();
        for times in self.commands.values_mut() {
            times.applied = 0;
        }
        let book = self.sessions.clone();
        for record in records {
            if let Held::Command(bytes) = &record.held
                && let Ok(command) = Command::decode(bytes)
            {
                self.commands.entry(bytes.clone()).or_default().applied += 1;
                self.log.alone = true;
                self.perform(&command, &record.stamp);
            }
            if self.renewals.contains(&record.stamp.slot.0) {
                self.tree.renew();
            }
        }
        self.sessions = book;
    }
}

impl service::Ledger for Ledger {
    fn log(&self) -> &Log {
        &self.log
    }

    fn log_mut(&mut self) -> &mut Log {
        &mut self.log
    }

    fn forsake(&mut self) {
        self.known = self.known.max(self.tree.zxid);
    }

    fn acknowledged_in(&self, ballot: Ballot, through: u64) -> Vec<usize> {
        let own = |slot: u64, command: &Bytes| {
            let record = self.log.record(slot).filter(|_| slot <= through);
            record.is_some_and(|record| {
                record.stamp.ballot == ballot && record.held == Held::Command(command.clone())
            })
        };
        let all = self.acknowledged.iter().enumerate();
        all.filter(|(_, (slot, command))| own(*slot, command))
            .map(|(number, _)| number)
            .collect()
    }

    fn look_up(&self, number: usize) -> (bool, String) {
        let (slot, command) = &self.acknowledged[number];
        let held = Held::Command(command.clone());
        let there = self.log.records().iter().any(|record| record.held == held);
        let words = Command::decode(command);
        (there, format!("what was at s{slot}, {words:?},"))
    }

    fn finish(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locks::raised;

    fn token(czxid: i64) -> Option<Token> {
        let czxid = Zxid(czxid);
        Some(Token {
            incarnation: 1,
            czxid,
        })
    }

    #[test]
    fn a_token_that_is_not_above_all_before_it_is_noticed() {
        let mut ledger = Ledger::default();
        let mut take = |token| raised(|| ledger.take_turn(LOCKS[0], token));
        for holder in [token(4), token(4), None, token(9)] {
            assert_eq!(take(holder), None);
        }
        assert_eq!(take(token(5)), Some("tokens"), "an older one");
        assert_eq!(take(None), None);
        assert_eq!(take(token(9)), Some("tokens"), "the same again");
        assert_eq!(
            raised(|| ledger.take_turn(LOCKS[1], token(5))),
            None,
            "another lock"
        );
    }

    #[test]
    fn an_answer_that_is_not_in_the_log_is_noticed() {
        let mut ledger = Ledger::default();
        ledger.slots.insert(Zxid(3), 1);
        assert_eq!(raised(|| ledger.answered(Zxid(3), Zxid(2))), None);
        let is_late = raised(|| ledger.answered(Zxid(3), Zxid(3)));
        assert_eq!(
            is_late,
            Some("linearizability"),
            "it was answered before it was asked for"
        );
        assert_eq!(
            raised(|| ledger.answered(Zxid(4), Zxid(3))),
            Some("durability")
        );
    }
}
