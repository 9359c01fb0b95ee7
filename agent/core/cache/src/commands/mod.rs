//! What commands do, one in a file.

pub(crate) mod get;
pub(crate) mod hdel;
pub(crate) mod hget;
pub(crate) mod hgetall;
pub(crate) mod hset;
pub(crate) mod set;
