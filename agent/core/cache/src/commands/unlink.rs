//! `UNLINK key [key ...]`: here the same as `DEL`.

pub(crate) use super::del::run;
