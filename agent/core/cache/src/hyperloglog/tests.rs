use proptest::prelude::*;

use super::{Encoding, REGISTERS, Registers, Sketch, View, estimate, histogram, place};

fn registers(sketch: &Sketch) -> Registers {
    let mut registers = [0; REGISTERS];
    let view = View::of(sketch.view().bytes()).expect("it looks like one");
    view.merge_into(&mut registers).expect("it is whole");
    registers
}

/// Some near each other, so that their runs are joined, and some far.
fn register() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0..30_usize, 1 => 0..400_usize]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    /// Few values and registers close to each other, so that runs are divided and joined again.
    #[test]
    fn registers_are_raised(
        steps in proptest::collection::vec((register(), 1..4_u8), 1..300),
        from in 0..REGISTERS - 400,
        large in prop::option::of(0..300_usize),
        bytes_max in 60..400_usize,
    ) {
        let mut sketch = Sketch::empty();
        let mut model = [0; REGISTERS];
        for (index, (register, to)) in steps.into_iter().enumerate() {
            // No run can tell a value above 32.
            let to = if large == Some(index) { 40 } else { to };
            let register = from + register;
            let is_raised = sketch.raise(register, to, bytes_max).expect("it is whole");
            prop_assert_eq!(is_raised, model[register] < to);
            model[register] = model[register].max(to);
            let view = sketch.view();
            let length = view.bytes().len();
            prop_assert!(view.encoding() == Encoding::Dense || length <= bytes_max);
            if index % 16 == 0 {
                prop_assert_eq!(view.histogram(), Ok(histogram(&model)));
            }
        }
        prop_assert!(registers(&sketch) == model);
        let mut dense = sketch.clone();
        dense.make_dense().expect("it is whole");
        prop_assert!(registers(&dense) == model);
    }

    /// Whatever bytes somebody sets, nothing fails but with an error.
    #[test]
    fn damaged_ones_are_no_harm(
        body in proptest::collection::vec(any::<u8>(), 0..60),
        register in 0..REGISTERS,
        to in 1..52_u8,
    ) {
        let mut bytes = b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80".to_vec();
        bytes.extend(body);
        let view = View::of(&bytes).expect("it looks like one");
        let histogram = view.histogram();
        let merged = view.merge_into(&mut [0; REGISTERS]);
        prop_assert_eq!(histogram.is_ok(), merged.is_ok());
        let raised = Sketch::of(view).raise(register, to, 3000);
        prop_assert!(raised.is_ok() || merged.is_err());
    }
}

#[test]
fn estimates_are_near() {
    let mut sketch = Sketch::empty();
    for number in 0..50_000_u32 {
        let (register, to) = place(format!("string {number}").as_bytes());
        sketch.raise(register, to, 3000).expect("it is whole");
        let count = u64::from(number) + 1;
        if count.is_power_of_two() || count == 50_000 {
            let histogram = sketch.view().histogram().expect("it is whole");
            let off = estimate(&histogram).abs_diff(count) as f64;
            assert!(off <= 0.03 * count as f64, "off by {off} of {count}");
        }
    }
}

#[test]
fn nothing_and_everything_can_be_estimated() {
    let mut all = [0; 64];
    all[0] = REGISTERS as u32;
    assert_eq!(estimate(&all), 0);
    let mut all = [0; 64];
    all[51] = REGISTERS as u32;
    assert_eq!(estimate(&all), i64::MAX as u64);
}
