//! `Txn`: compares, then one branch, at one revision. What could fail is checked before anything is written, against
//! the state before the transaction, as etcd does it.

use crate::command::{Op, Put, Txn};
use crate::error::Error;
use crate::read::branch;
use crate::response::{OpResponse, PutResponse, Reply, TxnResponse};
use crate::store::Store;
use crate::write::Write;

use super::delete_range::delete_within;
use super::put::put_within;

impl Store {
    pub(super) fn txn(&mut self, txn: &Txn) -> Result<Reply, Error> {
        let path = self.state.path(txn);
        let growth = self.check_branch(txn, &mut path.iter().copied())?;
        self.room(growth)?;
        let mut write = Write::new(self);
        let response = run_branch(&mut write, txn, &mut path.iter().copied())?;
        write.finish();
        Ok(Reply::Txn(response))
    }

    /// Checks the operations that will run and returns what they add to the state's size.
    fn check_branch(&self, txn: &Txn, path: &mut impl Iterator<Item = bool>) -> Result<u64, Error> {
        let mut growth = 0;
        for op in branch(txn, take(path)) {
            match op {
                Op::Range(range) => {
                    self.state.readable(range.revision)?;
                }
                Op::Put(put) => {
                    self.check_put(put)?;
                    growth += put.growth();
                }
                Op::DeleteRange(_) => {}
                Op::Txn(nested) => growth += self.check_branch(nested, path)?,
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
) -> Result<TxnResponse, Error> {
    let succeeded = take(path);
    let mut responses = Vec::new();
    for op in branch(txn, succeeded) {
        responses.push(match op {
            Op::Range(range) => OpResponse::Range(write.store.state.range(range, write.header())?),
            Op::Put(put) => OpResponse::Put(put_anyway(write, put)),
            Op::DeleteRange(delete) => OpResponse::DeleteRange(delete_within(write, delete)),
            Op::Txn(nested) => OpResponse::Txn(run_branch(write, nested, path)?),
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
