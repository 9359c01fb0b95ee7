//! `COMMAND DOCS [command …]`

use synod_cache::reply::Reply;

use super::commands;
use super::info::names;
use crate::acl::Called;
use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>) {
    let named: Vec<_> = match &call.args[2..] {
        [] => commands().collect(),
        names => names.iter().filter_map(|it| Called::by_name(it)).collect(),
    };
    let reply = &mut call.session.reply;
    reply.map(named.len());
    named.iter().for_each(|called| command(reply, called));
}

/// The name of a command, and what is said of it.
fn command(reply: &mut Reply, called: &Called) {
    let spec = called.spec;
    let subcommands = if called.is_subcommand() {
        &[]
    } else {
        spec.subcommands
    };
    let is_deprecated = spec.deprecated.is_some();
    let flags = [
        (is_deprecated, "deprecated"),
        (spec.is_for_the_system, "syscmd"),
    ];
    let flags = flags
        .into_iter()
        .filter_map(|(is, name)| is.then_some(name));
    let more = [
        flags.clone().count() > 0,
        is_deprecated,
        is_deprecated,
        !subcommands.is_empty(),
    ];
    reply.bulk(called.full_name().as_bytes());
    reply.map(3 + more.iter().filter(|more| **more).count());
    text(reply, "summary", spec.summary.trim_end_matches('.'));
    text(reply, "since", spec.since);
    text(reply, "group", spec.group);
    if more[0] {
        reply.bulk(b"doc_flags");
        names(reply, flags);
    }
    if let Some((since, instead)) = spec.deprecated {
        text(reply, "deprecated_since", since);
        text(reply, "replaced_by", instead);
    }
    if !subcommands.is_empty() {
        reply.bulk(b"subcommands");
        reply.map(subcommands.len());
        let subcommands = Called::all_of(called.command).skip(1);
        subcommands.for_each(|it| command(reply, &it));
    }
}

fn text(reply: &mut Reply, name: &str, text: &str) {
    reply.bulk(name.as_bytes());
    reply.bulk(text.as_bytes());
}
