//! `ACL LOG [count | RESET]`: what users were denied.

use synod_cache::command::Error;
use synod_cache::integer;
use synod_cache::reply::Reply;

use crate::acl::Entry;
use crate::front::FrontCall;

/// So many entries are shown if nothing else is said.
const SHOWN: usize = 10;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let count = match &call.args[2..] {
        [] => SHOWN,
        [word] if word.eq_ignore_ascii_case(b"reset") => {
            call.shared.accounts.log().clear();
            call.session.reply.ok();
            return Ok(());
        }
        [count] => {
            let count = integer(count).ok_or(Error::NotInteger)?;
            usize::try_from(count).unwrap_or(0)
        }
        _ => return Err(Error::subcommand_syntax(call.args)),
    };
    let entries: Vec<Entry> = {
        let log = call.shared.accounts.log();
        log.entries().take(count).cloned().collect()
    };
    call.session.reply.array(entries.len());
    for entry in &entries {
        answer(&mut call.session.reply, entry, call.now);
    }
    Ok(())
}

fn answer(reply: &mut Reply, entry: &Entry, now: i64) {
    let event = &entry.event;
    reply.map(10);
    reply.bulk(b"count");
    reply.integer(entry.count.cast_signed());
    let texts: [(&str, &[u8]); 4] = [
        ("reason", event.reason.name().as_bytes()),
        ("context", event.context.name().as_bytes()),
        ("object", &event.object),
        ("username", &event.user),
    ];
    for (name, text) in texts {
        reply.bulk(name.as_bytes());
        reply.bulk(text);
    }
    reply.bulk(b"age-seconds");
    reply.double(now.saturating_sub(entry.last) as f64 / 1000.0);
    reply.bulk(b"client-info");
    reply.bulk(event.client.as_bytes());
    for (name, number) in [
        ("entry-id", entry.id.cast_signed()),
        ("timestamp-created", entry.first),
        ("timestamp-last-updated", entry.last),
    ] {
        reply.bulk(name.as_bytes());
        reply.integer(number);
    }
}
