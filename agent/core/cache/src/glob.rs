//! Patterns of `MATCH`, `KEYS`, `PSUBSCRIBE` and the like, with all that Redis makes of them.

/// Whether a text is of a pattern: `*` stands for any bytes, `?` for any one, `[a-z]` for one of these, `[^a-z]` for any other one,
/// and a byte behind `\` for itself. It takes at most as many steps as both have bytes, multiplied.
///
/// As in Redis a class that nothing closes ends with the pattern, and an empty text is of no pattern but the empty one.
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    if text.is_empty() {
        return pattern.is_empty();
    }
    let (mut at, mut from) = (0, 0);
    // Behind the last `*`, and what of the text that stands for so far ends here. What stands before it has been found as early
    // as it can be, so it need not be looked for again.
    let mut last_star = None;
    while from < text.len() {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            last_star = Some((at, from));
            continue;
        }
        if let Some((true, used)) = one(&pattern[at..], text[from]) {
            at += used;
            from += 1;
            continue;
        }
        let Some((behind, until)) = last_star else {
            return false;
        };
        last_star = Some((behind, until + 1));
        (at, from) = (behind, until + 1);
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Whether a byte is of what the pattern begins with, and how many bytes of the pattern that is.
fn one(pattern: &[u8], byte: u8) -> Option<(bool, usize)> {
    Some(match *pattern {
        [] => return None,
        [b'?', ..] => (true, 1),
        [b'[', ..] => class(pattern, byte),
        [b'\\', escaped, ..] => (escaped == byte, 2),
        [own, ..] => (own == byte, 1),
    })
}

fn class(pattern: &[u8], byte: u8) -> (bool, usize) {
    let is_inverted = pattern.get(1) == Some(&b'^');
    let mut at = if is_inverted { 2 } else { 1 };
    let mut is_in = false;
    loop {
        match pattern[at..] {
            [] => break,
            [b'\\', escaped, ..] => {
                is_in |= escaped == byte;
                at += 2;
            }
            [b']', ..] => {
                at += 1;
                break;
            }
            [one, b'-', other, ..] => {
                is_in |= (one.min(other)..=one.max(other)).contains(&byte);
                at += 3;
            }
            [one, ..] => {
                is_in |= one == byte;
                at += 1;
            }
        }
    }
    (is_in != is_inverted, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `KEYS` of redis-server 7.0 answers, but for the empty text, which no key can be asked for that way.
    #[test]
    fn patterns_are_as_in_redis() {
        for (pattern, text, is_of) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", false),
            ("**", "a", true),
            ("a*", "a", true),
            ("*a*", "bab", true),
            ("*a*b", "aab", true),
            ("*a*b", "aabc", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("?", "ab", false),
            ("*?", "a", true),
            ("[ab]c", "bc", true),
            ("[ab]c", "cc", false),
            ("[^ab]c", "cc", true),
            ("[^ab]c", "ac", false),
            ("[c-a]", "b", true),
            ("[a-c]", "d", false),
            ("[a-]", "a", true),
            ("[a-]", "]", true),
            ("[a-]", "-", false),
            ("[-a]", "-", true),
            ("[\\]]", "]", true),
            ("[\\a-c]", "b", false),
            ("[\\a-c]", "-", true),
            ("[]", "]", false),
            ("[]a", "a", false),
            ("[^]", "a", true),
            ("[^]a", "xa", true),
            ("[", "[", false),
            ("[^", "a", true),
            ("[a", "a", true),
            ("[a", "ab", false),
            ("[a\\", "\\", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a\\", "a\\", true),
            ("\\[a]", "[a]", true),
            ("*[0-9]", "key9", true),
            ("*\\", "a\\", true),
        ] {
            let answer = matches(pattern.as_bytes(), text.as_bytes());
            assert_eq!(answer, is_of, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_longer() {
        let pattern = "a*".repeat(50_000) + "b";
        let text = "a".repeat(100_000);
        assert!(!matches(pattern.as_bytes(), text.as_bytes()));
        assert!(!matches(b"*a*a*a*a*a*a*a*a*a*a*a*a*a*ab", &[b'a'; 1000]));
    }
}
