//! Patterns of `MATCH` and the like.

/// Whether a text matches a pattern in which `*` stands for whatever, or nothing.
#[must_use]
pub(crate) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut rest) = (pattern, text);
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        match (at, rest) {
            ([b'*', after @ ..], _) => {
                star = Some((after, rest));
                at = after;
            }
            ([one, after @ ..], [other, behind @ ..]) if one == other => {
                at = after;
                rest = behind;
            }
            ([], []) => return true,
            _ => match star {
                Some((after, [_, behind @ ..])) => {
                    star = Some((after, behind));
                    at = after;
                    rest = behind;
                }
                _ => return false,
            },
        }
    }
}
