//! Logs of commands, as Redis writes them with `appendonly`: read here, to take over what another server has.
//!
//! Since Redis 7.0 such a log is several files that a [`Manifest`] names; before that it was one, perhaps with a file of `SAVE` at its
//! beginning. Each of them goes through a [`Replay`].
//!
//! <https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/>

mod manifest;
mod replay;

pub use manifest::{Manifest, ManifestError};
pub use replay::{Failed, Failure, Replay, Replayed};
