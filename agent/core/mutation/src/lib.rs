//! Deliberate mistakes: a checker that was never seen to fail proves nothing.
//!
//! A crate lists its mistakes with [`mutations!`] and asks at their places `mutated("name")`. Without its feature
//! `mutations` the answer is "no" at compile time; with it, a test switches one mistake at a time on with [`switch`].

use std::cell::Cell;

thread_local! {
    static CURRENT: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Switches the mistake of this name on for this thread, in whatever crate it is, and all others off.
pub fn switch(name: Option<&'static str>) {
    CURRENT.set(name);
}

/// True while the mistake of this name is switched on in this thread.
#[must_use]
pub fn is_on(name: &str) -> bool {
    CURRENT.get() == Some(name)
}

/// Lists a crate's mistakes as `"name" => "what it breaks"`, and defines `mutated(name)`.
#[macro_export]
macro_rules! mutations {
    ($($name:literal => $breaks:literal),* $(,)?) => {
        /// Every mistake that can be made here, and what it breaks.
        #[cfg(feature = "mutations")]
        pub const ALL: &[(&str, &str)] = &[$(($name, $breaks)),*];

        /// True if the mistake is to be made now.
        #[cfg(feature = "mutations")]
        pub(crate) fn mutated(name: &str) -> bool {
            debug_assert!(ALL.iter().any(|(known, _)| *known == name), "mutation {name} is not listed");
            $crate::is_on(name)
        }

        /// True if the mistake is to be made now: never, in this build.
        #[cfg(not(feature = "mutations"))]
        #[inline(always)]
        pub(crate) const fn mutated(_name: &str) -> bool {
            false
        }
    };
}
