//! Mistakes that tests switch on to see that they are caught. Compiled in under the feature `mutations` only.

#[cfg(feature = "mutations")]
use std::cell::Cell;

#[cfg(feature = "mutations")]
thread_local! {
    static CURRENT: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Every mistake as (name, what it breaks).
#[cfg(feature = "mutations")]
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
#[cfg(feature = "mutations")]
pub fn set(name: Option<&'static str>) {
    CURRENT.with(|current| current.set(name));
}

/// Whether the mistake `name` is switched on.
#[cfg(feature = "mutations")]
pub(crate) fn mutated(name: &str) -> bool {
    CURRENT.with(|current| current.get() == Some(name))
}

/// Whether the mistake `name` is switched on: never, in this build.
#[cfg(not(feature = "mutations"))]
#[inline]
pub(crate) const fn mutated(_name: &str) -> bool {
    false
}
