//! What a server reads of Redis's protocol: arrays of strings and lines, whole and in pieces.
//!
//! Nothing panics; what comes in pieces is found as it is when all of it is there.

#![no_main]

use libfuzzer_sys::fuzz_target;
use synod_cache::request::{Bounds, Found, Parser, ProtocolError};

/// The commands in `input`, which comes in pieces of `piece` bytes, and how it ends.
fn commands(input: &[u8], bounds: &Bounds, piece: usize) -> (Vec<Vec<Vec<u8>>>, Option<ProtocolError>) {
    let (mut parser, mut commands) = (Parser::default(), Vec::new());
    let (mut from, mut to) = (0, 0);
    loop {
        match parser.next(&input[from..to], bounds) {
            Ok(Found::Command(bytes)) => {
                let found = parser.arguments(&input[from..to]).map(<[u8]>::to_vec);
                commands.push(found.collect());
                from += bytes;
            }
            Ok(Found::Nothing(bytes)) => from += bytes,
            Ok(Found::Incomplete) if to == input.len() => return (commands, None),
            Ok(Found::Incomplete) => to = input.len().min(to + piece),
            Err(error) => return (commands, Some(error)),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let [piece, input @ ..] = data else { return };
    for bounds in [Bounds::KNOWN, Bounds::UNKNOWN] {
        let whole = commands(input, &bounds, input.len().max(1));
        let pieces = commands(input, &bounds, usize::from(*piece).max(1));
        assert_eq!(whole, pieces);
    }
});
