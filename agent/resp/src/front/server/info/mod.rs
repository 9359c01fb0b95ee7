//! `INFO [section …]`
//!
//! What Redis tells that has no counterpart here is told as it would be if nothing of it had happened.
//!
//! <https://redis.io/docs/latest/commands/info/>

mod counted;
mod memory;
mod server;
mod text;

use synod_cache::command::Error;

use crate::front::FrontCall;
use text::Text;

pub(super) use memory::{Usage, resident_bytes};

/// A part of what is told.
struct Section {
    name: &'static str,
    title: &'static str,
    /// Whether it is told if nothing is asked for.
    is_usual: bool,
    tell: fn(&mut FrontCall<'_>, &mut Text),
}

const fn section(
    name: &'static str,
    title: &'static str,
    tell: fn(&mut FrontCall<'_>, &mut Text),
) -> Section {
    Section {
        name,
        title,
        is_usual: true,
        tell,
    }
}

const fn unusual(
    name: &'static str,
    title: &'static str,
    tell: fn(&mut FrontCall<'_>, &mut Text),
) -> Section {
    Section {
        is_usual: false,
        ..section(name, title, tell)
    }
}

/// All of them, in their order.
const SECTIONS: &[Section] = &[
    section("server", "Server", server::server),
    section("clients", "Clients", server::clients),
    section("memory", "Memory", memory::memory),
    section("persistence", "Persistence", server::persistence),
    section("stats", "Stats", counted::stats),
    section("replication", "Replication", server::replication),
    section("cpu", "CPU", server::cpu),
    section("modules", "Modules", |_, _| {}),
    unusual("commandstats", "Commandstats", counted::commands),
    section("errorstats", "Errorstats", counted::errors),
    unusual("latencystats", "Latencystats", counted::latencies),
    section("cluster", "Cluster", server::cluster),
    section("keyspace", "Keyspace", counted::keyspace),
];

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let asked = &call.args[1..];
    let is_asked = |names: &[&str]| {
        let is_it = |asked: &&[u8]| {
            let mut names = names.iter();
            names.any(|name| asked.eq_ignore_ascii_case(name.as_bytes()))
        };
        asked.iter().any(is_it)
    };
    let is_all = is_asked(&["all", "everything"]);
    let is_usual = asked.is_empty() || is_asked(&["default"]);
    let mut text = Text::default();
    for section in SECTIONS {
        let is_told = is_all || is_usual && section.is_usual || is_asked(&[section.name]);
        if is_told {
            text.begin(section.title);
            (section.tell)(call, &mut text);
        }
    }
    call.session.reply.verbatim("txt", &text.whole());
    Ok(())
}
