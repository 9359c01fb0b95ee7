//! `FUNCTION STATS`

use synod_cache::command::Error;

use super::super::FrontCall;
use crate::scripting::About;

pub(super) fn stats(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let scripting = &call.shared.scripting;
    let reply = &mut call.session.reply;
    match scripting.engine() {
        Ok(_) => {
            reply.map(2);
            reply.bulk(b"running_script");
            reply.null();
        }
        Err(busy) if !busy.is_function() => return Err(busy.into()),
        Err(_) => scripting.with_about(|about| {
            reply.map(2);
            reply.bulk(b"running_script");
            match about {
                Some(about) => running(about, reply),
                None => reply.null(),
            }
        }),
    }
    let [libraries, functions] = scripting.counts();
    reply.bulk(b"engines");
    reply.map(1);
    reply.bulk(b"LUA");
    reply.map(2);
    reply.bulk(b"libraries_count");
    reply.count(libraries);
    reply.bulk(b"functions_count");
    reply.count(functions);
    Ok(())
}

fn running(about: &About, reply: &mut synod_cache::reply::Reply) {
    reply.map(3);
    reply.bulk(b"name");
    reply.bulk(&about.name);
    reply.bulk(b"command");
    reply.array(about.command.len());
    for argument in &about.command {
        reply.bulk(argument);
    }
    reply.bulk(b"duration_ms");
    let passed = about.since.elapsed().as_millis();
    reply.integer(i64::try_from(passed).unwrap_or(i64::MAX));
}
