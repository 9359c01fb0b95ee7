//! A data directory and its files, as the byte-level [`synod_replica::Disk`] of those who keep logs in it.
//!
//! [`Files`] carries operations out; who waits for them, and in which thread, is its owner's choice: [`DirectDisk`] is for one that
//! has a thread of its own for it. It knows nothing of what the files hold.

mod direct;
mod directory;
mod files;

pub use direct::DirectDisk;
pub use directory::{DataDirectory, DirectoryError};
pub use files::{Files, read_file};
