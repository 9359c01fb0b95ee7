//! Sets of whole numbers in one string: how many bytes each has, how many they are, and they, in order.

use super::input::text;
use super::value::Bytes;

const HEAD: usize = 8;

/// The numbers as text, if it is one.
pub(super) fn elements(bytes: &[u8]) -> Option<Vec<Bytes<'_>>> {
    let (head, numbers) = bytes.split_at_checked(HEAD)?;
    let width = u32::from_le_bytes(head[..4].try_into().ok()?) as usize;
    let count = u32::from_le_bytes(head[4..].try_into().ok()?) as usize;
    if !matches!(width, 2 | 4 | 8) || count.checked_mul(width)? != numbers.len() {
        return None;
    }
    let number = |bytes: &[u8]| {
        let mut whole = [0; 8];
        whole[8 - width..].copy_from_slice(bytes);
        i64::from_le_bytes(whole) >> (64 - 8 * width)
    };
    Some(
        numbers
            .chunks_exact(width)
            .map(|it| text(number(it)))
            .collect(),
    )
}

/// Numbers in order, in as few bytes each as hold all.
pub(super) fn of(numbers: &[i64]) -> Vec<u8> {
    let holds = |number: &i64| match *number {
        number if i16::try_from(number).is_ok() => 2,
        number if i32::try_from(number).is_ok() => 4,
        _ => 8,
    };
    let width = numbers.iter().map(holds).max().unwrap_or(2);
    let mut bytes = Vec::with_capacity(HEAD + numbers.len() * width);
    bytes.extend_from_slice(&(width as u32).to_le_bytes());
    bytes.extend_from_slice(&(numbers.len() as u32).to_le_bytes());
    for number in numbers {
        bytes.extend_from_slice(&number.to_le_bytes()[..width]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for numbers in [
            vec![-32_768, 5, 32_767],
            vec![-32_769, 5],
            vec![5, 1 << 40],
            vec![i64::MIN, i64::MAX],
        ] {
            let bytes = of(&numbers);
            let texts: Vec<_> = numbers.iter().map(ToString::to_string).collect();
            let back = elements(&bytes).expect("it is one");
            assert!(
                back.iter()
                    .map(|it| &**it)
                    .eq(texts.iter().map(String::as_bytes))
            );
            assert_eq!(elements(&bytes[..bytes.len() - 1]), None);
        }
    }
}
