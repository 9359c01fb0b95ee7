//! Applying commands, one file each. Every refusal leaves the state as it was; whatever a command does, all members do
//! alike.

mod alarm;
mod compact;
mod configure;
mod delete_range;
mod lease;
mod put;
mod txn;

use synod_machine::Stamp;

use crate::command::{Alarm, AlarmKind, Command};
use crate::error::Error;
use crate::mutation::mutated;
use crate::response::{Reply, Response};
use crate::store::Store;

/// The group's own alarm.
pub(crate) const GROUP_NO_SPACE: Alarm = Alarm {
    member: 0,
    kind: AlarmKind::NoSpace,
};

/// Changes that each command looks at for reclamation, besides what it does itself.
const RECLAIM_STEP: usize = 64;

/// The same for the commands whose purpose it is.
const RECLAIM_STRIDE: usize = 4_096;

impl Store {
    /// Applies one decoded command.
    pub(crate) fn execute(&mut self, stamp: &Stamp, command: &Command) -> Response {
        self.reclaim(RECLAIM_STEP);
        self.disarm();
        let result = self.dispatch(stamp, command);
        self.disarm();
        Response {
            revision: self.state.revision,
            result,
        }
    }

    fn dispatch(&mut self, stamp: &Stamp, command: &Command) -> Result<Reply, Error> {
        match command {
            Command::AlarmActivate(alarm) => Ok(self.activate(*alarm)),
            Command::AlarmDeactivate(alarm) => Ok(self.deactivate(*alarm)),
            Command::Configure(limits) => Ok(self.configure(*limits)),
            Command::Reclaim => {
                self.reclaim(RECLAIM_STRIDE);
                Ok(Reply::Reclaim)
            }
            _ if self.state.has_alarm(AlarmKind::Corrupt) => Err(Error::Corrupt),
            Command::Put(put) => self.put(stamp, put),
            Command::DeleteRange(delete) => Ok(self.delete_range(stamp, delete)),
            Command::Txn(txn) => self.txn(stamp, txn),
            Command::Compact { revision } => self.compact(*revision),
            Command::LeaseGrant { id, ttl } => self.lease_grant(stamp, *id, *ttl),
            Command::LeaseRevoke { id } => self.lease_revoke(*id),
            Command::LeaseExpire {
                id,
                granted,
                ballot,
            } => self.lease_expire(stamp, *id, *granted, *ballot),
        }
    }

    /// Refuses what would grow the state by `growth` bytes over its quota, or at all while a NoSpace alarm is active.
    /// The group's alarm is raised unless the state is so small that it would disarm itself at once.
    pub(crate) fn room(&mut self, growth: u64) -> Result<(), Error> {
        if growth == 0 || mutated("kv.quota.ignored") {
            return Ok(());
        }
        let over = self.state.tally.bytes.saturating_add(growth) > self.state.limits.quota_bytes;
        if !over && !self.state.has_alarm(AlarmKind::NoSpace) {
            return Ok(());
        }
        if over && !self.has_space_back() {
            self.state.alarms.insert(GROUP_NO_SPACE);
        }
        Err(Error::NoSpace)
    }

    /// Whether a tenth of the quota is free: then the group's alarm disarms itself.
    fn has_space_back(&self) -> bool {
        let quota = self.state.limits.quota_bytes;
        self.state.tally.bytes <= quota - quota / 10
    }

    fn disarm(&mut self) {
        if !self.state.alarms.is_empty() && self.has_space_back() {
            self.state.alarms.remove(&GROUP_NO_SPACE);
        }
    }
}
