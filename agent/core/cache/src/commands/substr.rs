//! `SUBSTR key start end`, as `GETRANGE` was called before.

pub(crate) use super::getrange::run;
