//! Eviction policies.
//!
//! <https://redis.io/docs/latest/develop/reference/eviction/>

/// Which keys go first when memory is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// None: what needs memory is refused.
    NoEviction,
    /// Those that were not used for longest.
    AllKeysLru,
    /// Those that are used most rarely.
    AllKeysLfu,
    /// Any.
    AllKeysRandom,
    /// Of those that expire, those that were not used for longest.
    VolatileLru,
    /// Of those that expire, those that are used most rarely.
    VolatileLfu,
    /// Any that expires.
    VolatileRandom,
    /// Those that expire soonest.
    VolatileTtl,
    /// Those that were used most rarely lately, as far as is known, also of the time when they were gone; of those that are alike the
    /// ones that were not used for longest. See `sketch`.
    Auto,
}

/// By what keys are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ranked {
    /// Not at all.
    Never,
    /// How long ago they were used.
    Idle,
    /// How often they are used.
    Rare,
    /// How often they are used, and were when they were gone.
    Remembered,
    /// How soon they expire.
    Soon,
    /// Any is as good as another.
    Alike,
}

const ALL: [Policy; 9] = [
    Policy::NoEviction,
    Policy::AllKeysLru,
    Policy::AllKeysLfu,
    Policy::AllKeysRandom,
    Policy::VolatileLru,
    Policy::VolatileLfu,
    Policy::VolatileRandom,
    Policy::VolatileTtl,
    Policy::Auto,
];

impl Policy {
    /// As `maxmemory-policy` names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoEviction => "noeviction",
            Self::AllKeysLru => "allkeys-lru",
            Self::AllKeysLfu => "allkeys-lfu",
            Self::AllKeysRandom => "allkeys-random",
            Self::VolatileLru => "volatile-lru",
            Self::VolatileLfu => "volatile-lfu",
            Self::VolatileRandom => "volatile-random",
            Self::VolatileTtl => "volatile-ttl",
            Self::Auto => "auto",
        }
    }

    /// The policy of this name, in whatever letters.
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Self> {
        ALL.into_iter()
            .find(|policy| name.eq_ignore_ascii_case(policy.name().as_bytes()))
    }

    pub(crate) const fn ranked(self) -> Ranked {
        match self {
            Self::NoEviction => Ranked::Never,
            Self::AllKeysLru | Self::VolatileLru => Ranked::Idle,
            Self::AllKeysLfu | Self::VolatileLfu => Ranked::Rare,
            Self::Auto => Ranked::Remembered,
            Self::AllKeysRandom | Self::VolatileRandom => Ranked::Alike,
            Self::VolatileTtl => Ranked::Soon,
        }
    }

    /// Whether keys count how often they are used, and not when they were used last.
    pub(crate) const fn counts_uses(self) -> bool {
        matches!(self.ranked(), Ranked::Rare)
    }

    /// Whether only keys go that expire anyway.
    pub(crate) const fn is_volatile(self) -> bool {
        matches!(
            self,
            Self::VolatileLru | Self::VolatileLfu | Self::VolatileRandom | Self::VolatileTtl
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_have_names() {
        for policy in ALL {
            assert_eq!(Policy::named(policy.name().as_bytes()), Some(policy));
            assert_eq!(
                Policy::named(policy.name().to_uppercase().as_bytes()),
                Some(policy)
            );
        }
        assert_eq!(Policy::named(b"lru"), None);
    }
}
