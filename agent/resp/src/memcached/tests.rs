//! Whatever comes, requests are found in it or refused, and no byte is looked at twice or lost.

use proptest::prelude::*;

use super::parser::{Found, Parser};

/// What is found in an input that comes in pieces of this length: what each is, and how long.
fn found(input: &[u8], piece: usize) -> Vec<String> {
    let mut parser = Parser::default();
    let (mut told, mut begin, mut end) = (Vec::new(), 0, 0);
    loop {
        let bytes = match parser.next(&input[begin..end]) {
            Found::Incomplete if end == input.len() => return told,
            Found::Incomplete => {
                end = (end + piece).min(input.len());
                continue;
            }
            Found::Endless(_) => {
                told.push("endless".to_owned());
                return told;
            }
            // How much is passed over at once depends on how it comes.
            Found::Skipped(bytes) => bytes,
            Found::Request {
                request,
                block,
                bytes,
            } => {
                told.push(format!("{request:?} {block:?}"));
                bytes
            }
            Found::Refused(refusal, bytes) => {
                told.push(format!("{refusal:?} {bytes}"));
                bytes
            }
            Found::TooLarge { request, bytes } => {
                told.push(format!("too large: {request:?}"));
                bytes
            }
        };
        assert!(bytes > 0 && bytes <= end - begin, "it goes on");
        begin += bytes;
    }
}

fn words() -> impl Strategy<Value = Vec<u8>> {
    let names = "get|gets|gat|set|cas|add|incr|touch|delete|flush_all|stats|verbosity|mg|ms|md|ma|me|mn|quit";
    let word = prop_oneof![
        8 => "[a-z0-9]{1,4}".prop_map(String::into_bytes),
        8 => prop::sample::select(vec!["0", "1", "3", "-1", "1048577", "99999999999", "noreply", "b", "v", "T5", "C1", "Oab", "MA", "q"])
            .prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ];
    let line = (names, prop::collection::vec(word, 0..7)).prop_map(|(name, words)| {
        let mut line = name.into_bytes();
        for word in words {
            line.push(b' ');
            line.extend(word);
        }
        line
    });
    let line = prop_oneof![
        8 => line,
        2 => prop::collection::vec(any::<u8>(), 0..8),
        1 => Just(vec![b' '; 3000]),
    ];
    let end = prop::sample::select(vec![&b"\r\n"[..], b"\n", b""]);
    let lines = prop::collection::vec((line, end), 0..12);
    lines.prop_map(|lines| {
        let lines = lines.into_iter();
        lines
            .flat_map(|(line, end)| [line, end.to_vec()])
            .collect::<Vec<_>>()
            .concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn it_does_not_matter_in_which_pieces_it_comes(input in words(), piece in 1..40_usize) {
        let whole = found(&input, input.len().max(1));
        let pieces = found(&input, piece);
        // A line that does not end is only known when it is too long, whatever it would have been.
        let endless = [&whole, &pieces].iter().any(|told| told.last().is_some_and(|last| last == "endless"));
        if !endless {
            prop_assert_eq!(whole, pieces);
        }
    }
}

#[test]
fn what_is_too_large_is_passed_over() {
    let mut input = b"set a 0 0 2000000\r\n".to_vec();
    input.extend(vec![b'x'; 2_000_000]);
    input.extend(b"\r\nget a\r\n");
    let told = found(&input, 4096);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("too large: Store"), "{told:?}");
    assert!(told[1].starts_with("Read"), "{told:?}");
}

#[test]
fn lines_have_an_end() {
    assert_eq!(found(&vec![b'x'; 2049], 100), ["endless"]);
    assert_eq!(found(&vec![b'x'; 2048], 100), Vec::<String>::new());
    let keys = [b"get ".to_vec(), vec![b'k'; 1024 * 1024]].concat();
    assert_eq!(found(&keys[..100_000], 5000), Vec::<String>::new());
    assert_eq!(found(&keys, 65_536), ["endless"]);
}
