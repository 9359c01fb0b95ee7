//! Deliberate mistakes in planning and acting.

synod_mutation::mutations! {
    "begin-before-founded" => "a first member runs before its claim is noted as a founder's",
    "remove-below-quorum" => "a voter is removed although the others are no quorum",
    "sort-members-as-text" => "member 10 counts as lower than member 2",
    "bootstrap-adopted-claim" => "a claim that was in use starts as if it were empty",
    "roll-past-a-broken-pod" => "the roll goes on although a member is not ready",
    "lead-after-the-lease" => "a replica that could not renew its lease goes on acting",
    "membership-without-id" => "membership calls do not carry the configuration they were decided on",
}
