//! Why bytes are not what they should be.

/// Bytes that are no such record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} at byte {offset} of the frame: {why}")]
pub struct DecodeError {
    /// What was being read, as `Record.field`.
    pub field: &'static str,
    /// Where it begins, in bytes from the frame's first byte after the length.
    pub offset: usize,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The frame ends before the field does.
    #[error("needs {needed} bytes, and {remaining} are left")]
    Short {
        /// Bytes that the field takes.
        needed: usize,
        /// Bytes that are left of the frame.
        remaining: usize,
    },
    /// A length or count that is negative and not the -1 that stands for null.
    #[error("a length of {0}")]
    Negative(i32),
    /// A count of more elements than the rest of the frame can hold.
    #[error("{count} elements, and {remaining} bytes are left")]
    TooMany {
        /// Elements that are claimed.
        count: usize,
        /// Bytes that are left of the frame.
        remaining: usize,
    },
    /// Null where ZooKeeper fails on null.
    #[error("null")]
    Null,
    /// A number that stands for nothing here.
    #[error("{0} stands for nothing")]
    Unknown(i32),
    /// Reads and writes in one multi.
    #[error("reads and writes in one multi")]
    Mixed,
}
