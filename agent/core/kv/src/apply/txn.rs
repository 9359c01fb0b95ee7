//! `Txn`: compares, then one branch, at one revision. What could fail is checked before anything is written, against
//! the state before the transaction, as etcd does it.

use synod_machine::Stamp;

use crate::command::{Op, Put, Txn};
use crate::error::Error;
use crate::fence::Fences;
use crate::read::branch;
use crate::response::{OpResponse, PutResponse, Reply, TxnResponse};
use crate::store::Store;
use crate::write::Write;

use super::delete_range::delete_within;
use super::put::put_within;

impl Store {
    pub(super) fn txn(&mut self, stamp: &Stamp, txn: &Txn) -> Result<Reply, Error> {
        let fences = Fences::at(stamp);
        let path = self.state.path(txn);
        let growth = self.check_branch(txn, &mut path.iter().copied(), fences)?;
        self.room(growth)?;
        let mut write = Write::new(self);
        let response = run_branch(&mut write, txn, &mut path.iter().copied(), fences)?;
        write.finish();
        Ok(Reply::Txn(response))
    }

    /// Checks the operations that will run and returns what they add to the state's size.
    fn check_branch(
        &self,
        txn: &Txn,
        path: &mut impl Iterator<Item = bool>,
        fences: Fences,
    ) -> Result<u64, Error> {
        let mut growth = 0;
        for op in branch(txn, take(path)) {
            match op {
                Op::Range(range) => {
                    self.state.readable(range.revision)?;
                }
                Op::Put(put) => {
                    self.check_put(put)?;
                    fences.admit(&self.state, put)?;
                    growth += put.growth();
                }
                Op::DeleteRange(_) => {}
                Op::Txn(nested) => growth += self.check_branch(nested, path, fences)?,
            }
        }
        Ok(growth)
    }

    fn check_put(&self, put: &Put) -> Result<(), Error> {
        let keeps = put.ignore_value || put.ignore_lease;
        if keeps
            && self
                .state
                .keys
                .get(&put.key)
                .is_none_or(|history| history.live().is_none())
        {
            return Err(Error::KeyNotFound);
        }
        if put.lease != 0 && self.state.lease(put.lease).is_none() {
            return Err(Error::LeaseNotFound);
        }
        Ok(())
    }
}

fn take(path: &mut impl Iterator<Item = bool>) -> bool {
    path.next()
        .expect("the path names a branch for every transaction")
}

fn run_branch(
    write: &mut Write<'_>,
    txn: &Txn,
    path: &mut impl Iterator<Item = bool>,
    fences: Fences,
) -> Result<TxnResponse, Error> {
    let succeeded = take(path);
    let mut responses = Vec::new();
    for op in branch(txn, succeeded) {
        responses.push(match op {
            Op::Range(range) => OpResponse::Range(write.store.state.range(range, write.header())?),
            Op::Put(put) => OpResponse::Put(put_anyway(write, put)),
            Op::DeleteRange(delete) => {
                OpResponse::DeleteRange(delete_within(write, delete, fences))
            }
            Op::Txn(nested) => OpResponse::Txn(run_branch(write, nested, path, fences)?),
        });
    }
    Ok(TxnResponse {
        succeeded,
        responses,
    })
}

/// A put that wants to keep something of a version which this very transaction deleted keeps nothing. The front end's
/// check refuses such transactions; one that slipped through must still run whole.
fn put_anyway(write: &mut Write<'_>, put: &Put) -> PutResponse {
    put_within(write, put)
        .or_else(|_| {
            put_within(
                write,
                &Put {
                    ignore_value: false,
                    ignore_lease: false,
                    ..put.clone()
                },
            )
        })
        .expect("a put that keeps nothing does not fail")
}
