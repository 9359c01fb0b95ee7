//! The deliberate mistakes of this crate, and how they reach its threads.

synod_mutation::mutations! {
    "two-lengths" => "a length beside a coding is overlooked",
    "control-in-value" => "a header's value may have CR and NUL in it",
    "folded-field" => "a folded line is taken for a header",
    "hop-stays-not" => "headers of a hop go on",
    "strangers-believed" => "whatever a client says of the way is believed",
    "spoiled-reused" => "a connection with something left serves the next client",
    "post-repeated" => "what may not be done twice is",
    "slow-client-blames" => "a backend pays for clients that do not read",
    "deserted-goes-on" => "a backend is waited for when its client is gone",
    "retries-free" => "retries cost nothing",
    "head-has-body" => "the answer to HEAD is waited for as if it had a body",
    "answer-in-answer" => "an error of the proxy's is put into the middle of an answer",
    "unused-in-the-way" => "an unused connection keeps a request from its backend",
    "others-kept-out" => "one thread's unused connections keep another thread's requests from the backend",
    "full-blamed" => "a backend that has as many connections as it may is taken for one that fails",
    "end-forgotten" => "an idle connection outlives the end that it was given",
    "drain-resets" => "connections that wait to be taken are reset by a drain",
    "told-twice" => "what a route sets of the way is told beside the proxy's own word",
    "half-is-whole" => "an answer that breaks off looks whole",
    "prefix-by-letters" => "/apis is below /api",
    "sticky-by-weight" => "who has a home is sent elsewhere by weight",
    "drain-cuts" => "draining ends connections at once",
    "unchecked" => "a configuration with mistakes is applied",
    "pipe-loses" => "what went into the pipe is forgotten",
    "keys-stay" => "certificates are read once and never again",
    "any-name" => "TLS that is passed on goes to the first name's backend",
    "cut-is-end" => "a connection with TLS that somebody cut off looks whole",
    "ends-both" => "when one side of a tunnel ends, the other is cut off",
}

/// The mistake that this thread makes: threads that it starts make it, too ([`inherit`]).
pub(crate) fn current() -> Option<&'static str> {
    #[cfg(feature = "mutations")]
    let known = ALL;
    #[cfg(not(feature = "mutations"))]
    let known: &[(&'static str, &str)] = &[];
    let is_on = |name: &&'static str| synod_mutation::is_on(name);
    known.iter().map(|(name, _)| *name).find(is_on)
}

/// A thread begins: it makes the mistake of the one that started it.
pub(crate) fn inherit(mistake: Option<&'static str>) {
    synod_mutation::switch(mistake);
}
