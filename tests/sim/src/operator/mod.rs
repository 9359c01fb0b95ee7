//! The simulation of the operator: the shipped loop, plans and acts over the shipped embedded API, with pods that are
//! processes of this simulator's worlds. A wrong step of the operator takes a quorum or real data away from real Paxos
//! groups, at which clients write all along. Most seeds are about a ConsensusGroup, others about a LockService, whose clients
//! have sessions, watches and locks (`subject.rs`).
//!
//! One seed is one run on one thread and one line of time: the runtime's clock is paused and moves only when nobody has
//! anything to do. Equal seeds give equal runs: whatever is woken is woken in the order in which it began to wait (`bell.rs`),
//! and every choice is drawn from the seed.
//!
//! | checker | what it demands | file |
//! |---|---|---|
//! | `quorum` | no group falls below its quorum by what operators delete | `checks.rs` |
//! | `data` | no claim of a member is deleted, and none that is to be kept | `checks.rs` |
//! | `membership` | no member is changed by who does not know the configuration | `checks.rs` |
//! | `unseen` | nothing is deleted but what the operator was told of | `checks.rs` |
//! | `deposed` | who was told to stop begins no write | `checks.rs` |
//! | `order` | in calm the highest number leaves first | `checks.rs` |
//! | `foreign objects` | nothing of others is touched | `checks.rs`, `user.rs` |
//! | `one process`, `one cluster` | a disk has one process, and one cluster's | `kubelet.rs`, `checks.rs` |
//! | `configuration` | agents take the configuration that they are given | `kubelet.rs` |
//! | `founding` | a group begins on its founders' disks, and with one list of members | `kubelet.rs`, `checks.rs` |
//! | `recovery` | a group goes on with one survivor only, and only when its quorum is lost | `groups.rs` |
//! | `hibernation` | all members stop only when each is known to be in use | `checks.rs` |
//! | `refused claims` | data that the user refuses is not run | `stage.rs` |
//! | `begun once` | no second cluster begins while the data of the first is kept, none after all of it was lost | `stage.rs`, `acts.rs` |
//! | `budget` | what the disruption budget lets go leaves a quorum | `nemesis.rs` |
//! | `converges` | without faults the object becomes what it says | `acts.rs` |
//! | `silence` | a converged object gets no write | `acts.rs` |
//! | `operator's mistakes` | no look panics | `stage.rs` |
//!
//! And all that the worlds demand of their groups (`crate`): what was acknowledged is there, nobody votes after a loss, no
//! voter is removed below a quorum.

mod acts;
mod bell;
mod bereft;
mod checks;
mod clock;
mod direct;
mod groups;
mod kubelet;
mod line;
pub mod mutation;
mod nemesis;
mod reach;
pub mod report;
mod run;
mod stage;
mod story;
mod subject;
mod user;

pub use run::{Run, run, run_bereft, run_loudly};
