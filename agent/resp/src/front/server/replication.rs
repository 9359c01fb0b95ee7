//! `ROLE`, `REPLCONF`, and what of replication is refused: who replicates what is decided around this server, not by its clients.

use synod_cache::command::Error;

use crate::front::FrontCall;

pub(super) fn role(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let reply = &mut call.session.reply;
    reply.array(3);
    reply.bulk(b"master");
    reply.integer(0);
    reply.array(0);
    Ok(())
}

/// `REPLCONF [option value …]`: options are taken, as long as they are known, and nothing comes of them.
pub(super) fn replconf(call: &mut FrontCall<'_>) -> Result<(), Error> {
    const KNOWN: [&str; 7] = [
        "listening-port",
        "ip-address",
        "capa",
        "ack",
        "getack",
        "rdb-only",
        "rdb-filter-only",
    ];
    let options = call.args[1..].chunks(2);
    if options.clone().any(|option| option.len() < 2) {
        return Err(Error::Syntax);
    }
    let is_known = |name: &[u8]| {
        let mut known = KNOWN.iter();
        known.any(|it| name.eq_ignore_ascii_case(it.as_bytes()))
    };
    for option in options {
        if !is_known(option[0]) {
            let name = String::from_utf8_lossy(option[0]).into_owned();
            return Err(Error::Other(
                format!("ERR Unrecognized REPLCONF option: {name}").into(),
            ));
        }
    }
    call.session.reply.ok();
    Ok(())
}

/// As Redis refuses it where a cluster decides of it.
pub(super) fn refuse(call: &FrontCall<'_>) -> Result<(), Error> {
    let name = call.command().to_uppercase();
    let name = if name == "SLAVEOF" {
        "REPLICAOF"
    } else {
        &name
    };
    Err(Error::Other(
        format!("ERR {name} not allowed in cluster mode.").into(),
    ))
}
