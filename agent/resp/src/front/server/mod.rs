//! Commands about the server.

mod command;
mod config;
mod debug;
mod info;
mod latency;
mod lolwut;
mod memory;
mod monitor;
mod replication;
mod shutdown;
mod slowlog;
mod time;

use synod_cache::command::Error;

use super::{FrontCall, unknown};

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.command() {
        "acl" => super::acl::run(call),
        "bgrewriteaof" | "bgsave" | "lastsave" | "save" => super::persistence::run(call),
        "command" => command::run(call),
        "config" => config::run(call),
        "debug" => debug::run(call),
        "failover" | "psync" | "replicaof" | "slaveof" | "sync" => replication::refuse(call),
        "info" => info::run(call),
        "latency" => latency::run(call),
        "lolwut" => lolwut::run(call),
        "memory" => memory::run(call),
        "monitor" => monitor::run(call),
        "replconf" => replication::replconf(call),
        "role" => replication::role(call),
        "shutdown" => shutdown::run(call),
        "slowlog" => slowlog::run(call),
        "time" => time::run(call),
        _ => Err(unknown(call.args)),
    }
}
