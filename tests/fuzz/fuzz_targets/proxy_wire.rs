//! What a proxy reads of strangers: heads, chunks, headers of the PROXY protocol, the first words of TLS.
//!
//! Nothing panics; what comes in pieces is found as it is when all of it is there; a request that is passed on is read again as it
//! was read.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| synod_proxy::fuzzing::all(data));
