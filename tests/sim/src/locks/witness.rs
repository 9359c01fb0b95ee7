//! The tree of nodes as a driver sees it, watched: every apply, restore and leadership goes by the ledger.

use bytes::Bytes;
use synod_paxos::{Ballot, Now};
use synod_replica::{Command, Damaged, Stamp, StateMachine, UnknownCommand};
use synod_znode::{Response, Store};

use super::ledger::Ledger;
use crate::log::Held;
use crate::passage::Passage;
use crate::service::Shared;

/// A store and who it belongs to.
pub(crate) struct Witness {
    pub(crate) store: Store,
    pub(super) passage: Passage,
    pub(super) ledger: Shared<Ledger>,
}

impl Witness {
    fn advance(&mut self, stamp: &Stamp) {
        let digest = self.store.digest();
        self.passage
            .advance(stamp, &self.ledger.borrow().log, digest);
    }

    fn report(&self, stamp: &Stamp, held: &Held, response: Option<&Response>) {
        let mut ledger = self.ledger.borrow_mut();
        ledger.applied(self.passage.node, stamp, held, response, &self.store);
    }
}

impl StateMachine for Witness {
    type Response = <Store as StateMachine>::Response;
    type Soft = <Store as StateMachine>::Soft;
    type SoftResponse = <Store as StateMachine>::SoftResponse;
    type Reader = <Store as StateMachine>::Reader;

    fn apply(&mut self, stamp: &Stamp, command: &Command) -> Result<Response, UnknownCommand> {
        self.advance(stamp);
        let response = self.store.apply(stamp, command)?;
        self.store.invariants();
        self.report(stamp, &Held::Command(command.clone()), Some(&response));
        Ok(response)
    }

    fn pass(&mut self, stamp: &Stamp) {
        self.advance(stamp);
        self.store.pass(stamp);
        self.report(stamp, &Held::Nothing, None);
    }

    fn renew(&mut self, stamp: &Stamp) {
        self.store.renew(stamp);
        self.passage.at = Some(stamp.slot);
        let mut ledger = self.ledger.borrow_mut();
        ledger.renewed(self.passage.node, stamp.slot.0, &self.store);
    }

    fn lead(&mut self, now: Now, ballot: Ballot) {
        self.passage
            .leads(ballot, &mut self.ledger.borrow_mut().log);
        self.store.lead(now, ballot);
    }

    fn follow(&mut self) {
        self.passage.follows();
        self.store.follow();
    }

    fn soft(&mut self, now: Now, request: &Self::Soft) -> Self::SoftResponse {
        self.store.soft(now, request)
    }

    fn encode_soft(request: &Self::Soft) -> Bytes {
        Store::encode_soft(request)
    }

    fn decode_soft(bytes: &Bytes) -> Result<Self::Soft, Damaged> {
        Store::decode_soft(bytes)
    }

    fn encode_soft_response(response: &Self::SoftResponse) -> Bytes {
        Store::encode_soft_response(response)
    }

    fn decode_soft_response(bytes: &Bytes) -> Result<Self::SoftResponse, Damaged> {
        Store::decode_soft_response(bytes)
    }

    fn due(&mut self, now: Now, max: usize) -> Vec<Command> {
        self.store.due(now, max)
    }

    fn next_due(&self) -> Option<Now> {
        self.store.next_due()
    }

    fn tells_time(&self) -> bool {
        self.store.tells_time()
    }

    fn digest(&self) -> u64 {
        self.store.digest()
    }

    fn snapshot(&self) -> Self::Reader {
        self.store.snapshot()
    }

    fn restore(&mut self, piece: &Bytes) -> Result<(), Damaged> {
        self.passage.at = None;
        self.store.restore(piece)
    }

    fn restored(&mut self) -> Result<(), Damaged> {
        self.passage.at = None;
        self.store.restored()
    }

    fn empty(&self) -> Self {
        Self {
            store: self.store.empty(),
            passage: Passage::new(self.passage.node, self.passage.incarnation),
            ledger: self.ledger.clone(),
        }
    }
}
