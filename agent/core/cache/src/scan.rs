//! `SSCAN`, `HSCAN` and the like: how a walk goes on, and what of it is answered.

use crate::command::Error;
use crate::glob::matches;
use crate::number::integer;
use crate::reply::Reply;
use crate::sample::Element;

/// `[MATCH pattern] [COUNT count] [NOVALUES]`
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options<'a> {
    pattern: Option<&'a [u8]>,
    count: usize,
    no_values: bool,
}

/// Some elements, and where the walk goes on.
pub(crate) type Part<'a> = (Vec<Element<'a>>, u64);

impl<'a> Options<'a> {
    /// Of elements with values, or without.
    pub(crate) fn parse(mut words: &[&'a [u8]], of_hash: bool) -> Result<Self, Error> {
        let mut options = Self {
            pattern: None,
            count: 10,
            no_values: !of_hash,
        };
        while let [word, rest @ ..] = words {
            words = rest;
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            if is("count")
                && let [count, rest @ ..] = words
            {
                let count = integer(count).ok_or(Error::NotInteger)?;
                options.count = usize::try_from(count)
                    .ok()
                    .filter(|count| *count > 0)
                    .ok_or(Error::Syntax)?;
                words = rest;
            } else if is("match")
                && let [pattern, rest @ ..] = words
            {
                options.pattern = Some(pattern).filter(|pattern| **pattern != b"*").copied();
                words = rest;
            } else if is("novalues") {
                if !of_hash {
                    return Err(Error::text("ERR NOVALUES option can only be used in HSCAN"));
                }
                options.no_values = true;
            } else {
                return Err(Error::Syntax);
            }
        }
        Ok(options)
    }

    /// Walks on from a cursor until there are enough elements: by parts, or over all at once.
    pub(crate) fn walk<'b>(
        &self,
        mut cursor: u64,
        part: impl Fn(u64) -> Option<Part<'b>>,
        all: impl FnOnce() -> Vec<Element<'b>>,
    ) -> Part<'b> {
        // In a table with many empty buckets an end must come.
        let mut looks = self.count.saturating_mul(10);
        let mut elements = Vec::new();
        while looks > 0 && elements.len() < self.count {
            let Some((some, next)) = part(cursor) else {
                return (all(), 0);
            };
            elements.extend(some);
            cursor = next;
            looks -= 1;
            if cursor == 0 {
                break;
            }
        }
        (elements, cursor)
    }

    /// Answers what a walk met.
    pub(crate) fn answer(&self, reply: &mut Reply, (mut elements, cursor): Part<'_>) {
        if let Some(pattern) = self.pattern {
            elements.retain(|(name, _)| matches(pattern, name));
        }
        reply.array(2);
        reply.bulk(cursor.to_string().as_bytes());
        reply.array(elements.len() * if self.no_values { 1 } else { 2 });
        for (name, value) in elements {
            reply.bulk(name);
            if !self.no_values {
                reply.bulk(value);
            }
        }
    }
}

/// Answers that there is nothing to walk over.
pub(crate) fn answer_nothing(reply: &mut Reply) {
    reply.array(2);
    reply.bulk(b"0");
    reply.array(0);
}

/// A cursor, as `strtoull` reads it.
pub(crate) fn cursor(text: &[u8]) -> Result<u64, Error> {
    let (is_negative, digits) = match text {
        [] => return Ok(0),
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let digits = Some(digits).filter(|digits| digits.iter().all(u8::is_ascii_digit));
    let number = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u64>().ok());
    let number = number.ok_or(Error::text("ERR invalid cursor"))?;
    Ok(if is_negative {
        number.wrapping_neg()
    } else {
        number
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_as_in_redis() {
        for (text, number) in [
            ("", Some(0)),
            ("0", Some(0)),
            ("007", Some(7)),
            ("+7", Some(7)),
            ("-1", Some(u64::MAX)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            (" 1", None),
            ("1 ", None),
            ("+", None),
            ("-", None),
            ("+-1", None),
            ("x", None),
        ] {
            assert_eq!(cursor(text.as_bytes()).ok(), number, "{text}");
        }
    }
}
