//! A real Kubernetes for tests: clusters of several nodes made by kind, and what is done to their nodes.
//!
//! A bed is a cluster with a name. [`Bed::up`] makes one, [`Bed::find`] returns the one that is up, [`Bed::down`]
//! removes it with everything that belongs to it. Where a Docker engine answers, that makes the nodes, from kind's own
//! images where they can be had. Where none answers, the bed unpacks Debian's and runs it in namespaces of its own; where
//! no image can be had, it makes one of Debian's packages and of programs built from Go modules.
//!
//! Promises:
//! - Several beds can be up on one machine under different names; the lock of `up` and `down` is one for all.
//! - With an engine of its own, everything that a bed starts, mounts and links is in its namespaces, below one cgroup and
//!   in one folder, so that `down` takes all of it away, also after an `up` that was killed.
//! - Nothing of a bed is kept from one `up` to the next but what can be made again: unpacked packages and node images,
//!   in the cache, each in a folder named for what it was made from.
//!
//! A test that was started by `cargo xtask` finds the bed by its name and works inside its network:
//!
//! ```no_run
//! # fn test() -> Result<(), synod_bed::Failure> {
//! use synod_bed::{Bed, Fault, process};
//!
//! let bed = Bed::find("synod")?;
//! process::run(bed.kubectl("apply").args(["-f", "crds/examples/quickstart.yaml"]))?;
//! bed.inject("synod-worker", &Fault::Kill)?;
//! # Ok(())
//! # }
//! ```
//!
//! It knows nothing of what is tested in the cluster. It builds no program: whoever calls hands in a folder of them
//! ([`Programs`]).

pub mod apt;
mod bed;
pub mod checks;
mod cluster;
mod down;
mod engine;
mod fault;
mod groups;
mod image;
pub mod inventory;
mod kernel;
mod network;
mod packages;
pub mod place;
pub mod process;
mod programs;
mod release;
mod space;
mod up;

pub use bed::{BUSYBOX, Bed};
pub use fault::{Direction, Fault};
pub use image::kinds_own_is_there;
pub use programs::Programs;
pub use release::Release;
pub use up::Options;

/// What went wrong, in words for the person at the terminal.
pub type Failure = String;

/// A part of [`Bed::up`] that takes its time.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// What it does, in a few words.
    pub name: &'static str,
    /// How long that takes on two cores when nothing is cached; with a cache it is seconds.
    pub cold: &'static str,
}

/// Who tells the person at the terminal how far it is.
pub trait Progress {
    /// Carries out `work`, which is the stage that [`STAGES`] names next.
    ///
    /// # Errors
    /// Those of `work`.
    fn run<T>(&mut self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure>;

    /// Something that a person should know, such as what is used in place of what.
    fn say(&mut self, words: &str);
}

/// What [`Bed::up`] does, in order.
pub const STAGES: [Stage; 6] = [
    stage("find or unpack a Docker engine", "20 s"),
    stage("find or make the nodes' Debian", "1 min"),
    stage("images of what runs in the cluster", "40 s"),
    stage("find or make the node image", "1 min"),
    stage("make the cluster", "45 s"),
    stage("wait for the add-ons", "20 s"),
];

const fn stage(name: &'static str, cold: &'static str) -> Stage {
    Stage { name, cold }
}
