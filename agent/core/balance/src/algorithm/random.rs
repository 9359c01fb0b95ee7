//! Random: the plainest. Each with a probability by its weight, from one draw.
//!
//! The alias method: Walker, "An efficient method for generating discrete random variables with general distributions" (1977), with
//! the table built as Vose has it (1991). O(n) to build, O(1) to draw.

use crate::Draws;
use crate::mutation::mutated;

/// Columns of equal width, each divided between two: its own place below the threshold, another above.
#[derive(Clone, Debug)]
pub(crate) struct Alias(Box<[Column]>);

#[derive(Clone, Copy, Debug)]
struct Column {
    /// In parts of 2³².
    threshold: u32,
    other: u32,
}

impl Alias {
    /// A table of these weights, of which at least one is above 0.
    pub(crate) fn new(weights: &[u32]) -> Self {
        let sum = weights.iter().map(|it| u64::from(*it)).sum::<u64>().max(1);
        let scale = weights.len() as f64 / sum as f64;
        let mut height = weights
            .iter()
            .map(|it| f64::from(*it) * scale)
            .collect::<Vec<_>>();
        let own = |place| Column {
            threshold: u32::MAX,
            other: place,
        };
        let mut columns = (0..weights.len() as u32).map(own).collect::<Vec<_>>();
        let is_low = |height: &[f64], place: u32| height[place as usize] < 1.0;
        let (mut low, mut high) =
            (0..weights.len() as u32).partition::<Vec<_>, _>(|place| is_low(&height, *place));
        while let (Some(small), Some(large)) = (low.pop(), high.last().copied()) {
            let part = height[small as usize];
            columns[small as usize] = Column {
                threshold: (part * f64::from(u32::MAX)) as u32,
                other: large,
            };
            height[large as usize] -= 1.0 - part;
            if is_low(&height, large) {
                high.pop();
                low.push(large);
            }
        }
        // Who is left is whole but for rounding. One of weight 0 is never left: it is low, and the highs have all that it lacks.
        Self(columns.into_boxed_slice())
    }

    /// A place.
    pub(crate) fn draw(&self, draws: &mut Draws) -> usize {
        let bits = draws.bits();
        let place = (((bits >> 32) * self.0.len() as u64) >> 32) as usize;
        let column = self.0[place];
        if (bits as u32) < column.threshold || mutated("alias-threshold") {
            place
        } else {
            column.other as usize
        }
    }
}
