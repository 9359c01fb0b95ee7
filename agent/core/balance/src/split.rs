//! Dividing requests among groups by weight: a canary's tenth.

use crate::Draws;
use crate::algorithm::random::Alias;

/// Weights of groups. Within a group its own algorithm chooses; that one may follow load, this one follows nothing but weights.
#[derive(Clone, Debug)]
pub struct Split(Option<Alias>);

impl Split {
    /// A split by these weights, in their order.
    #[must_use]
    pub fn new(weights: &[u32]) -> Self {
        let any = weights.iter().any(|weight| *weight > 0);
        Self(any.then(|| Alias::new(weights)))
    }

    /// The place of one, with a probability by its weight; none if no weight is above 0.
    pub fn choose(&self, draws: &mut Draws) -> Option<usize> {
        self.0.as_ref().map(|alias| alias.draw(draws))
    }
}
