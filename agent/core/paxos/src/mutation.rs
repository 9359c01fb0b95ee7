//! Deliberate mistakes in the protocol.

synod_mutation::mutations! {
    "paxos-forget-promise" => "a promise is answered and not written",
    "paxos-own-vote-before-fsync" => "a leader counts its own acceptance before it is durable",
    "paxos-reuse-ballot" => "a candidate stands again in a ballot it used before",
    "paxos-accept-gap" => "an acceptor appends entries that do not follow its log",
    "paxos-lease-without-margin" => "a leader trusts its lease without subtracting clock drift",
    "paxos-lease-over-restart" => "a restarted acceptor promises at once, though it may have granted a lease",
    "paxos-lease-from-receipt" => "a lease counts from the answer, not from the asking",
    "paxos-shortest-log-wins" => "a candidate ignores the suffix of its best promiser",
    "paxos-duplicate-sync-truncates" => "a repeated Sync cuts what was accepted after it",
    "paxos-minority-decides" => "one acceptance too few chooses an entry",
    "paxos-read-unconfirmed" => "a leader answers reads without asking a quorum",
    "paxos-read-before-own-entry" => "a new leader answers reads before it chose an entry of its own",
    "paxos-change-undrained" => "a configuration is proposed with entries in flight, which go on under the old one",
    "paxos-remove-below-quorum" => "a voter is removed though those that remain are no live quorum",
    "paxos-amnesiac-votes" => "a member that lost its promises promises and accepts",
    "paxos-stale-configuration" => "messages of an older configuration are not refused",
    "paxos-learn-keeps-conflicting-suffix" => "a suffix that contradicts learned entries is kept",
}
