//! How `SORT` finds what it sorts by, and sorts.

use std::cmp::Ordering;

use crate::command::Error;
use crate::hash::Hash;
use crate::keys::Keys;

/// In which order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Order {
    pub(crate) is_descending: bool,
    /// By bytes, not by numbers.
    pub(crate) is_alphabetical: bool,
}

/// Where a value is found for an element: the key that comes of putting it at the place of the first `*`, and behind a `->` the
/// field of a hash there; or `#`, the element itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pattern<'a>(pub(crate) &'a [u8]);

impl Pattern<'_> {
    /// The value for an element.
    pub(crate) fn value<'k>(self, keys: &'k mut Keys<'_>, element: &'k [u8]) -> Option<&'k [u8]> {
        if self.0 == b"#" {
            return Some(element);
        }
        let star = self.0.iter().position(|byte| *byte == b'*')?;
        let (before, after) = (&self.0[..star], &self.0[star + 1..]);
        let arrow = after.windows(2).position(|it| it == b"->");
        match arrow {
            Some(arrow) if arrow + 2 < after.len() => {
                let key = [before, element, &after[..arrow]].concat();
                let hash = keys.view::<Hash>(&key).ok()??;
                hash.get(&after[arrow + 2..])
            }
            _ => {
                let key = [before, element, after].concat();
                keys.string(&key).ok()?
            }
        }
    }
}

/// What an element is sorted by.
enum Weight {
    Number(f64),
    /// None comes before all.
    Text(Option<Box<[u8]>>),
    /// The element itself.
    Element,
}

/// Sorts elements.
///
/// # Errors
/// If one is to be sorted by a number and there is something else.
pub(crate) fn sort(
    keys: &mut Keys<'_>,
    elements: Vec<Box<[u8]>>,
    by: Option<Pattern<'_>>,
    order: Order,
) -> Result<Vec<Box<[u8]>>, Error> {
    let mut weighted = Vec::with_capacity(elements.len());
    for element in elements {
        let weight = match by {
            Some(by) => {
                let value = by.value(keys, &element);
                if order.is_alphabetical {
                    Weight::Text(value.map(Box::from))
                } else {
                    Weight::Number(value.map_or(Ok(0.0), number)?)
                }
            }
            None if order.is_alphabetical => Weight::Element,
            None => Weight::Number(number(&element)?),
        };
        weighted.push((weight, element));
    }
    weighted.sort_by(|one, other| {
        let ordering = compare(one, other);
        if order.is_descending {
            ordering.reverse()
        } else {
            ordering
        }
    });
    Ok(weighted.into_iter().map(|(_, element)| element).collect())
}

fn compare(one: &(Weight, Box<[u8]>), other: &(Weight, Box<[u8]>)) -> Ordering {
    let by_element = || one.1.cmp(&other.1);
    match (&one.0, &other.0) {
        (Weight::Number(one), Weight::Number(other)) => one
            .partial_cmp(other)
            .unwrap_or(Ordering::Equal)
            .then_with(by_element),
        (Weight::Text(one), Weight::Text(other)) => one.cmp(other),
        _ => by_element(),
    }
}

/// A number as C reads it: with spaces before it, if need be; nothing at all is 0.
fn number(text: &[u8]) -> Result<f64, Error> {
    const NO_NUMBER: Error = Error::text("ERR One or more scores can't be converted into double");
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    if text.is_empty() {
        return Ok(0.0);
    }
    let text = text.trim_ascii_start();
    let number = crate::number::double(text).or_else(|| hexadecimal(text));
    let number = number.ok_or(NO_NUMBER)?;
    let is_named = text.iter().any(|byte| byte.eq_ignore_ascii_case(&b'n'));
    if number.is_infinite() && !is_named {
        return Err(NO_NUMBER);
    }
    Ok(number)
}

/// A whole number as C writes it with a base of 16.
fn hexadecimal(text: &[u8]) -> Option<f64> {
    let (is_negative, text) = match text {
        [b'-', text @ ..] => (true, text),
        [b'+', text @ ..] => (false, text),
        text => (false, text),
    };
    let [b'0', b'x' | b'X', digits @ ..] = text else {
        return None;
    };
    let mut number = 0.0;
    for digit in digits {
        number = number * 16.0 + f64::from(char::from(*digit).to_digit(16)?);
    }
    (!digits.is_empty()).then_some(if is_negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::HashChange;
    use crate::partition::{Expiry, Partition};

    fn sorted(elements: &str, by: Option<&str>, order: &str) -> String {
        let mut partitions = [1, 2, 3].map(Partition::new);
        let mut all: Vec<_> = partitions.iter_mut().collect();
        let mut keys = Keys::new(&mut all, 0);
        for (key, value) in [("w_1", "30"), ("w_2", "10"), ("w_3", "20"), ("w_x", "no")] {
            keys.put_string(key.as_bytes(), &[value.as_bytes()], Expiry::None);
        }
        for (key, value) in [("h_1", "b"), ("h_2", "c"), ("h_3", "a")] {
            let put = HashChange::Put {
                field: b"f",
                value: value.as_bytes(),
                expiry: None,
            };
            let put = keys.edit::<Hash, _>(key.as_bytes(), |hash| hash.apply(&put));
            put.expect("it is a hash");
        }
        let order = Order {
            is_descending: order.contains("desc"),
            is_alphabetical: order.contains("alpha"),
        };
        let elements = elements.split(' ').map(|it| it.as_bytes().into());
        let by = by.map(|by| Pattern(by.as_bytes()));
        match sort(&mut keys, elements.collect(), by, order) {
            Ok(sorted) => {
                let sorted = sorted.iter().map(|it| it.escape_ascii().to_string());
                sorted.collect::<Vec<_>>().join(" ")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn elements_are_sorted_as_redis_does() {
        const NO_NUMBER: &str = "ERR One or more scores can't be converted into double";
        for (elements, by, order, expected) in [
            ("3 1 10 -5 2.5", None, "", "-5 1 2.5 3 10"),
            ("3 1 10 -5 2.5", None, "desc", "10 3 2.5 1 -5"),
            ("3 1 10 -5 2.5", None, "alpha", "-5 1 10 2.5 3"),
            ("b a c", None, "alpha desc", "c b a"),
            ("b a c", None, "", NO_NUMBER),
            ("inf 0x10 -inf 1e1", None, "", "-inf 1e1 0x10 inf"),
            ("1 nan", None, "", NO_NUMBER),
            ("1 1e999", None, "", NO_NUMBER),
            ("1.0 1 01", None, "", "01 1 1.0"),
            ("1 2 3", Some("w_*"), "", "2 3 1"),
            ("1 2 3 4", Some("w_*"), "", "4 2 3 1"),
            ("1 2 3 4", Some("w_*"), "desc", "1 3 2 4"),
            ("1 x", Some("w_*"), "", NO_NUMBER),
            ("1 x 4", Some("w_*"), "alpha", "4 1 x"),
            ("1 2 3", Some("h_*->f"), "alpha", "3 1 2"),
            ("3 1 2", Some("h_*->g"), "alpha", "3 1 2"),
            ("3 1 2", Some("w_*->f"), "", "1 2 3"),
            ("3 1 2", Some("h_*"), "", "1 2 3"),
        ] {
            assert_eq!(
                sorted(elements, by, order),
                expected,
                "{elements} {by:?} {order}"
            );
        }
    }
}
