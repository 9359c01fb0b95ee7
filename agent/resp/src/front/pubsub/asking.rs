//! `PUBSUB CHANNELS | NUMPAT | NUMSUB | SHARDCHANNELS | SHARDNUMSUB | HELP`

use synod_cache::command::Error;

use crate::front::{FrontCall, unknown};
use crate::publication::Kind;

const HELP: &[&str] = &[
    "CHANNELS [<pattern>]",
    "    The channels that somebody subscribed to, or those of them with such names.",
    "NUMPAT",
    "    How many patterns somebody subscribed to.",
    "NUMSUB [<channel> ...]",
    "    How many subscribed to each of these channels, those not counted",
    "    who subscribed to a pattern.",
    "SHARDCHANNELS [<pattern>]",
    "    As CHANNELS, of the channels of the shard.",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    As NUMSUB, of the channels of the shard.",
];

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.spec.name {
        "channels" => channels(call, Kind::Channel),
        "shardchannels" => channels(call, Kind::Shard),
        "numsub" => counts(call, Kind::Channel),
        "shardnumsub" => counts(call, Kind::Shard),
        "numpat" => {
            let count = call.shared.subscriptions.pattern_count();
            call.session.reply.count(count);
            Ok(())
        }
        "help" => {
            call.help(HELP);
            Ok(())
        }
        _ => Err(unknown(call.args)),
    }
}

fn channels(call: &mut FrontCall<'_>, kind: Kind) -> Result<(), Error> {
    let pattern = match call.args {
        [_, _] => None,
        [_, _, pattern] => Some(*pattern),
        _ => {
            let subcommand = String::from_utf8_lossy(call.args[1]);
            let words = format!(
                "ERR unknown subcommand or wrong number of arguments for '{subcommand}'. Try PUBSUB HELP."
            );
            return Err(Error::Other(words.into()));
        }
    };
    let names = call.shared.subscriptions.names(kind, pattern);
    let reply = &mut call.session.reply;
    reply.array(names.len());
    names.iter().for_each(|name| reply.bulk(name));
    Ok(())
}

fn counts(call: &mut FrontCall<'_>, kind: Kind) -> Result<(), Error> {
    let names = &call.args[2..];
    let reply = &mut call.session.reply;
    reply.array(2 * names.len());
    for name in names {
        reply.bulk(name);
        reply.count(call.shared.subscriptions.count(kind, name));
    }
    Ok(())
}
