//! Why a rule is refused, in the words of Redis.

/// A rule is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RuleError {
    /// There is no such command, or no such category.
    #[error("Unknown command or category name in ACL")]
    Unknown,
    /// It says nothing that can be done.
    #[error("Syntax error")]
    Syntax,
    /// A pattern of keys where all are allowed already.
    #[error(
        "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns"
    )]
    AllKeys,
    /// A pattern of channels where all are allowed already.
    #[error(
        "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels"
    )]
    AllChannels,
    /// A password that is to be removed is not there.
    #[error("The password you are trying to remove from the user does not exist")]
    NoSuchPassword,
    /// This is no hash of a password.
    #[error(
        "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
    )]
    Hash,
    /// An argument of a subcommand cannot be allowed for itself.
    #[error("Allowing first-arg of a subcommand is not supported")]
    FirstArgument,
}
