//! Who may do what: users, how one proves to be one, and which commands, keys and channels each may use.
//!
//! It is here and not in the core of the cache, which carries out whatever its caller lets through: who calls is known here alone.
//! It knows no sockets and no clock, and draws no random numbers.
//!
//! <https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/>

mod account;
mod called;
mod commands;
mod error;
mod log;
mod password;
mod selector;
#[cfg(test)]
mod tests;
mod user;

pub(crate) use account::{Account, Accounts, DEFAULT};
pub(crate) use called::Called;
pub(crate) use commands::{categories, category_named};
pub(crate) use log::{Context, Entry, Event, Reason};
pub use password::Password;
pub(crate) use selector::{Denied, Selector, has_spaces};
pub(crate) use user::whole_rules;
