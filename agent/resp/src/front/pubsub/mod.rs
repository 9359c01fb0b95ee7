//! Commands for messages between clients.

mod asking;

use synod_cache::command::Error;
use synod_cache::reply::Reply;

use super::{FrontCall, unknown};
use crate::publication::{Kind, Publication};

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.command() {
        "publish" => publish(call, false),
        "spublish" => publish(call, true),
        "subscribe" => subscribe(call, Kind::Channel),
        "psubscribe" => subscribe(call, Kind::Pattern),
        "ssubscribe" => subscribe(call, Kind::Shard),
        "unsubscribe" => unsubscribe(call, Kind::Channel),
        "punsubscribe" => unsubscribe(call, Kind::Pattern),
        "sunsubscribe" => unsubscribe(call, Kind::Shard),
        "pubsub" => return asking::run(call),
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}

fn publish(call: &mut FrontCall<'_>, is_of_shard: bool) {
    let publication = Publication {
        is_of_shard,
        channel: call.args[1].into(),
        text: call.args[2].into(),
    };
    let shared = call.shared;
    let receivers = shared.subscriptions.publish(publication, &shared.mailboxes);
    if receivers > 0 {
        call.session.told_others(shared);
    }
    call.session.reply.count(receivers);
}

fn subscribe(call: &mut FrontCall<'_>, kind: Kind) {
    for name in &call.args[1..] {
        call.session.subscribe(kind, name, call.shared);
        confirm(call, kind, true, Some(name));
    }
}

/// From these channels, or from all.
fn unsubscribe(call: &mut FrontCall<'_>, kind: Kind) {
    for name in &call.args[1..] {
        call.session.unsubscribe(kind, name, call.shared);
        confirm(call, kind, false, Some(name));
    }
    if call.args.len() > 1 {
        return;
    }
    let listening = call.session.listening.as_ref();
    let names = listening.map(|listening| listening.of(kind).clone());
    let names = names.unwrap_or_default();
    if names.is_empty() {
        confirm(call, kind, false, None);
    }
    for name in names {
        call.session.unsubscribe(kind, &name, call.shared);
        confirm(call, kind, false, Some(&name));
    }
}

/// Answers that it was done, and how many subscriptions there are now.
fn confirm(call: &mut FrontCall<'_>, kind: Kind, subscribed: bool, name: Option<&[u8]>) {
    let listening = call.session.listening.as_ref();
    let count = listening.map_or(0, |listening| listening.count(kind));
    let reply: &mut Reply = &mut call.session.reply;
    reply.push(3);
    reply.bulk(match (kind, subscribed) {
        (Kind::Channel, true) => b"subscribe",
        (Kind::Channel, false) => b"unsubscribe",
        (Kind::Pattern, true) => b"psubscribe",
        (Kind::Pattern, false) => b"punsubscribe",
        (Kind::Shard, true) => b"ssubscribe",
        (Kind::Shard, false) => b"sunsubscribe",
    });
    match name {
        Some(name) => reply.bulk(name),
        None => reply.null(),
    }
    reply.count(count);
}
