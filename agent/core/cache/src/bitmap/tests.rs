use proptest::prelude::*;

use super::field::{Operation, Step};
use super::{count, has_bit, position};

/// Bytes with long runs of the same bits, so that whole words are met.
fn string() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0), Just(0xff), any::<u8>()];
    let run = (byte, 1..20_usize).prop_map(|(byte, length)| vec![byte; length]);
    proptest::collection::vec(run, 1..6).prop_map(|runs| runs.concat())
}

proptest! {
    #[test]
    fn bits_are_counted_and_found(
        string in string(),
        start in any::<prop::sample::Index>(),
        length in any::<prop::sample::Index>(),
        bit in any::<bool>(),
    ) {
        let bits = 8 * string.len();
        let start = start.index(bits);
        let range = start..start + 1 + length.index(bits - start);
        let set = range.clone().filter(|at| has_bit(&string, *at)).count();
        prop_assert_eq!(count(&string, range.clone()), set);
        let first = range.clone().find(|at| has_bit(&string, *at) == bit);
        prop_assert_eq!(position(&string, range, bit), first);
    }

    #[test]
    fn fields_hold_what_fits(
        mut string in proptest::collection::vec(any::<u8>(), 24),
        is_signed in any::<bool>(),
        bits in 1..=64_u32,
        offset in 0..128_usize,
        value in any::<i64>(),
    ) {
        let bits = if is_signed { bits } else { bits.min(63) };
        let kind = format!("{}{bits}", if is_signed { 'i' } else { 'u' });
        let (offset_text, value_text) = (offset.to_string(), value.to_string());
        let words = ["set", &kind, &offset_text, &value_text];
        let steps = Step::parse(&words.map(str::as_bytes)).expect("they are right");
        let Step { field, operation: Operation::Set { value: given, overflow } } = steps[0] else {
            panic!("it is no SET");
        };
        let before = string.clone();
        let value = field.fit(given, overflow).expect("it wraps");
        let (bytes, count) = field.bytes(&string, value);
        string[field.start()..field.start() + count].copy_from_slice(&bytes[..count]);
        prop_assert_eq!(field.start() + count, field.end());
        prop_assert_eq!(field.value(&string), value);
        let end = offset + bits as usize;
        for at in 0..8 * string.len() {
            let own = (offset..end).contains(&at).then(|| given >> (end - 1 - at) & 1 == 1);
            prop_assert_eq!(has_bit(&string, at), own.unwrap_or(has_bit(&before, at)), "{}", at);
        }
    }
}
