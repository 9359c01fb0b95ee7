//! Commands for messages between clients.

use super::spec::{KeySpec, KeyUses, Spec, Traits, range};

/// What those do that begin to listen, or end it.
const LISTENS: [Traits; 4] = [
    Traits::PUBSUB,
    Traits::NOSCRIPT,
    Traits::LOADING,
    Traits::STALE,
];

const PUBLISHES: [Traits; 4] = [Traits::PUBSUB, Traits::LOADING, Traits::STALE, Traits::FAST];

/// Channels of shards are in slots, as keys are.
const CHANNELS: &[KeySpec] = &[range(&[KeyUses::NOT_KEY], 1, -1, 1)];
const CHANNEL: &[KeySpec] = &[range(&[KeyUses::NOT_KEY], 1, 0, 1)];

/// They.
pub(super) const ROWS: &[Spec] = &[
    subscribing("psubscribe", -2).about(
        "pubsub",
        "2.0.0",
        "From now on the client is sent what is published in channels of these patterns.",
    ),
    Spec::front("publish", 3).flags(&PUBLISHES).about(
        "pubsub",
        "2.0.0",
        "Sends a message to all in a channel.",
    ),
    Spec::container("pubsub", PUBSUB).about("pubsub", "2.8.0", "Which channels there are."),
    subscribing("punsubscribe", -1).about("pubsub", "2.0.0", "Ends what PSUBSCRIBE began."),
    Spec::front("spublish", 3)
        .flags(&PUBLISHES)
        .keys(CHANNEL)
        .about(
            "pubsub",
            "7.0.0",
            "Sends a message to all in a channel of a shard.",
        ),
    subscribing("ssubscribe", -2).keys(CHANNELS).about(
        "pubsub",
        "7.0.0",
        "From now on the client is sent what is published in these channels of a shard.",
    ),
    subscribing("subscribe", -2).about(
        "pubsub",
        "2.0.0",
        "From now on the client is sent what is published in these channels.",
    ),
    subscribing("sunsubscribe", -1).keys(CHANNELS).about(
        "pubsub",
        "7.0.0",
        "Ends what SSUBSCRIBE began.",
    ),
    subscribing("unsubscribe", -1).about("pubsub", "2.0.0", "Ends what SUBSCRIBE began."),
];

const PUBSUB: &[Spec] = &[
    asking("channels", -2).about(
        "pubsub",
        "2.8.0",
        "The channels that somebody is in, or those of a pattern.",
    ),
    Spec::front("help", 2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .about("pubsub", "6.2.0", "How the subcommands are called."),
    asking("numpat", 2).about("pubsub", "2.8.0", "How many patterns there are."),
    asking("numsub", -2).about("pubsub", "2.8.0", "How many are in each of these channels."),
    asking("shardchannels", -2).about(
        "pubsub",
        "7.0.0",
        "The channels of the shard that somebody is in, or those of a pattern.",
    ),
    asking("shardnumsub", -2).about(
        "pubsub",
        "7.0.0",
        "How many are in each of these channels of the shard.",
    ),
];

const fn subscribing(name: &'static str, arity: isize) -> Spec {
    Spec::front(name, arity).flags(&LISTENS)
}

const fn asking(name: &'static str, arity: isize) -> Spec {
    Spec::front(name, arity).flags(&[Traits::PUBSUB, Traits::LOADING, Traits::STALE])
}
