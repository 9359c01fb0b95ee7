use proptest::prelude::*;

use super::LongDouble;

fn text(number: &str) -> Option<String> {
    LongDouble::parse(number.as_bytes()).map(LongDouble::text)
}

fn sum(a: &str, b: &str) -> Option<String> {
    let [a, b] = [a, b].map(|text| LongDouble::parse(text.as_bytes()).expect("a number"));
    a.plus(b).map(LongDouble::text)
}

/// As a `long double` of C on x86-64 reads it, and `%.17Lf` shows it.
#[test]
fn numbers_are_read_and_shown() {
    let (most, least) = ("1.18973149535723176502e4932", "0x1p-16445");
    for (number, shown) in [
        ("0", Some("0")),
        ("-0", Some("0")),
        ("0e99999", Some("0")),
        ("10.50", Some("10.5")),
        ("+1.5", Some("1.5")),
        (".5", Some("0.5")),
        ("5.", Some("5")),
        ("5.0E3", Some("5000")),
        ("1e-17", Some("0.00000000000000001")),
        ("4e-18", Some("0")),
        ("-4e-18", Some("0")),
        ("6e-18", Some("0.00000000000000001")),
        ("3.141592653589793238", Some("3.14159265358979324")),
        // Between 2^64 and 2^65 there are the even ones.
        ("18446744073709551617", Some("18446744073709551616")),
        ("18446744073709551619", Some("18446744073709551620")),
        ("0x10000000000000001", Some("18446744073709551616")),
        ("0x10000000000000001.0001", Some("18446744073709551618")),
        ("0x10000000000000003", Some("18446744073709551620")),
        ("0x1.8p1", Some("3")),
        ("0X.8P+1", Some("1")),
        (least, Some("0")),
        ("0x1p-16446", None),
        ("0x1.8p-16446", Some("0")),
        ("1e4933", None),
        ("1e-4952", None),
        ("1e999999999999999999999", None),
        ("1e-999999999999999999999", None),
        ("inf", Some("inf")),
        ("-INFINITY", Some("-inf")),
        ("nan", None),
        ("", None),
        (".", None),
        ("-", None),
        ("0x", None),
        ("0x.", None),
        ("1e", None),
        ("e1", None),
        (" 1", None),
        ("1 ", None),
        ("1_0", None),
        ("--1", None),
    ] {
        assert_eq!(text(number).as_deref(), shown, "{number}");
    }
    assert_eq!(text(most).expect("it is a number").len(), 4933);
    assert_eq!(text(&"1".repeat(5120)), None);
}

#[test]
fn sums_are_rounded() {
    for (a, b, shown) in [
        ("0.1", "0.2", Some("0.3")),
        ("1e30", "1", Some("1000000000000000000024696061952")),
        ("18446744073709551616", "1", Some("18446744073709551616")),
        ("18446744073709551616", "1.1", Some("18446744073709551618")),
        ("18446744073709551616", "-0.5", Some("18446744073709551616")),
        ("18446744073709551616", "-0.6", Some("18446744073709551615")),
        ("18446744073709551618", "1", Some("18446744073709551620")),
        ("18446744073709551616", "-1", Some("18446744073709551615")),
        ("1", "-1", Some("0")),
        ("1e4932", "1e4932", None),
        ("inf", "1", None),
        ("1", "-inf", None),
    ] {
        assert_eq!(sum(a, b).as_deref(), shown, "{a} + {b}");
        assert_eq!(sum(b, a).as_deref(), shown, "{b} + {a}");
    }
}

proptest! {
    #[test]
    fn whole_numbers_are_exact(a in -(1_i64 << 62)..1 << 62, b in -(1_i64 << 62)..1 << 62) {
        prop_assert_eq!(sum(&a.to_string(), &b.to_string()), Some((a + b).to_string()));
    }

    /// What 64 bits hold is added exactly; here there are 16 of them behind the point.
    #[test]
    fn fractions_are_exact(a in -(1_i64 << 40)..1 << 40, b in -(1_i64 << 40)..1 << 40) {
        let of = |number: i64| {
            let text = format!("{:.16}", number as f64 / f64::from(1 << 16));
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        prop_assert_eq!(sum(&of(a), &of(b)), Some(of(a + b)));
    }

    #[test]
    fn no_text_is_too_strange(text in "[-+0-9a-fxpe.]{0,12}", other in any::<f64>()) {
        if let Some(number) = LongDouble::parse(text.as_bytes()) {
            let again = LongDouble::parse(number.text().as_bytes()).expect("it is shown as one");
            prop_assert_eq!(again.text(), number.text());
        }
        prop_assume!(!other.is_nan());
        let number = LongDouble::parse(format!("{other:e}").as_bytes()).expect("it is one");
        if other.abs() < 1e-5 || other.is_infinite() {
            return Ok(());
        }
        let back: f64 = number.text().parse().expect("it is one");
        prop_assert!((back - other).abs() <= other.abs() * 1e-11, "{} {}", back, other);
    }
}
