//! The lock recipe as Curator has it: a contender's node with the client's mark in its name, the node before it watched, and a
//! guarded store that takes tokens.

use synod_jute::records::{DeleteRequest, ReadRequest};
use synod_jute::{ErrorCode, Request, Response, Text};
use synod_znode::{Token, Zxid};

use super::client::{Asked, create};
use super::ledger::LOCKS;
use super::{Deed, World};
use crate::clock::MS;
use crate::demand;
use crate::world::Happening;

/// A contender's node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mine {
    path: String,
    czxid: Zxid,
}

/// How far a client is with a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// It wants none.
    #[default]
    Idle,
    /// Its node was asked for.
    Creating,
    /// It wants to know who is before it.
    Looking,
    /// It watches who is before it.
    Waiting,
    /// It has it.
    Holding,
    /// It gives it back.
    Releasing,
}

/// A client's way to a lock.
#[derive(Clone, Debug, Default)]
pub(super) struct Recipe {
    lock: &'static str,
    /// Marks its nodes; another one with each attempt.
    attempt: u64,
    stage: Stage,
    mine: Option<Mine>,
    /// Something is asked and not answered.
    asked: bool,
}

impl Recipe {
    pub(super) fn stage(&self) -> Stage {
        self.stage.clone()
    }

    pub(super) const fn attempt(&self) -> u64 {
        self.attempt
    }
}

impl World {
    fn recipe(&mut self, client: usize) -> &mut Recipe {
        &mut self.people.clients[client].recipe
    }

    fn mark(&mut self, client: usize) -> String {
        format!("_c_{client}-{}-lock-", self.recipe(client).attempt)
    }

    /// Takes the next step towards a lock; false if there is none to take.
    pub(super) fn go_for_lock(&mut self, client: usize) -> bool {
        if self.recipe(client).asked {
            return false;
        }
        match self.recipe(client).stage {
            Stage::Idle => {
                if !self.people.clients[client].random.chance(200) {
                    return false;
                }
                let lock = *self.people.clients[client].random.pick(&LOCKS);
                self.go_for_lock_of(client, lock);
            }
            Stage::Looking => self.look(client),
            Stage::Releasing => self.release(client),
            Stage::Creating | Stage::Waiting | Stage::Holding => return false,
        }
        true
    }

    /// Begins to go for a lock.
    pub(super) fn go_for_lock_of(&mut self, client: usize, lock: &'static str) {
        self.people.last_line += 1;
        let attempt = self.people.last_line;
        let recipe = self.recipe(client);
        (recipe.lock, recipe.attempt, recipe.mine) = (lock, attempt, None);
        let path = format!("{lock}/{}", self.mark(client));
        let request = Request::Create2(create(path.into(), None, 3));
        self.go_a_step(client, Stage::Creating, request);
    }

    fn go_a_step(&mut self, client: usize, stage: Stage, request: Request) {
        let recipe = self.recipe(client);
        (recipe.stage, recipe.asked) = (stage, true);
        self.ask_member(client, request, true);
    }

    fn look(&mut self, client: usize) {
        let path = Text::from(self.recipe(client).lock);
        let read = ReadRequest { path, watch: false };
        self.go_a_step(client, Stage::Looking, Request::GetChildren2(read));
    }

    fn release(&mut self, client: usize) {
        let Some(mine) = self.recipe(client).mine.clone() else {
            self.recipe(client).stage = Stage::Idle;
            return;
        };
        let delete = DeleteRequest {
            path: Text::from(mine.path),
            version: -1,
        };
        self.go_a_step(client, Stage::Releasing, Request::Delete(delete));
    }

    /// The connection is another one: what was asked is not answered any more, and what was seen may be old.
    pub(super) fn lock_looks_again(&mut self, client: usize) {
        let recipe = self.recipe(client);
        recipe.asked = false;
        recipe.stage = match recipe.stage {
            Stage::Idle => Stage::Idle,
            Stage::Releasing => Stage::Releasing,
            _ => Stage::Looking,
        };
    }

    /// A watch of the client fired.
    pub(super) fn lock_hears(&mut self, client: usize) {
        if self.recipe(client).stage == Stage::Waiting && !self.recipe(client).asked {
            self.look(client);
        }
    }

    /// What the client's lock asked for is answered.
    pub(super) fn lock_is_answered(
        &mut self,
        client: usize,
        asked: &Asked,
        error: ErrorCode,
        response: &Response,
    ) {
        self.recipe(client).asked = false;
        match (&asked.request, response) {
            (Request::Create2(_), Response::Create2(created)) => {
                let czxid = Zxid(created.stat.czxid.0);
                let path = created.path.as_str().to_owned();
                self.recipe(client).mine = Some(Mine { path, czxid });
                self.look(client);
            }
            (Request::Create2(_), _) => self.recipe(client).stage = Stage::Idle,
            (Request::GetChildren2(_), Response::Children2(children)) => {
                let names = children
                    .children
                    .iter()
                    .map(|name| name.as_str().to_owned());
                self.see_contenders(client, names.collect());
            }
            (Request::Exists(_), _) if error == ErrorCode::NoNode => self.look(client),
            (Request::Exists(_), Response::Stat(_)) => self.recipe(client).stage = Stage::Waiting,
            (Request::Delete(_), _) => {
                *self.recipe(client) = Recipe::default();
            }
            _ => self.recipe(client).stage = Stage::Idle,
        }
    }

    fn see_contenders(&mut self, client: usize, mut names: Vec<String>) {
        names.sort_by_key(|name| name[name.len().saturating_sub(10)..].to_owned());
        let mark = self.mark(client);
        let lock = self.recipe(client).lock;
        let Some(place) = names.iter().position(|name| name.starts_with(&mark)) else {
            // It was never made, or it went with its session.
            *self.recipe(client) = Recipe::default();
            return;
        };
        let path = format!("{lock}/{}", names[place]);
        if self.recipe(client).mine.is_none() {
            // Its creation was not answered; a read says what its zxid is.
            let seen = self.people.clients[client].seen;
            let ledger = self.ledger.borrow();
            let czxid = ledger.history.at(&path, seen).map(|(_, stat)| stat.czxid);
            drop(ledger);
            let Some(czxid) = czxid else { return };
            self.recipe(client).mine = Some(Mine {
                path: path.clone(),
                czxid,
            });
        }
        if place == 0 {
            self.begin_to_hold(client);
        } else {
            let path = Text::from(format!("{lock}/{}", names[place - 1]));
            let read = ReadRequest { path, watch: true };
            self.go_a_step(client, Stage::Waiting, Request::Exists(read));
        }
    }

    fn begin_to_hold(&mut self, client: usize) {
        self.recipe(client).stage = Stage::Holding;
        self.hold(client, self.people.clients[client].recipe.attempt);
    }

    /// Who holds a lock writes to what it guards, and gives it back some day.
    pub(super) fn hold(&mut self, client: usize, attempt: u64) {
        let recipe = self.recipe(client).clone();
        let Some(mine) = recipe.mine.filter(|_| recipe.attempt == attempt) else {
            return;
        };
        if recipe.stage != Stage::Holding {
            return;
        }
        let ledger = self.ledger.borrow();
        let token = ledger.token(mine.czxid);
        let holds = ledger.holder(recipe.lock) == Some(token);
        drop(ledger);
        let fence = self.people.fences.entry(recipe.lock).or_insert(token);
        let refused = is_refused(fence, token, holds && self.given_up.is_empty());
        self.people.fenced += u64::from(refused);
        self.people.guarded += u64::from(!refused);
        let connected = self.people.clients[client].link.as_ref();
        let connected = connected.is_some_and(|link| link.open);
        let current = &mut self.people.clients[client];
        if connected && !current.keeps && current.random.chance(400) {
            return self.release(client);
        }
        let span = MS + self.random.around(60 * MS);
        self.after(span, Happening::Deed(Deed::Hold { client, attempt }));
    }
}

/// A store guarded by a lock is shown a token: whether it turns its owner away. It keeps the highest one, and never turns away who
/// holds the lock.
fn is_refused(fence: &mut Token, token: Token, holds: bool) -> bool {
    let refused = token < *fence;
    demand!(
        "fencing",
        !(refused && holds),
        "who holds a lock with {token:?} is turned away since {fence:?} was shown"
    );
    *fence = token.max(*fence);
    refused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locks::raised;

    #[test]
    fn who_holds_a_lock_is_turned_away_by_a_store_that_was_shown_a_higher_token() {
        let token = |czxid| Token {
            incarnation: 1,
            czxid: Zxid(czxid),
        };
        let mut fence = token(5);
        assert!(!is_refused(&mut fence, token(7), true));
        assert!(is_refused(&mut fence, token(5), false), "it was late");
        assert!(!is_refused(&mut fence, token(7), true));
        assert_eq!(
            raised(|| assert!(is_refused(&mut fence, token(6), true))),
            Some("fencing")
        );
    }
}
