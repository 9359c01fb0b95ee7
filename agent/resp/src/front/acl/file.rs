//! `ACL LOAD` and `ACL SAVE`: there is no file of users.

use synod_cache::command::Error;

pub(super) const NONE: Error = Error::text(
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.",
);
