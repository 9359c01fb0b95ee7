//! Mistakes that tests switch on to see that they are caught. Compiled in under the feature `mutations` only.

/// Deliberate mistakes of this crate.
#[cfg(feature = "mutations")]
pub mod mutation {
    use std::cell::Cell;

    thread_local! {
        static CURRENT: Cell<Option<&'static str>> = const { Cell::new(None) };
    }

    /// Every mistake as (name, what it breaks).
    pub const ALL: &[(&str, &str)] = &[
        (
            "remove-below-quorum",
            "a voter is removed although the others are no quorum",
        ),
        (
            "sort-members-as-text",
            "member 10 counts as lower than member 2",
        ),
        (
            "bootstrap-adopted-claim",
            "a claim that was in use starts as if it were empty",
        ),
        (
            "roll-past-a-broken-pod",
            "the roll goes on although a member is not ready",
        ),
        (
            "membership-without-id",
            "membership calls do not carry the configuration they were decided on",
        ),
    ];

    /// Switches one mistake on, or all off, for this thread.
    pub fn set(name: Option<&'static str>) {
        CURRENT.with(|current| current.set(name));
    }

    pub(super) fn is(name: &str) -> bool {
        CURRENT.with(|current| current.get() == Some(name))
    }
}

/// Whether the mistake `name` is switched on.
#[cfg(feature = "mutations")]
pub(crate) fn mutated(name: &str) -> bool {
    mutation::is(name)
}

/// Whether the mistake `name` is switched on: never, in this build.
#[cfg(not(feature = "mutations"))]
#[inline]
pub(crate) const fn mutated(_name: &str) -> bool {
    false
}
