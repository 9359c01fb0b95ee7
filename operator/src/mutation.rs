//! Deliberate mistakes in planning and acting.

synod_mutation::mutations! {
    "begin-before-founded" => "a first member runs before its claim is noted as a founder's",
    "remove-below-quorum" => "a voter is removed although the others are no quorum",
    "sort-members-as-text" => "member 10 counts as lower than member 2",
    "bootstrap-adopted-claim" => "a claim that was in use starts as if it were empty",
    "roll-past-a-broken-pod" => "the roll goes on although a member is not ready",
    "act-when-deposed" => "a round that is under way when the lease is lost is carried out to its end",
    "lead-after-the-lease" => "a replica that could not renew its lease goes on acting",
    "budget-of-claims-only" => "the disruption budget does not count voters that lost their claims",
    "hibernate-in-a-change" => "members are stopped although a change of members is under way",
    "hibernate-over-a-going-claim" => "a pod is stopped although its claim, and so its data, goes with it",
    "adopt-refused-claims" => "claims of an earlier object are taken over although that is refused",
    "complete-adopted-claims" => "missing first claims of an earlier object are made anew",
    "begin-again-without-claims" => "a group that lost all claims begins anew, empty",
    "begin-on-a-stale-list" => "the first claims are made without asking the API whether there are others",
    "force-delete-on-a-silent-node" => "a pod is force-deleted although its node may still run it",
    "own-protected-claims" => "claims go with their object although it is protected",
    "image-follows-the-operator" => "an object without an image takes the operator's newest default",
    "switch-before-all-trust" => "a new authority signs although somebody does not trust it yet",
    "old-authority-leaves-early" => "an authority is not trusted any more although its certificates are in use",
    "membership-without-id" => "membership calls do not carry the configuration they were decided on",
}
