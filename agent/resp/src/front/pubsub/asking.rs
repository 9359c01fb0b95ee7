//! `PUBSUB CHANNELS | NUMPAT | NUMSUB | SHARDCHANNELS | SHARDNUMSUB | HELP`

use synod_cache::command::Error;

use crate::front::{FrontCall, unknown};
use crate::publication::Kind;

/// In the words of Redis.
const HELP: &[&str] = &[
    "CHANNELS [<pattern>]",
    "    Return the currently active channels matching a <pattern> (default: '*').",
    "NUMPAT",
    "    Return number of subscriptions to patterns.",
    "NUMSUB [<channel> ...]",
    "    Return the number of subscribers for the specified channels, excluding",
    "    pattern subscriptions(default: no channels).",
    "SHARDCHANNELS [<pattern>]",
    "    Return the currently active shard level channels matching a <pattern> (default: '*').",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Return the number of subscribers for the specified shard level channel(s)",
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
