//! Deliberate mistakes in what is kept.

synod_mutation::mutations! {
    "cachestore-reply-before-sync" => "a reply leaves before what it shows is synced",
    "cachestore-cut-forgets-partition" => "a snapshot lacks the last partition, and the log before it goes",
    "cachestore-cut-unsettled" => "a snapshot counts though the log up to its pins is not synced",
    "cachestore-transaction-in-pieces" => "what was done to several partitions at once is a record for each",
    "cachestore-segments-deleted-early" => "segments of the log go before the snapshot that stands for them is durable",
    "cachestore-replays-what-the-snapshot-has" => "records before the snapshot's numbers are applied again",
}
