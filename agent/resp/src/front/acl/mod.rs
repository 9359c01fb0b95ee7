//! `ACL`: users, and what they may do.

mod cat;
mod deluser;
mod dryrun;
mod file;
mod genpass;
mod help;
mod log;
mod setuser;
mod users;

use synod_cache::command::Error;

use super::{FrontCall, unknown};

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.spec.name {
        "cat" => cat::run(call),
        "deluser" => deluser::run(call),
        "dryrun" => dryrun::run(call),
        "genpass" => genpass::run(call),
        "getuser" => {
            users::get(call);
            Ok(())
        }
        "help" => {
            help::run(call);
            Ok(())
        }
        "list" => {
            users::list(call);
            Ok(())
        }
        "load" | "save" => Err(file::NONE),
        "log" => log::run(call),
        "setuser" => setuser::run(call),
        "users" => {
            users::names(call);
            Ok(())
        }
        "whoami" => {
            users::whoami(call);
            Ok(())
        }
        _ => Err(unknown(call.args)),
    }
}
