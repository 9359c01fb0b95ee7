//! When two replies are equal: what a command leaves open is not compared.

use crate::reply::Value;

/// How the replies of a command are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Compare {
    /// Byte for byte.
    #[default]
    Exact,
    /// In whatever order.
    Sorted,
    /// In whatever order, but by pairs: fields and values.
    Pairs,
    /// Numbers may differ by so much, as time passed.
    Near(u64),
    /// What is answered is random: only how many there are, and of what type.
    Kind,
    /// All walks through all of it, in whatever steps and order.
    Walk,
}

impl Compare {
    pub(crate) fn named(word: &str) -> Self {
        match word {
            "sorted" => Self::Sorted,
            "pairs" => Self::Pairs,
            "kind" => Self::Kind,
            "walk" => Self::Walk,
            // Seconds, and milliseconds, for machines that are busy.
            "seconds" => Self::Near(60),
            "milliseconds" => Self::Near(60_000),
            _ => panic!("nothing is compared by {word}"),
        }
    }

    /// Whether they are equal.
    pub(crate) fn are_equal(self, ours: &Value, theirs: &Value) -> bool {
        match self {
            Self::Exact => ours == theirs,
            Self::Sorted | Self::Walk => sorted(ours) == sorted(theirs),
            Self::Pairs => paired(ours) == paired(theirs),
            Self::Near(most) => are_near(ours, theirs, most),
            Self::Kind => are_alike(ours, theirs),
        }
    }
}

fn sorted(value: &Value) -> Value {
    let mut value = value.clone();
    match &mut value {
        Value::Array(elements) | Value::Set(elements) => elements.sort(),
        Value::Map(pairs) => pairs.sort(),
        _ => {}
    }
    value
}

/// Pairs by their keys. Of RESP2's flat arrays two elements are one.
fn paired(value: &Value) -> Value {
    match value {
        Value::Array(elements) if elements.iter().all(|it| it.elements().is_none()) => {
            let pairs = elements.chunks(2).map(|pair| Value::Array(pair.to_vec()));
            sorted(&Value::Array(pairs.collect()))
        }
        _ => sorted(value),
    }
}

fn are_near(ours: &Value, theirs: &Value, most: u64) -> bool {
    let all = |ours: &[Value], theirs: &[Value]| {
        let mut pairs = ours.iter().zip(theirs);
        ours.len() == theirs.len() && pairs.all(|(ours, theirs)| are_near(ours, theirs, most))
    };
    match (ours, theirs) {
        (Value::Integer(ours), Value::Integer(theirs)) => {
            // Signs tell something else than times.
            ours == theirs || (*ours >= 0 && *theirs >= 0 && ours.abs_diff(*theirs) <= most)
        }
        (Value::Array(ours), Value::Array(theirs)) => all(ours, theirs),
        (Value::Map(ours), Value::Map(theirs)) => {
            let flat = |pairs: &[(Value, Value)]| -> Vec<Value> {
                let pairs = pairs.iter().cloned();
                pairs.flat_map(|(key, value)| [key, value]).collect()
            };
            all(&flat(ours), &flat(theirs))
        }
        _ => ours == theirs,
    }
}

fn are_alike(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Error(ours), Value::Error(theirs)) => ours == theirs,
        (Value::Null(ours), Value::Null(theirs)) => ours == theirs,
        (Value::Array(ours), Value::Array(theirs)) => {
            let mut pairs = ours.iter().zip(theirs);
            ours.len() == theirs.len() && pairs.all(|(ours, theirs)| are_alike(ours, theirs))
        }
        (Value::Map(ours), Value::Map(theirs)) => ours.len() == theirs.len(),
        _ => std::mem::discriminant(ours) == std::mem::discriminant(theirs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(numbers: &[i64]) -> Value {
        Value::Array(numbers.iter().copied().map(Value::Integer).collect())
    }

    #[test]
    fn what_is_left_open_is_not_compared_and_all_else_is() {
        for (compare, ours, theirs, equal) in [
            (Compare::Exact, array(&[1, 2]), array(&[1, 2]), true),
            (Compare::Exact, array(&[1, 2]), array(&[2, 1]), false),
            (Compare::Exact, Value::Null(b'$'), Value::Null(b'*'), false),
            (Compare::Sorted, array(&[1, 2]), array(&[2, 1]), true),
            (Compare::Sorted, array(&[1, 2]), array(&[2, 2]), false),
            (
                Compare::Pairs,
                array(&[1, 2, 3, 4]),
                array(&[3, 4, 1, 2]),
                true,
            ),
            (
                Compare::Pairs,
                array(&[1, 2, 3, 4]),
                array(&[3, 2, 1, 4]),
                false,
            ),
            (Compare::Near(5), array(&[10]), array(&[15]), true),
            (Compare::Near(5), array(&[10]), array(&[16]), false),
            (Compare::Near(5), array(&[-1]), array(&[0]), false),
            (Compare::Kind, array(&[1]), array(&[7]), true),
            (Compare::Kind, array(&[1]), array(&[7, 8]), false),
            (Compare::Kind, array(&[1]), Value::Null(b'*'), false),
        ] {
            let told = format!("{compare:?} {} {}", ours.told(), theirs.told());
            assert_eq!(compare.are_equal(&ours, &theirs), equal, "{told}");
        }
    }
}
