//! Commands as clients give them, and what they are answered.
//!
//! Each script is played at one partition and at several, and what was done is done again at replicas by its effects: they must
//! hold the same.

mod generic;
mod hashes;
mod play;
mod strings;
