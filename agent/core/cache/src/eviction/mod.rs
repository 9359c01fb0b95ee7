//! Which keys are to go when memory is short, and what is noted of each key's use for it.

mod access;
mod policy;
mod pool;
mod sketch;

pub(crate) use access::Access;
pub use policy::Policy;
pub(crate) use policy::Ranked;
pub(crate) use pool::{Candidate, Pool};
pub(crate) use sketch::{COUNT_MAX, Sketch};

/// What is settled about the use of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `maxmemory-policy`
    pub policy: Policy,
    /// `maxmemory-samples`: how many keys are looked at for each that goes
    pub samples: usize,
    /// `lfu-log-factor`: the larger, the more uses it takes to count on
    pub lfu_log_factor: u32,
    /// `lfu-decay-time`, in minutes: after each of these without use the count is one less; 0: never
    pub lfu_decay_minutes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy: Policy::NoEviction,
            samples: 5,
            lfu_log_factor: 10,
            lfu_decay_minutes: 1,
        }
    }
}
