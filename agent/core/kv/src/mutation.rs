//! Deliberate mistakes in the store.

synod_mutation::mutations! {
    "kv.watch.skip_on_create" => "a watch that is re-created at a past revision misses the events of that revision",
    "kv.watch.order" => "the events of one batch are handed out with the last two swapped",
    "kv.watch.progress_ahead" => "progress is reported while events wait to be delivered",
    "kv.watch.lose_when_slow" => "a watch that already waits forgets its older events when a newer one arrives",
    "kv.watch.duplicate" => "a batch of events is delivered twice",
    "kv.revision.repeat" => "a delete does not advance the revision, so the next write repeats it",
    "kv.txn.stale_version" => "a transaction compares the second newest version of a key",
    "kv.txn.split_revision" => "the second change of a transaction gets a revision of its own",
    "kv.lease.old_expiry" => "the expiry that an old leader proposed is accepted",
    "kv.lease.no_grace" => "a new leader starts with all leases at their end",
    "kv.lease.keep_alive_ignored" => "a keep-alive is acknowledged and does not renew",
    "kv.lease.delete_keeps" => "a deleted key stays attached to its lease",
    "kv.compact.drops_live" => "compaction drops the version that is still visible",
    "kv.prev_kv.wrong" => "the previous value is the new one",
    "kv.quota.ignored" => "the byte quota is not enforced",
    "kv.renewal.same_revisions" => "the revision does not jump when the state goes on in another group",
    "kv.renewal.past_readable" => "revisions of the group of before stay readable in the one that goes on with its state",
    "kv.fence.ignored" => "older tokens, and what is no token, are written on fences",
    "kv.fence.early" => "fences are kept before all members know them",
    "kv.snapshot.loses_lease" => "a snapshot restores keys without their leases",
}
