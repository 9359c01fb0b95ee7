//! The store as a driver sees it, watched: every apply, restore and leadership goes by the ledger.

use bytes::Bytes;
use synod_kv::Store;
use synod_paxos::{Ballot, Node, Now};
use synod_replica::{Command, Damaged, Stamp, StateMachine, UnknownCommand};

use crate::dialect;
use crate::ledger::{Effect, Ledger};
use crate::log::Held;
use crate::passage::Passage;
use crate::service::Shared;

type SharedLedger = Shared<Ledger>;

/// A store and who it belongs to.
pub(crate) struct Witness {
    store: Store,
    passage: Passage,
    ledger: SharedLedger,
    /// True for an older build: it does not know transactions that write several keys, and applies as it always did.
    old_build: bool,
}

impl Witness {
    /// An empty store of a process.
    #[must_use]
    pub(crate) fn new(
        node: Node,
        incarnation: u64,
        ledger: SharedLedger,
        old_build: bool,
        quota_bytes: Option<u64>,
    ) -> Self {
        ledger.borrow_mut().quota = quota_bytes.is_some();
        Self {
            store: dialect::store(quota_bytes),
            passage: Passage::new(node, incarnation),
            ledger,
            old_build,
        }
    }

    /// The store.
    #[must_use]
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    fn advance(&mut self, stamp: &Stamp) {
        let digest = self.store.digest();
        self.passage
            .advance(stamp, &self.ledger.borrow().log, digest);
    }

    fn report(&self, stamp: &Stamp, held: Held, no_space: bool) {
        let internal = match &held {
            Held::Nothing => None,
            Held::Command(command) => dialect::internal(command),
        };
        let effect = Effect {
            digest: self.store.digest(),
            revision: dialect::revision(&self.store),
            no_space,
            internal,
        };
        let mut ledger = self.ledger.borrow_mut();
        ledger.applied(self.passage.node, stamp, held, effect);
        if ledger.quota {
            dialect::check_quota(&self.store);
        }
    }
}

impl StateMachine for Witness {
    type Response = <Store as StateMachine>::Response;
    type Soft = <Store as StateMachine>::Soft;
    type SoftResponse = <Store as StateMachine>::SoftResponse;
    type Reader = <Store as StateMachine>::Reader;

    fn apply(
        &mut self,
        stamp: &Stamp,
        command: &Command,
    ) -> Result<Self::Response, UnknownCommand> {
        if self.old_build && dialect::is_batch(command) {
            return Err(UnknownCommand(
                "a transaction that writes several keys".into(),
            ));
        }
        self.advance(stamp);
        let level = if self.old_build {
            stamp.level.min(dialect::OLD_LEVEL)
        } else {
            stamp.level
        };
        let response = self.store.apply(&Stamp { level, ..*stamp }, command)?;
        self.report(
            stamp,
            Held::Command(command.clone()),
            dialect::no_space(&response),
        );
        Ok(response)
    }

    fn pass(&mut self, stamp: &Stamp) {
        self.advance(stamp);
        self.store.pass(stamp);
        self.report(stamp, Held::Nothing, false);
    }

    fn renew(&mut self, stamp: &Stamp) {
        self.store.renew(stamp);
        self.passage.at = Some(stamp.slot);
        let revision = dialect::revision(&self.store);
        let mut ledger = self.ledger.borrow_mut();
        ledger.renewed(self.passage.node, stamp.slot.0, revision);
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
            old_build: self.old_build,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use synod_paxos::Slot;

    use super::*;
    use crate::client::Client;
    use crate::operation::Operation;
    use crate::profile::Profile;
    use crate::random::Random;

    /// A store without replication, against the model: commands one after the other, sometimes a snapshot in between.
    #[test]
    fn the_store_is_the_model() {
        for seed in 1..=30 {
            let mut random = Random::new(seed);
            let profile = Profile::draw(&mut random);
            let ledger: SharedLedger = Rc::default();
            let mut witness = Witness::new(Node(1), 1, ledger.clone(), false, None);
            let mut client = Client::new(0, random.fork());
            let mut slot = 0;
            while slot < 400 {
                let id = ledger.borrow().operations.len();
                let operation = client.think(id, &profile);
                if matches!(
                    operation,
                    Operation::KeepAlive { .. }
                        | Operation::Compact { .. }
                        | Operation::Revoke { .. }
                ) && random.chance(900)
                {
                    continue;
                }
                let outcome = match &operation {
                    Operation::KeepAlive { .. } => continue,
                    Operation::Range { .. } => {
                        let id = ledger.borrow_mut().invoke(operation.clone(), None);
                        let outcome = dialect::range(&witness.store, &operation);
                        ledger.borrow_mut().ranged(id, slot, &outcome);
                        outcome
                    }
                    replicated => {
                        let command = dialect::command(replicated);
                        if ledger
                            .borrow()
                            .operations
                            .iter()
                            .any(|known| known.operation == *replicated)
                        {
                            continue;
                        }
                        let id = ledger
                            .borrow_mut()
                            .invoke(operation.clone(), Some(&command));
                        slot += 1;
                        let stamp = Stamp {
                            slot: Slot(slot),
                            ballot: Ballot::default(),
                            newest: Ballot::default(),
                            time_ms: 0,
                            level: dialect::LEVEL,
                        };
                        let response = witness.apply(&stamp, &command).expect("a known command");
                        let outcome = dialect::outcome(replicated, &response);
                        ledger.borrow_mut().answered(id, Slot(slot), &outcome);
                        outcome
                    }
                };
                client.saw(&operation, &outcome);
                witness.store.invariants();
                if random.chance(20) {
                    witness = copied(&witness);
                }
            }
            witness.store.invariants_deep();
        }
    }

    fn copied(witness: &Witness) -> Witness {
        use synod_replica::SnapshotReader as _;
        let mut copy = witness.empty();
        let mut reader = witness.snapshot();
        while let Some(piece) = reader.next(500) {
            copy.restore(&piece).expect("a piece of a snapshot");
        }
        copy.restored().expect("a whole snapshot");
        assert_eq!(
            copy.digest(),
            witness.digest(),
            "a restored snapshot has another digest"
        );
        copy
    }
}
