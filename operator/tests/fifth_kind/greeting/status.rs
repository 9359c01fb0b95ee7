//! What is told about a Greeting.

use synod_operator::observe::Failure;

use crate::greeting_type::{Greeting, GreetingStatus};

/// The status as it should read.
pub(super) fn status(greeting: &Greeting, failure: Option<&Failure>, done: bool) -> GreetingStatus {
    let state = match (failure, done) {
        (Some(_), _) => "Blocked",
        (None, true) => "Ready",
        (None, false) => "Creating",
    };
    GreetingStatus {
        observed_generation: greeting.metadata.generation,
        state: Some(state.to_owned()),
        message: failure.map(|failure| failure.reason.to_owned()),
    }
}
