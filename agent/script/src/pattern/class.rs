//! Classes of characters.

/// Whether a byte is of the class of this letter; a large letter is all that is not of it.
pub(super) fn is_of_class(byte: u8, class: u8) -> bool {
    let is = match class.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'c' => byte.is_ascii_control(),
        b'd' => byte.is_ascii_digit(),
        b'l' => byte.is_ascii_lowercase(),
        b'p' => byte.is_ascii_punctuation(),
        b's' => byte.is_ascii_whitespace() || byte == 0x0b,
        b'u' => byte.is_ascii_uppercase(),
        b'w' => byte.is_ascii_alphanumeric(),
        b'x' => byte.is_ascii_hexdigit(),
        b'z' => byte == 0,
        _ => return byte == class,
    };
    is != class.is_ascii_uppercase()
}

/// Whether a byte is in a set: what is between its brackets, the first of them with it.
pub(super) fn is_in_set(byte: u8, set: &[u8]) -> bool {
    let (negated, mut rest) = match set {
        [_, b'^', rest @ ..] => (true, rest),
        [_, rest @ ..] => (false, rest),
        [] => return false,
    };
    let mut found = false;
    while !found {
        rest = match rest {
            [] => break,
            [b'%', class, behind @ ..] => {
                found = is_of_class(byte, *class);
                behind
            }
            [from, b'-', to, behind @ ..] => {
                found = (*from..=*to).contains(&byte);
                behind
            }
            [other, behind @ ..] => {
                found = *other == byte;
                behind
            }
        };
    }
    found != negated
}
