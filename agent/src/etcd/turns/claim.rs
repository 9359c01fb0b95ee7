//! A claim: a key that queues under a prefix.

use std::sync::Arc;

use bytes::Bytes;
use synod_kv::{
    Command, Compare, CompareResult, CompareTarget, DeleteRange, KeyRange, KeyValue, Op,
    OpResponse, Put, Range, Reply, SortOrder, SortTarget, Txn,
};
use synod_proto::etcdserverpb::LeaseGrantRequest;
use tonic::Status;

use super::super::errors::{refused, store_refused};
use super::super::{Front, lease};
use super::vacancy::vacated;

/// Seconds of a lease that is granted because the client brought none.
const LEASE_SECONDS: i64 = 60;

/// A key in the queue of a name.
pub(super) struct Claim {
    front: Arc<Front>,
    prefix: Bytes,
    /// The key.
    pub(super) key: Bytes,
    /// The revision that created it: its place in the queue.
    pub(super) created: i64,
    /// The lease it lives by.
    pub(super) lease: i64,
    /// The value it had before, if it was there already.
    pub(super) before: Option<Bytes>,
    /// The store's revision when its turn came.
    pub(super) revision: i64,
    /// False while leaving would leave the key behind.
    kept: bool,
}

impl Claim {
    /// Queues for `name`; a claim that the lease has already is taken up again.
    pub(super) async fn stake(
        front: &Arc<Front>,
        name: &Bytes,
        lease: i64,
        value: Bytes,
    ) -> Result<Self, Status> {
        let lease = match lease {
            0 => {
                let grant = LeaseGrantRequest {
                    ttl: LEASE_SECONDS,
                    id: 0,
                };
                lease::grant::execute(front, grant).await?.id
            }
            lease => lease,
        };
        let prefix: Bytes = [name.as_ref(), b"/"].concat().into();
        let key: Bytes = [prefix.as_ref(), format!("{lease:x}").as_bytes()]
            .concat()
            .into();
        let txn = Txn {
            compare: vec![created_at(&key, 0)],
            success: vec![Op::Put(Put {
                key: key.clone(),
                value,
                lease,
                ..Put::default()
            })],
            failure: vec![Op::Range(Range::new(KeyRange::point(key.clone())))],
        };
        let (revision, response) = front.run(txn).await?;
        let found = match response.responses.into_iter().next() {
            Some(OpResponse::Range(range)) => range.kvs.into_iter().next(),
            _ => None,
        };
        Ok(Self {
            front: Arc::clone(front),
            prefix,
            key,
            created: found.as_ref().map_or(revision, KeyValue::create_revision),
            lease,
            before: found.map(|kv| kv.value()),
            revision,
            kept: false,
        })
    }

    /// Waits for its turn: until no older key is left under the prefix.
    pub(super) async fn turn(&mut self) -> Result<(), Status> {
        loop {
            let older = Range {
                create_revision_max: self.created - 1,
                order: SortOrder::Descend,
                target: SortTarget::Create,
                limit: 1,
                keys_only: true,
                ..Range::new(KeyRange::prefix(self.prefix.clone()))
            };
            let (revision, newest) = self.front.first(older).await?;
            let Some(newest) = newest else {
                self.revision = revision;
                return Ok(());
            };
            vacated(&self.front, newest.key(), revision + 1).await?;
        }
    }

    /// Whether its key is still there: the lease may have run out while it waited.
    pub(super) async fn stands(&self) -> Result<bool, Status> {
        let own = Range::new(KeyRange::point(self.key.clone()));
        let (_, found) = self.front.first(own).await?;
        Ok(found.is_some_and(|kv| kv.create_revision() == self.created))
    }

    /// Stays in the queue, whatever becomes of this value.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let front = Arc::clone(&self.front);
        let (key, created) = (self.key.clone(), self.created);
        tokio::spawn(async move {
            // Should this fail, the lease ends the key.
            let _ = front.run(resignation(key, created)).await;
        });
    }
}

/// Deletes a key if it is still the one that was created at `created`.
pub(super) fn resignation(key: Bytes, created: i64) -> Txn {
    let delete = DeleteRange {
        range: KeyRange::point(key.clone()),
        prev_kv: false,
    };
    Txn {
        compare: vec![created_at(&key, created)],
        success: vec![Op::DeleteRange(delete)],
        failure: Vec::new(),
    }
}

/// Holds if a key was created at a revision; 0: if it does not exist.
pub(super) fn created_at(key: &Bytes, revision: i64) -> Compare {
    Compare {
        range: KeyRange::point(key.clone()),
        result: CompareResult::Equal,
        target: CompareTarget::Create(revision),
    }
}

impl Front {
    /// Runs a transaction.
    pub(super) async fn run(&self, txn: Txn) -> Result<(i64, synod_kv::TxnResponse), Status> {
        match self.propose(Command::Txn(txn)).await? {
            (revision, Reply::Txn(response)) => Ok((revision, response)),
            _ => Err(Self::answered_wrongly()),
        }
    }

    /// The first key of a range as of now, and the store's revision.
    pub(super) async fn first(&self, range: Range) -> Result<(i64, Option<KeyValue>), Status> {
        let read = self.engine.read(move |store| store.range(&range)).await;
        let response = read.map_err(refused)?.map_err(store_refused)?;
        Ok((response.revision, response.kvs.into_iter().next()))
    }
}
