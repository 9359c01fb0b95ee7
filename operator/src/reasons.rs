//! The catalogue of condition types, reasons and states. Nothing else is written to a status or an event.
//!
//! Each condition carries the `observedGeneration` that it was found for, and changes only when what it states changes: no
//! counters, no lag, no times but that of its last transition.
//!
//! | condition | true when |
//! |---|---|
//! | `Ready` | clients are served by as many members as were asked for |
//! | `Progressing` | something is being done |
//! | `Degraded` | something is wrong, whether it is being mended or waits for a person |
//! | `ForeignMember` | the group has a member that the operator did not add; absent otherwise |
//! | `Recovery` | the group went on with what one member had; false while it has not, absent while spec.recovery is |
//! | `AuthorityRotation` | the namespace's certificate authority is being replaced; absent otherwise |
//! | `UpdateAvailable` | the operator's default image is another one than the members run; absent otherwise |
//!
//! | reason | said of | what to do |
//! |---|---|---|
//! | `AsSpecified` | all three | nothing |
//! | `Creating`, `Scaling`, `Rolling`, `Repairing`, `Resuming` | Ready, Progressing | wait; the message names who is waited for |
//! | `Hibernating` | Ready, Progressing | wait; the message says what is finished first |
//! | `Hibernated` | Ready, Progressing | set spec.hibernated to false to have the members back |
//! | `Paused` | Ready, Progressing | set spec.paused to false to have changes made again |
//! | `Deleting` | Ready, Progressing | nothing; volumes stay as storage.retention says |
//! | `NoLeader` | Ready, Progressing, Degraded | bring a quorum of the members back; nothing is changed until then. If it is lost for good: spec.recovery |
//! | `MemberNotReady` | Degraded | see the message; it is mended where it can be |
//! | `ClaimsDisagree` | all three | delete the claims of the other cluster, or rename the object |
//! | `ClaimsRefused` | all three | delete the claims to begin empty, or set spec.storage.adoption to Adopt |
//! | `ClaimsIncomplete` | all three | bring the missing claims back, or delete the others to begin empty |
//! | `DataLost` | all three | restore the claims, or delete the object and create it again to begin empty |
//! | `NameConflict` | Degraded | delete or rename the object that has the name |
//! | `CallFailed` | Degraded | see the message; the call is repeated |
//! | `OperatorMistake` | Degraded | report it; the object is looked at again |
//! | `Invalid` | Degraded | correct the object |
//! | `UnknownMember` | ForeignMember | remove it with the client that added it, or leave it |
//! | `RecoveryRefused` | Recovery | see the message; nothing was done |
//! | `Recovering` | Recovery | wait; the message says what for, and the way back if its member cannot begin |
//! | `Recovered` | Recovery | take spec.recovery off |
//! | `SpreadingTrust`, `ReplacingCertificates` | AuthorityRotation | wait; the message names what is waited for |
//! | `NewDefaultImage` | UpdateAvailable | set spec.image, or spec.upgradePolicy to Automatic |

/// Condition: clients are served by as many members as were asked for.
pub const READY: &str = "Ready";
/// Condition: something is being done.
pub const PROGRESSING: &str = "Progressing";
/// Condition: something is wrong that the operator cannot, or must not, mend by itself, or that is being mended.
pub const DEGRADED: &str = "Degraded";
/// Condition: the group has a member that the operator did not add.
pub const FOREIGN_MEMBER: &str = "ForeignMember";
/// Condition: the group went on with what one member had, as spec.recovery asks for.
pub const RECOVERY: &str = "Recovery";
/// Condition: the operator's default image is another one than the members run.
pub const UPDATE_AVAILABLE: &str = "UpdateAvailable";

/// Condition: the namespace's certificate authority is being replaced.
pub const AUTHORITY_ROTATION: &str = "AuthorityRotation";

/// All is as asked for.
pub const AS_SPECIFIED: &str = "AsSpecified";
/// The first members are being made.
pub const CREATING: &str = "Creating";
/// A member is being added or removed.
pub const SCALING: &str = "Scaling";
/// Pods are being replaced one at a time by such of the new form.
pub const ROLLING: &str = "Rolling";
/// A lost member or pod is being replaced.
pub const REPAIRING: &str = "Repairing";
/// No leader is known: nothing can be written, and nothing is changed until there is one.
pub const NO_LEADER: &str = "NoLeader";
/// A member is not ready.
pub const MEMBER_NOT_READY: &str = "MemberNotReady";
/// The object asks for nothing to be done.
pub const PAUSED: &str = "Paused";
/// All members are being stopped, as asked for; or what must be finished before is waited for.
pub const HIBERNATING: &str = "Hibernating";
/// No member runs, as asked for; the data is kept.
pub const HIBERNATED: &str = "Hibernated";
/// The members are coming back after a hibernation; a quorum of them is waited for.
pub const RESUMING: &str = "Resuming";
/// The object is being deleted.
pub const DELETING: &str = "Deleting";
/// Claims of different clusters carry this object's name.
pub const CLAIMS_DISAGREE: &str = "ClaimsDisagree";
/// There are claims of an earlier object of this name, and spec.storage.adoption refuses them.
pub const CLAIMS_REFUSED: &str = "ClaimsRefused";
/// Some of the first claims of an earlier object of this name are missing, and it is not known whether the group had
/// begun.
pub const CLAIMS_INCOMPLETE: &str = "ClaimsIncomplete";
/// The group had begun, and all its claims are gone.
pub const DATA_LOST: &str = "DataLost";
/// An object of the needed name exists and is not ours.
pub const NAME_CONFLICT: &str = "NameConflict";
/// A call to the API or to an agent failed and is repeated.
pub const CALL_FAILED: &str = "CallFailed";
/// The object breaks a rule of its own definition (it was stored before the rule).
pub const INVALID: &str = "Invalid";
/// A newer default image is there, and nothing asks for a roll to it.
pub const NEW_DEFAULT_IMAGE: &str = "NewDefaultImage";
/// The next authority is made known to all, and does not sign yet.
pub const SPREADING_TRUST: &str = "SpreadingTrust";
/// Certificates are issued anew by the new authority; the old one is still trusted.
pub const REPLACING_CERTIFICATES: &str = "ReplacingCertificates";
/// What spec.recovery asks for is not done.
pub const RECOVERY_REFUSED: &str = "RecoveryRefused";
/// The group is being made anew of what one member has.
pub const RECOVERING: &str = "Recovering";
/// It was.
pub const RECOVERED: &str = "Recovered";
/// There is a member that the operator did not add.
pub const UNKNOWN_MEMBER: &str = "UnknownMember";
/// A look at the object ended in a panic: a mistake of the operator, not of the object's author.
pub const OPERATOR_MISTAKE: &str = "OperatorMistake";

/// Event: a member was given a number and a claim.
pub const MEMBER_CREATED: &str = "MemberCreated";
/// Event: a member's pod was made.
pub const POD_CREATED: &str = "PodCreated";
/// Event: a member's pod was deleted, to be replaced or for good.
pub const POD_DELETED: &str = "PodDeleted";
/// Event: a member's claim was deleted, with its data.
pub const CLAIM_DELETED: &str = "ClaimDeleted";
/// Event: a claim asks for more storage.
pub const CLAIM_ENLARGED: &str = "ClaimEnlarged";
/// Event: the group took a member in.
pub const MEMBER_ADDED: &str = "MemberAdded";
/// Event: a learner votes from now on.
pub const MEMBER_PROMOTED: &str = "MemberPromoted";
/// Event: the group let a member go.
pub const MEMBER_REMOVED: &str = "MemberRemoved";
/// Event: a lost member's place is taken, or was.
pub const MEMBER_REPLACED: &str = "MemberReplaced";
/// Event: the leader was asked to hand over.
pub const LEADERSHIP_MOVED: &str = "LeadershipMoved";
/// Event: a certificate was issued.
pub const CERTIFICATE_ISSUED: &str = "CertificateIssued";
/// Event: a certificate was issued anew.
pub const CERTIFICATE_RENEWED: &str = "CertificateRenewed";
/// Event: the namespace's next authority was made.
pub const AUTHORITY_PREPARED: &str = "AuthorityPrepared";
/// Event: the namespace's new authority signs from now on.
pub const AUTHORITY_SWITCHED: &str = "AuthoritySwitched";
/// Event: the namespace's old authority is not trusted any more.
pub const AUTHORITY_RETIRED: &str = "AuthorityRetired";
/// Event: too few voters answer to decide anything.
pub const QUORUM_LOST: &str = "QuorumLost";
/// Event: there is a leader again, so a quorum works.
pub const QUORUM_REGAINED: &str = "QuorumRegained";
/// Event: nothing is done for the object until somebody helps.
pub const BLOCKED: &str = "Blocked";
/// Event: what blocked the object is gone.
pub const UNBLOCKED: &str = "Unblocked";

/// The states, one word each, that a status and the metrics show.
pub const STATES: &[&str] = &[
    "Creating",
    "Ready",
    "Scaling",
    "Rolling",
    "Repairing",
    "Unavailable",
    "Blocked",
    "Paused",
    "Hibernating",
    "Hibernated",
    "Resuming",
    "Deleting",
];

#[cfg(test)]
mod tests {
    #[test]
    fn every_condition_and_reason_is_in_the_table() {
        let text = include_str!("reasons.rs");
        let table: String = text
            .lines()
            .filter(|line| line.starts_with("//! |"))
            .collect();
        let mut is_event = false;
        let mut told = 0;
        for line in text.lines() {
            if line.starts_with("/// ") {
                is_event = line.starts_with("/// Event:");
            }
            let value = line
                .strip_prefix("pub const ")
                .and_then(|l| l.split('"').nth(1));
            let Some(value) = value.filter(|_| !is_event && line.contains("&str =")) else {
                continue;
            };
            assert!(
                table.contains(&format!("`{value}`")),
                "{value} is not in the table"
            );
            told += 1;
        }
        assert!(told > 20, "only {told} were found");
    }
}
