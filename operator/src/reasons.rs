//! The catalogue of condition types, reasons and states. Nothing else is written to a status.

/// Condition: clients are served by as many members as were asked for.
pub const READY: &str = "Ready";
/// Condition: something is being done.
pub const PROGRESSING: &str = "Progressing";
/// Condition: something is wrong that the operator cannot, or must not, mend by itself, or that is being mended.
pub const DEGRADED: &str = "Degraded";
/// Condition: the group has a member that the operator did not add.
pub const FOREIGN_MEMBER: &str = "ForeignMember";

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
/// The object is being deleted.
pub const DELETING: &str = "Deleting";
/// Claims of different clusters carry this object's name.
pub const CLAIMS_DISAGREE: &str = "ClaimsDisagree";
/// An object of the needed name exists and is not ours.
pub const NAME_CONFLICT: &str = "NameConflict";
/// A call to the API or to an agent failed and is repeated.
pub const CALL_FAILED: &str = "CallFailed";
/// The object breaks a rule of its own definition (it was stored before the rule).
pub const INVALID: &str = "Invalid";
/// There is a member that the operator did not add.
pub const UNKNOWN_MEMBER: &str = "UnknownMember";
