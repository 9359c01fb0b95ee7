//! Redis's scripts and functions: Lua 5.1 in a sandbox, with the libraries that Redis gives.
//!
//! One script's way: [`Scripts`] finds or compiles it, the sandbox runs it with its keys and arguments, `redis.call` asks the
//! [`Host`], and what it returns is encoded into a [`Reply`](synod_cache::reply::Reply).
//!
//! It knows nothing of sockets, keys and threads: what runs a command, says who may, and ends a script that takes too long, is the
//! [`Host`]. It promises that no script does anything but compute and ask its host: there are no files, no processes, no bytecode,
//! memory is bounded, and what nests too deeply is an error. Every text and number is as in Redis 7.2.
//!
//! <https://redis.io/docs/latest/develop/interact/programmability/lua-api/>

mod answer;
mod argument;
mod bit;
mod flags;
mod functions;
mod host;
mod json;
mod msgpack;
mod number;
mod pattern;
mod position;
mod raised;
mod random;
mod redis;
mod reply;
mod run;
mod sandbox;
mod scripts;
mod structs;

pub use flags::Flags;
pub use functions::{Function, Functions, Library, Policy};
pub use host::{Ends, Host, Level};
pub use scripts::{Digest, Script, Scripts, digest, is_digest};

/// As whose scripts' language it presents itself.
pub const VERSION: &str = "7.2.0";
/// The same as a number, a byte for each part.
pub const VERSION_NUMBER: u32 = 0x0007_0200;

/// The most memory that the scripts have together, and the functions have together.
pub const MEMORY_BYTES_MAX: usize = 512 * 1024 * 1024;
/// What nests more deeply is an error, wherever it is turned into something else.
pub(crate) const NESTING_MAX: usize = 2000;
/// A thread that runs scripts needs so much of a stack.
pub const STACK_BYTES_MIN: usize = 16 * 1024 * 1024;
