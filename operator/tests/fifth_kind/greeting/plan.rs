//! What is to be done for a Greeting.

use synod_operator::action::{Action, Seen};

use super::{Found, objects};
use crate::greeting_type::Greeting;

/// Makes the card, or brings it to its form.
pub(super) fn plan(greeting: &Greeting, card: Found<'_>) -> Vec<Action> {
    if greeting.metadata.deletion_timestamp.is_some() {
        return Vec::new();
    }
    let wanted = objects::card(greeting);
    match card {
        None => vec![Action::Create(wanted)],
        Some(found) if found.satisfies(&wanted) => Vec::new(),
        Some(found) => vec![Action::Apply {
            seen: Seen::of(found),
            object: wanted,
        }],
    }
}
