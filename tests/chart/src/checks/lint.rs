//! helm's own opinion.

use super::Case;
use crate::{Failure, Tools};

pub(super) fn finds_nothing(tools: &Tools, case: &Case) -> Result<(), Failure> {
    tools.helm.lint(&case.values)
}
