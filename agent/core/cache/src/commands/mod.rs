//! What commands do, one in a file.

pub(crate) mod get;
pub(crate) mod hdel;
pub(crate) mod hget;
pub(crate) mod hgetall;
pub(crate) mod hset;
pub(crate) mod set;
pub(crate) mod xack;
pub(crate) mod xadd;
pub(crate) mod xautoclaim;
pub(crate) mod xclaim;
pub(crate) mod xdel;
pub(crate) mod xgroup;
pub(crate) mod xinfo;
pub(crate) mod xlen;
pub(crate) mod xpending;
pub(crate) mod xrange;
pub(crate) mod xread;
pub(crate) mod xreadgroup;
pub(crate) mod xrevrange;
pub(crate) mod xsetid;
pub(crate) mod xtrim;
