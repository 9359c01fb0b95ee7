//! helm's own opinion.

use super::Case;
use crate::{Bed, Failure};

pub(super) fn finds_nothing(bed: &Bed, case: &Case) -> Result<(), Failure> {
    bed.helm.lint(&case.values)
}
