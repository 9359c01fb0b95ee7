//! A group that lost its quorum for good goes on with what one survivor's disk has. What is done, in order:
//!
//! 1. The disk is read as the group's of before; nothing but a whole one will do. Its log counts through the last slot that
//!    it accepted: what it did not know to be decided, it decides alone.
//! 2. All of that is applied. What is known to be decided has its revisions for good; before the rest the machine is renewed,
//!    since the others may have decided something else there. A configuration with this member alone takes the next slot.
//! 3. The result is written as a snapshot of the new group, and read back. Under the old identity it is not looked at.
//! 4. The identity is replaced by one of the new group: this rename is the decision. A start before it begins anew at 1.
//! 5. The old log and snapshots are removed, a log of the new group is begun, and the identity says that the disk is whole. A
//!    start in between goes on at 5.
//!
//! So the group of before loses nothing before the new one has all of it, and no vote of one counts in the other: a disk
//! belongs to one of them, and frames carry their cluster's UID.

use std::collections::BTreeMap;

use bytes::Bytes;
use synod_paxos::{
    Ballot, Base, ConfigId, Configuration, Entry, Member, MemberRole, Now, Payload, Quorums,
    Replica, Slot, Standing,
};

use super::formatting::Formatting;
use super::resuming::{Examined, Found, examine};
use super::succession::leftovers;
use super::{FoundIdentity, Prepared, Start, check_owner, is_used};
use crate::identity::{DiskStanding, Identity};
use crate::mutation::mutated;
use crate::replicated::{Halt, Replicated, Shared};
use crate::wal::ReadLog;
use crate::{ClusterUid, Disk, MemberContext, OpenError, Settings, StateMachine};

/// What a survivor brings into the new group, to be written as its first snapshot.
pub(crate) struct Survivor<S> {
    pub(crate) machine: S,
    pub(crate) shared: Shared,
    pub(crate) base: Base,
}

/// The log of before, as the core makes it of its records, and the state that it is applied to.
struct Before<S> {
    replica: Replica,
    replicated: Replicated<S>,
}

/// Reads a disk of the group `former`. The script removes what is left of an earlier attempt.
///
/// # Errors
/// If the disk is not a whole one of that group. Nothing was changed.
pub(super) fn read<S: StateMachine, D: Disk>(
    settings: &Settings,
    former: ClusterUid,
    files: &[String],
    disk: &D,
    machine: S,
    found: FoundIdentity,
) -> Result<Prepared<S>, OpenError> {
    let as_before = Settings {
        cluster: former,
        ..settings.clone()
    };
    let identity = of_former(&as_before, files, disk, found)
        .map_err(|error| about_both(error, settings.cluster))?;
    let fresh = Formatting {
        settings: &as_before,
        files,
        disk_id: identity.disk_id,
    };
    let mut before = match examine(&fresh, disk, &machine, identity.disk_id)? {
        Examined::Whole(log, found) => replayed(settings, &identity, log, found)?,
        Examined::Damaged(_, why) => return Err(OpenError::Unrecoverable(why)),
    };
    before.apply_all()?;
    let base = before.begin_anew(settings, &identity)?;
    let identity = Identity {
        cluster: settings.cluster,
        standing: DiskStanding::Recovering,
        initial: Some(base.configuration.clone()),
        founders: BTreeMap::new(),
        ..identity
    };
    Ok(Prepared {
        script: leftovers(files, &identity, &base),
        identity,
        start: Start::Survivor(Box::new(Survivor {
            machine: before.replicated.machine,
            shared: before.replicated.shared,
            base,
        })),
    })
}

/// The identity of a disk of the group of before.
fn of_former<D: Disk>(
    as_before: &Settings,
    files: &[String],
    disk: &D,
    found: FoundIdentity,
) -> Result<Identity, OpenError> {
    let why = match found {
        FoundIdentity::None if !is_used(as_before, disk, files)? => {
            return Err(OpenError::NothingToRecover);
        }
        FoundIdentity::None => "the identity file is missing",
        FoundIdentity::Damaged => "the identity file is damaged",
        FoundIdentity::Whole(found) => {
            check_owner(as_before, found.cluster, found.node)?;
            return Ok(found);
        }
    };
    Err(OpenError::Unrecoverable(why.to_owned()))
}

/// Whoever is refused for its cluster is told of both.
fn about_both(error: OpenError, cluster: ClusterUid) -> OpenError {
    match error {
        OpenError::ForeignCluster { found, wanted } => OpenError::NotFormer {
            found,
            former: wanted,
            wanted: cluster,
        },
        other => other,
    }
}

/// Replays the records by the core's own rules.
fn replayed<S: StateMachine>(
    settings: &Settings,
    identity: &Identity,
    log: ReadLog,
    found: Found<S>,
) -> Result<Before<S>, OpenError> {
    let standing = |decided: &Configuration| {
        if identity.is_whole(decided) {
            return Standing::Whole;
        }
        Standing::Amnesiac {
            context: Bytes::new(),
        }
    };
    let records = log.of_group(settings.group);
    let replica = Replica::recover(settings.of_core(0), found.base, records, standing, Now(0));
    if *replica.standing() != Standing::Whole {
        let why = why_not_whole(identity.standing).to_owned();
        return Err(OpenError::Unrecoverable(why));
    }
    if replica.last() == Slot(0) {
        return Err(OpenError::NothingToRecover);
    }
    Ok(Before {
        replica,
        replicated: Replicated {
            machine: found.machine,
            shared: found.shared,
            level_max: settings.level_max,
            check_slots: settings.bounds.check_slots.max(1),
        },
    })
}

const fn why_not_whole(standing: DiskStanding) -> &'static str {
    match standing {
        DiskStanding::Founding | DiskStanding::Noted => {
            "its member had not met the others that the group was to begin with"
        }
        DiskStanding::Joining => {
            "the group had not taken note of it, so its member did not vote yet"
        }
        DiskStanding::Amnesiac => {
            "its member had lost what it promised, and the group had not taken it in again"
        }
        DiskStanding::Whole | DiskStanding::Lost => "what it holds was given up",
        DiskStanding::Recovering => {
            "the recovery that it was in is not finished; start its member as that recovery wants it"
        }
    }
}

impl<S: StateMachine> Before<S> {
    /// Applies everything that was accepted, and renews the machine where what is known to be decided ends.
    fn apply_all(&mut self) -> Result<(), OpenError> {
        let known = self.replica.decided();
        let last = if mutated("replica-recovery-drops-tail") {
            known
        } else {
            self.replica.last()
        };
        if mutated("replica-recovery-renews-late") {
            self.apply_through(last)?;
            self.replicated.renew();
            return Ok(());
        }
        self.apply_through(known)?;
        self.replicated.renew();
        self.apply_through(last)
    }

    fn apply_through(&mut self, through: Slot) -> Result<(), OpenError> {
        const BYTES: usize = 1 << 20;
        while self.replicated.shared.applied < through {
            let from = self.replicated.shared.applied.next();
            for entry in self.replica.entries(from, BYTES) {
                if self.replicated.shared.applied == through {
                    break;
                }
                self.replicated.apply(&entry).map_err(halted)?;
            }
        }
        Ok(())
    }

    /// Decides the configuration in which this member is alone, in a ballot that nobody ever promised. What it stands for.
    fn begin_anew(&mut self, settings: &Settings, identity: &Identity) -> Result<Base, OpenError> {
        let configuration = alone(settings, identity, self.replica.configuration());
        let ballot = Ballot {
            round: self.replica.promised().round + 1,
            node: settings.node,
        };
        let entry = Entry {
            ballot,
            payload: Payload::Configuration(configuration.clone()),
        };
        self.replicated.apply(&entry).map_err(halted)?;
        Ok(Base {
            slot: self.replicated.shared.applied,
            ballot,
            configuration,
        })
    }
}

fn halted(halt: Halt) -> OpenError {
    match halt {
        Halt::Unknown(what) => OpenError::UnknownCommand(what),
        Halt::Deviates(slot) => OpenError::Unrecoverable(format!(
            "its member's state deviates from what its leader had at {slot}"
        )),
    }
}

/// The configuration after `latest` that has only this member.
fn alone(settings: &Settings, identity: &Identity, latest: &Configuration) -> Configuration {
    let known = latest.members.get(&settings.node);
    let known = known.and_then(|known| MemberContext::decode(&known.context).ok());
    let member = Member {
        role: MemberRole::Voter,
        context: context(settings, identity.disk_id, known.unwrap_or_default()).encode(),
    };
    let raised = u64::from(!mutated("replica-recovery-keeps-configuration-id"));
    Configuration {
        id: ConfigId(latest.id.0 + raised),
        members: BTreeMap::from([(settings.node, member)]),
        quorums: Quorums::Majority,
        highest: latest.highest.max(settings.node),
    }
}

/// What the member says about itself; where it says nothing, what the group of before knew.
fn context(settings: &Settings, disk_id: u128, known: MemberContext) -> MemberContext {
    let own = settings.context.clone();
    let or = |own: String, known: String| if own.is_empty() { known } else { own };
    let or_all = |own: Vec<String>, known: Vec<String>| if own.is_empty() { known } else { own };
    MemberContext {
        name: or(own.name, known.name),
        peer_address: or(own.peer_address, known.peer_address),
        client_urls: or_all(own.client_urls, known.client_urls),
        peer_urls: or_all(own.peer_urls, known.peer_urls),
        disk_id,
    }
}
