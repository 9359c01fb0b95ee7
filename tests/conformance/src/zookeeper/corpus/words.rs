//! Words of a script's lines.
//!
//! Words are separated by spaces. Within double quotes spaces are kept, and `\0`, `\n`, `\"`, `\\` and `\xNN` stand for
//! bytes, which need not be UTF-8. `~` alone, without quotes, is null.

use crate::Failure;

/// A word: bytes, or null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word(pub(super) Option<Vec<u8>>);

impl Word {
    /// As text, for numbers and names; null is `~`.
    pub(super) fn text(&self) -> Result<&str, Failure> {
        let bytes = self.0.as_deref().unwrap_or(b"~");
        std::str::from_utf8(bytes).map_err(|_| "a name that is no text".to_owned())
    }

    /// As a number, decimal or with `0x`.
    pub(super) fn number(&self) -> Result<i64, Failure> {
        let text = self.text()?;
        let number = match text.strip_prefix("0x") {
            // All 64 bits, as session ids are written.
            Some(hex) => u64::from_str_radix(hex, 16).map(|bits| bits as i64).ok(),
            None => text.parse().ok(),
        };
        number.ok_or_else(|| format!("`{text}` is no number"))
    }

    /// As a number of 32 bits.
    pub(super) fn int(&self) -> Result<i32, Failure> {
        let number = self.number()?;
        i32::try_from(number).map_err(|_| format!("{number} has more than 32 bits"))
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.0.as_deref() == Some(text.as_bytes())
    }
}

/// Splits a line.
pub(super) fn words(line: &str) -> Result<Vec<Word>, Failure> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let word;
        (word, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_word(quoted)?,
            None => {
                let (bare, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                let bytes = (bare != "~").then(|| bare.as_bytes().to_vec());
                (Word(bytes), rest)
            }
        };
        words.push(word);
        rest = rest.trim_start();
    }
    Ok(words)
}

/// The word up to the closing quote, and what follows it.
fn quoted_word(text: &str) -> Result<(Word, &str), Failure> {
    let mut bytes = Vec::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((Word(Some(bytes)), &text[at + 1..])),
            '\\' => match characters.next() {
                Some((_, '0')) => bytes.push(0),
                Some((_, 'n')) => bytes.push(b'\n'),
                Some((_, same @ ('"' | '\\'))) => bytes.push(same as u8),
                Some((at, 'x')) => {
                    let digits = text.get(at + 1..at + 3).unwrap_or_default();
                    let byte = u8::from_str_radix(digits, 16)
                        .map_err(|_| format!("`\\x{digits}` is no byte"))?;
                    bytes.push(byte);
                    characters.nth(1);
                }
                _ => return Err("a backslash before nothing known".to_owned()),
            },
            other => {
                let mut utf8 = [0; 4];
                bytes.extend(other.encode_utf8(&mut utf8).as_bytes());
            }
        }
    }
    Err("a quote is not closed".to_owned())
}

/// Bytes of hexadecimal digits.
pub(super) fn hex(digits: &str) -> Result<Vec<u8>, Failure> {
    let byte = |at| {
        let pair = digits.get(at..at + 2).unwrap_or_default();
        u8::from_str_radix(pair, 16).map_err(|_| format!("`{pair}` is no byte"))
    };
    (0..digits.len()).step_by(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_bytes() {
        let table: [(&str, &[Option<&[u8]>]); 4] = [
            ("create /a  ~", &[Some(b"create"), Some(b"/a"), None]),
            (
                r#""a b" "" "\xff\0\"" "#,
                &[Some(b"a b"), Some(b""), Some(b"\xff\0\"")],
            ),
            (r#""~""#, &[Some(b"~")]),
            ("", &[]),
        ];
        for (line, expected) in table {
            let expected: Vec<_> = expected
                .iter()
                .map(|word| Word(word.map(<[u8]>::to_vec)))
                .collect();
            assert_eq!(words(line).unwrap(), expected, "{line}");
        }
        for line in [r#""a"#, r#""\q""#, r#""\xzz""#] {
            assert!(words(line).is_err(), "{line}");
        }
    }
}
