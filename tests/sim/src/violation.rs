//! A broken promise: raised where it is noticed, caught where the run began.

use std::any::Any;
use std::fmt;

/// What was broken and the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The checker that noticed.
    pub checker: &'static str,
    /// The evidence.
    pub evidence: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.checker, self.evidence)
    }
}

impl Violation {
    /// Ends the run: unwinds to [`Violation::from_panic`].
    pub fn raise(checker: &'static str, evidence: String) -> ! {
        std::panic::panic_any(Self { checker, evidence })
    }

    /// What a run's panic means: a violation found by a checker, or an assertion of the shipped code.
    #[must_use]
    pub fn from_panic(payload: &(dyn Any + Send), place: Option<String>) -> Self {
        if let Some(violation) = payload.downcast_ref::<Self>() {
            return violation.clone();
        }
        let words = payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned()))
            .unwrap_or_else(|| "panic without words".to_owned());
        Self {
            checker: "invariants",
            evidence: match place {
                Some(place) => format!("{words} (at {place})"),
                None => words,
            },
        }
    }
}

/// Raises a [`Violation`] of checker `$checker` unless `$holds`; the rest is the evidence, formatted.
#[macro_export]
macro_rules! demand {
    ($checker:expr, $holds:expr, $($evidence:tt)+) => {
        if !$holds {
            $crate::Violation::raise($checker, format!($($evidence)+));
        }
    };
}
