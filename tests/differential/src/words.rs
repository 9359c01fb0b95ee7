//! Words of commands as they are written in files and told to people.

/// A word as it is written, in quotes with `\xff`, `\r`, `\n`, `\"` and `\\` or without.
pub(crate) fn unescaped(word: &str) -> Vec<u8> {
    let Some(quoted) = word.strip_prefix('"').and_then(|it| it.strip_suffix('"')) else {
        return word.as_bytes().to_vec();
    };
    let mut bytes = quoted.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push(byte);
            continue;
        }
        plain.push(match bytes.next().expect("something is escaped") {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => {
                let mut digit = || bytes.next().map_or('?', char::from);
                let digits: String = [digit(), digit()].into_iter().collect();
                u8::from_str_radix(&digits, 16).expect("hexadecimal digits")
            }
            other => other,
        });
    }
    plain
}

/// A word as it would be written in a file.
pub(crate) fn escaped(word: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !b"\"\\'".contains(byte);
    if !word.is_empty() && word.iter().all(is_plain) {
        return String::from_utf8_lossy(word).into_owned();
    }
    let text: String = word
        .iter()
        .map(|byte| match byte {
            b'\'' => "'".to_owned(),
            _ => byte.escape_ascii().to_string(),
        })
        .collect();
    format!("\"{text}\"")
}

/// The words of a line.
pub(crate) fn words(line: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let end = match rest.strip_prefix('"') {
            Some(quoted) => {
                let mut is_escaped = false;
                let ends = |byte: u8| {
                    let ends = byte == b'"' && !is_escaped;
                    is_escaped = byte == b'\\' && !is_escaped;
                    ends
                };
                quoted.bytes().position(ends).expect("a quote ends") + 2
            }
            None => rest.find(' ').unwrap_or(rest.len()),
        };
        words.push(unescaped(&rest[..end]));
        rest = rest[end..].trim_start();
    }
    words
}

/// A command as it would be written in a file.
pub(crate) fn told(words: &[Vec<u8>]) -> String {
    let words: Vec<_> = words.iter().map(|word| escaped(word)).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_can_be_read() {
        for word in [&b""[..], b"a", b"a b", b"\"'\\", b"\r\n\x00\xff\t", b"\x7f"] {
            let line = told(&[b"set".to_vec(), word.to_vec()]);
            assert_eq!(words(&line), [&b"set"[..], word], "{line}");
        }
    }
}
