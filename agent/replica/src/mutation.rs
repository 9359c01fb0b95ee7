//! Deliberate mistakes in the driver, its log and its recovery.

synod_mutation::mutations! {
    "replica-persisted-too-early" => "the core is told that a record is durable when it was only submitted",
    "replica-send-before-persist" => "messages that promise a record leave before it is durable",
    "replica-origins-not-in-snapshot" => "a snapshot lacks the table of applied commands, so a retry applies twice after a restart",
    "replica-no-deduplication" => "a command that was forwarded twice is applied twice",
    "replica-damage-is-torn-tail" => "a damaged log is cut where the damage begins and the member goes on voting",
    "replica-torn-tail-kept" => "recovery goes on behind a torn tail without cutting it off",
    "replica-bootstrap-over-formatted" => "a formatted disk is bootstrapped again",
    "replica-resume-empty-votes" => "a member that lost its disk resumes as if it had promised nothing",
    "replica-unknown-command-skipped" => "a command that this build does not know is passed over",
    "replica-unverified-snapshot" => "a received snapshot is installed without checking its sums",
    "replica-promise-lost-with-segment" => "a log segment is deleted without writing the promise anew",
    "replica-segments-deleted-early" => "log segments are deleted that the newest snapshot does not cover",
    "replica-answer-before-apply" => "a read is answered at once, before its slot is applied",
    "replica-batch-lost" => "recovery passes over the last whole group commit",
    "replica-lead-too-early" => "the machine leads before entries of former ballots are applied",
    "replica-soft-unconfirmed" => "soft requests are answered without confirming leadership",
    "replica-clock-runs-back" => "the replicated clock follows each leader, also backwards",
    "replica-apply-again-after-install" => "after a snapshot was installed the slots before it are applied again",
}
