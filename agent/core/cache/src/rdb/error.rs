//! What is wrong with bytes that are to be read.

/// What is wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {wrong}")]
pub struct Error {
    /// Where the part begins in which it is.
    pub offset: u64,
    /// What it is.
    pub wrong: Wrong,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// More should follow.
    #[error("the end comes too early")]
    Cut,
    /// There is no length where one should be.
    #[error("this is no length")]
    Length,
    /// A value is of a type that is not known; of a module, maybe.
    #[error("values of type {0} are not known")]
    Type(u8),
    /// A string is compressed in no way that is known.
    #[error("a compressed string is damaged")]
    Compressed,
    /// A collection that is packed in one string is damaged.
    #[error("a packed collection is damaged")]
    Packed,
    /// A score is no number.
    #[error("a score is no number")]
    Score,
    /// A consumer's entry is not among those of its group, or the other way round.
    #[error("what waits in a stream's group, and for whom, does not go together")]
    Pending,
    /// It is not a file of Redis.
    #[error("this is no file of Redis")]
    Magic,
    /// It is of a version that is not known.
    #[error("version {0} is not known")]
    Version(u16),
    /// It has parts of a kind that is not known.
    #[error("parts of kind {0} are not known")]
    Part(u8),
    /// It was damaged on its way.
    #[error("the checksum is another one")]
    Checksum,
}
