//! Between the simulator's words and the store's: what an operation is as a command, and what its answer means.

use bytes::Bytes;
use synod_kv::{
    Command, Compare, CompareResult, CompareTarget, DeleteRange, Error, EventKind, FENCE_PREFIX,
    FENCES_LEVEL, Hub, KeyRange, KeyValue, Limits, Op, OpResponse, Put, Range, Reply, Response,
    Settings, SoftRequest, SoftResponse, Store, Txn, WatchId, WatchSpec, WatchState,
};
use synod_paxos::{Ballot, Configuration, RoleName};
use synod_replica::{DriverStatus, Phase};

use crate::ledger::Internal;
use crate::model::Change;
use crate::operation::{Operation, Outcome, Pair, Refused};

/// The feature level of this build: the one that fences are kept from.
pub(crate) const LEVEL: u32 = FENCES_LEVEL;

/// The one of the older build of a world.
pub(crate) const OLD_LEVEL: u32 = LEVEL - 1;

/// An empty store. Its lease minimum is not the default one, so that leaders propose limits too.
#[must_use]
pub(crate) fn store(quota_bytes: Option<u64>) -> Store {
    let quota_bytes = quota_bytes.unwrap_or(Limits::default().quota_bytes);
    Store::new(Settings {
        limits: Limits {
            lease_ttl_min_s: 1,
            quota_bytes,
        },
        ..Settings::default()
    })
}

/// The bytes that are proposed for a replicated operation.
#[must_use]
pub(crate) fn command(operation: &Operation) -> Bytes {
    let command = match operation {
        Operation::Put { key, value, lease } => Command::Put(Put {
            lease: *lease,
            prev_kv: true,
            ..put(key, value)
        }),
        Operation::Delete { from, to } => Command::DeleteRange(DeleteRange {
            range: span(from, to),
            prev_kv: false,
        }),
        Operation::Swap {
            key,
            expected,
            value,
            marker,
        } => {
            let compare = Compare {
                range: KeyRange::point(key.clone()),
                result: CompareResult::Equal,
                target: CompareTarget::Mod(*expected as i64),
            };
            let marker = || Op::Put(put(&marker.0, &marker.1));
            Command::Txn(Txn {
                compare: vec![compare],
                success: vec![Op::Put(put(key, value)), marker()],
                failure: vec![
                    Op::Range(Range::new(KeyRange::point(key.clone()))),
                    marker(),
                ],
            })
        }
        Operation::Batch { pairs } => {
            let success = pairs
                .iter()
                .map(|(key, value)| Op::Put(put(key, value)))
                .collect();
            Command::Txn(Txn {
                success,
                ..Txn::default()
            })
        }
        Operation::Fenced {
            fence,
            token,
            key,
            value,
        } => Command::Txn(Txn {
            success: vec![Op::Put(put(fence, token)), Op::Put(put(key, value))],
            ..Txn::default()
        }),
        Operation::Grant { lease, ttl_s } => Command::LeaseGrant {
            id: *lease,
            ttl: *ttl_s,
        },
        Operation::Revoke { lease } => Command::LeaseRevoke { id: *lease },
        Operation::Compact { revision } => Command::Compact {
            revision: *revision as i64,
        },
        Operation::Range { .. } | Operation::KeepAlive { .. } => unreachable!("not replicated"),
    };
    command.encode()
}

fn put(key: &Bytes, value: &Bytes) -> Put {
    Put {
        key: key.clone(),
        value: value.clone(),
        ..Put::default()
    }
}

fn span(from: &Bytes, to: &Bytes) -> KeyRange {
    KeyRange::new(from.clone(), to.clone())
}

/// What the store's answer says to the client.
#[must_use]
pub(crate) fn outcome(operation: &Operation, response: &Response) -> Outcome {
    let revision = response.revision as u64;
    let reply = match &response.result {
        Ok(reply) => reply,
        Err(error) => return Outcome::Refused(refused(*error)),
    };
    match (operation, reply) {
        (Operation::Put { .. }, Reply::Put(put)) => Outcome::Put {
            revision,
            previous: put.prev_kv.as_ref().map(pair),
        },
        (Operation::Delete { .. }, Reply::DeleteRange(delete)) => Outcome::Deleted {
            revision,
            count: delete.deleted as u64,
        },
        (
            Operation::Swap { .. } | Operation::Batch { .. } | Operation::Fenced { .. },
            Reply::Txn(txn),
        ) => Outcome::Txn {
            revision,
            succeeded: txn.succeeded,
            seen: txn.responses.iter().find_map(|response| match response {
                OpResponse::Range(range) => range.kvs.first().map(pair),
                _ => None,
            }),
        },
        (Operation::Grant { .. }, Reply::LeaseGrant { ttl, .. }) => {
            Outcome::Granted { ttl_s: *ttl }
        }
        (Operation::Revoke { .. }, Reply::LeaseRevoke { .. })
        | (Operation::Compact { .. }, Reply::Compact) => Outcome::Done { revision },
        _ => Outcome::Refused(Refused::Other),
    }
}

/// Whether the store refused for lack of space.
#[must_use]
pub(crate) fn no_space(response: &Response) -> bool {
    matches!(response.result, Err(Error::NoSpace))
}

/// The store keeps its quota, more or less: deletes and expiries are never refused.
pub(crate) fn check_quota(store: &Store) {
    let sizes = store.sizes();
    crate::demand!(
        "quota",
        sizes.bytes <= 2 * sizes.quota_bytes,
        "the store holds {} bytes of {}",
        sizes.bytes,
        sizes.quota_bytes
    );
}

fn refused(error: Error) -> Refused {
    match error {
        Error::Compacted => Refused::Compacted,
        Error::FutureRevision => Refused::FutureRevision,
        Error::LeaseNotFound => Refused::LeaseNotFound,
        Error::LeaseExists => Refused::LeaseExists,
        Error::NoSpace => Refused::NoSpace,
        Error::FenceOlder { .. } => Refused::OlderToken,
        _ => Refused::Other,
    }
}

/// A key as the store shows it.
pub(crate) fn pair(kv: &KeyValue) -> Pair {
    Pair {
        key: kv.key(),
        value: kv.value(),
        created: kv.create_revision() as u64,
        modified: kv.mod_revision() as u64,
        version: kv.version() as u64,
        lease: kv.lease(),
    }
}

/// Reads the store for a `Range` operation.
#[must_use]
pub(crate) fn range(store: &Store, operation: &Operation) -> Outcome {
    let Operation::Range {
        from, to, revision, ..
    } = operation
    else {
        unreachable!("only ranges are read")
    };
    let request = Range {
        revision: *revision as i64,
        ..Range::new(span(from, to))
    };
    match store.range(&request) {
        Ok(response) => Outcome::Range {
            revision: response.revision as u64,
            pairs: response.kvs.iter().map(pair).collect(),
        },
        Err(error) => Outcome::Refused(refused(error)),
    }
}

/// The store's revision.
#[must_use]
pub(crate) fn revision(store: &Store) -> u64 {
    store.revision() as u64
}

/// A keep-alive as the leader is asked for it.
#[must_use]
pub(crate) fn keep_alive(lease: i64) -> SoftRequest {
    SoftRequest::KeepAlive { id: lease }
}

/// What the leader said to a keep-alive; nothing if it does not lead any more.
#[must_use]
pub(crate) fn kept_alive(response: &SoftResponse) -> Option<Outcome> {
    match response {
        SoftResponse::KeptAlive { ttl } => Some(Outcome::KeptAlive { ttl_s: Some(*ttl) }),
        SoftResponse::LeaseNotFound => Some(Outcome::KeptAlive { ttl_s: None }),
        _ => None,
    }
}

/// The expiry of a lease as the leader of `ballot` proposes it.
#[must_use]
pub(crate) fn expiry(lease: i64, granted: u64, ballot: Ballot) -> Bytes {
    Command::LeaseExpire {
        id: lease,
        granted,
        ballot,
    }
    .encode()
}

/// What a command means that no client asked for.
#[must_use]
pub(crate) fn internal(command: &Bytes) -> Option<Internal> {
    match Command::decode(command).ok()? {
        Command::LeaseExpire {
            id,
            granted,
            ballot,
        } => Some(Internal::Expiry {
            lease: id,
            granted,
            ballot,
        }),
        Command::Configure(_) | Command::Reclaim => Some(Internal::Nothing),
        _ => None,
    }
}

/// Whether the command is a transaction without conditions, which the older build of a world does not know; but for those with a
/// fence, which it knows and takes for a key.
#[must_use]
pub(crate) fn is_batch(command: &Bytes) -> bool {
    let is_fence =
        |op: &Op| matches!(op, Op::Put(put) if put.key.starts_with(FENCE_PREFIX.as_bytes()));
    matches!(
        Command::decode(command),
        Ok(Command::Txn(txn)) if txn.compare.is_empty() && !txn.success.iter().any(is_fence)
    )
}

/// The newest configuration that a process knows to be decided.
#[must_use]
pub(crate) fn configuration(status: &DriverStatus) -> Option<Configuration> {
    status.core.as_ref().map(|core| core.configuration.clone())
}

/// Whether a process takes part in votes.
#[must_use]
pub(crate) fn votes(status: &DriverStatus) -> bool {
    let role = status.core.as_ref().map(|core| core.role);
    status.phase == Phase::Running
        && matches!(
            role,
            Some(RoleName::Follower | RoleName::Candidate | RoleName::Leader)
        )
}

/// A process in few words.
#[must_use]
pub(crate) fn brief(status: &DriverStatus) -> Option<String> {
    let core = status.core.as_ref()?;
    let (slots, disk) = ((core.first.0, core.decided.0, core.last.0), status.disk);
    Some(format!(
        "{:?} promised {} accepted {} slots {slots:?} disk {disk:?}",
        core.role, core.promised, core.accepted
    ))
}

/// What a watcher is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// Changes, each with what the key was before if that is told.
    Changes(Vec<(Change, Option<Pair>)>),
    /// Everything through this revision was told.
    Progress(u64),
    /// The watch is over, since what it needs is compacted; this revision can be watched from.
    Compacted(u64),
}

/// Begins to watch the keys from `from` up to `to` from revision `begin` on.
pub(crate) fn watch(
    hub: &mut Hub,
    store: &Store,
    (from, to): (&Bytes, &Bytes),
    begin: u64,
) -> WatchId {
    let spec = WatchSpec {
        prev_kv: true,
        ..WatchSpec::new(span(from, to), begin as i64)
    };
    hub.create(store, spec)
}

/// What the hub has ready for one watch, with about `bytes_max` of it.
pub(crate) fn take_ready(
    hub: &mut Hub,
    store: &Store,
    bytes_max: usize,
) -> Option<(WatchId, Vec<Told>)> {
    let id = hub.ready()?;
    let batch = hub.next(store, id, bytes_max);
    let mut told = Vec::new();
    if let WatchState::Compacted { compact_revision } = batch.state {
        told.push(Told::Compacted(compact_revision.max(0) as u64));
    } else if !batch.events.is_empty() {
        told.push(Told::Changes(batch.events.iter().map(change).collect()));
    }
    if batch.revision > 0 {
        told.push(Told::Progress(batch.revision as u64));
    }
    Some((id, told))
}

fn change(event: &synod_kv::Event) -> (Change, Option<Pair>) {
    let change = Change {
        revision: event.kv.mod_revision() as u64,
        key: event.kv.key(),
        pair: (event.kind == EventKind::Put).then(|| pair(&event.kv)),
    };
    (change, event.prev_kv.as_ref().map(pair))
}
