//! What values settings take, and how they are written.

use super::special;

/// What the value of a setting is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// `yes` or `no`: 1 or 0.
    Flag,
    /// A number.
    Number { least: i64, most: i64 },
    /// Bytes, written with a unit or without.
    Memory { least: u64, most: u64 },
    /// Bytes, or hundredths of `maxmemory`, which are kept as negative numbers.
    MemoryOrPart,
    /// One of these words: which of them.
    Choice(&'static [&'static str]),
    /// Any text.
    Text,
    /// A text in a form of its own: what is made of a new one, and of the one before.
    Form(fn(&str, &str) -> Result<String, &'static str>),
}

/// What a setting is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Number(i64),
    Text(String),
}

impl Kind {
    /// The value that a text means.
    pub(crate) fn read(self, text: &str, before: &str) -> Result<Value, String> {
        match self {
            Self::Flag => match text {
                _ if text.eq_ignore_ascii_case("yes") => Ok(Value::Number(1)),
                _ if text.eq_ignore_ascii_case("no") => Ok(Value::Number(0)),
                _ => Err("argument must be 'yes' or 'no'".to_owned()),
            },
            Self::Number { least, most } => number(text, least, most).map(Value::Number),
            Self::Memory { least, most } => memory(text, least, most).map(Value::Number),
            Self::MemoryOrPart => memory_or_part(text).map(Value::Number),
            Self::Choice(words) => {
                let is_it = |word: &&str| text.eq_ignore_ascii_case(word);
                let choice = words.iter().position(is_it);
                let none = || {
                    let words = words.join(", ");
                    format!("argument(s) must be one of the following: {words}")
                };
                choice.map(|it| Value::Number(it as i64)).ok_or_else(none)
            }
            Self::Text => Ok(Value::Text(text.to_owned())),
            Self::Form(read) => read(text, before).map(Value::Text).map_err(str::to_owned),
        }
    }

    /// How a number is told.
    pub(crate) fn shown(self, number: i64) -> String {
        match self {
            Self::Flag => if number == 0 { "no" } else { "yes" }.to_owned(),
            Self::Choice(words) => words[number as usize].to_owned(),
            Self::MemoryOrPart if number < 0 => format!("{}%", number.unsigned_abs()),
            Self::Memory { .. } => number.cast_unsigned().to_string(),
            _ => number.to_string(),
        }
    }

    /// Whether its values are numbers.
    pub(crate) const fn is_number(self) -> bool {
        !matches!(self, Self::Text | Self::Form(_))
    }
}

fn number(text: &str, least: i64, most: i64) -> Result<i64, String> {
    let number = special::integer(text);
    let number = number.ok_or("argument couldn't be parsed into an integer")?;
    if !(least..=most).contains(&number) {
        return Err(format!(
            "argument must be between {least} and {most} inclusive"
        ));
    }
    Ok(number)
}

fn memory(text: &str, least: u64, most: u64) -> Result<i64, String> {
    let bytes = special::bytes(text).ok_or("argument must be a memory value")?;
    if !(least..=most).contains(&bytes) {
        return Err(format!(
            "argument must be between {least} and {most} inclusive"
        ));
    }
    Ok(bytes.cast_signed())
}

fn memory_or_part(text: &str) -> Result<i64, String> {
    const NEITHER: &str = "argument must be a memory or percent value";
    if let Some(part) = text.strip_suffix('%') {
        let part = special::integer(part).filter(|part| *part >= 0);
        let part = part.ok_or(NEITHER)?;
        if part > 100 {
            return Err("percentage argument must be less or equal to 100".to_owned());
        }
        return Ok(-part);
    }
    let bytes = special::bytes(text).ok_or(NEITHER)?;
    Ok(i64::try_from(bytes).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_are_shown() {
        let memory = Kind::Memory {
            least: 0,
            most: u64::MAX,
        };
        let number = Kind::Number { least: -1, most: 9 };
        for (kind, text, shown) in [
            (Kind::Flag, "YES", "yes"),
            (memory, "5kb", "5120"),
            (memory, "2K", "2000"),
            (memory, "", "0"),
            (memory, "1gb", "1073741824"),
            (memory, "9999999999999999999", "9999999999999999999"),
            (number, "-1", "-1"),
            (Kind::Choice(&["a", "b"]), "B", "b"),
            (Kind::MemoryOrPart, "50%", "50%"),
            (Kind::MemoryOrPart, "5", "5"),
        ] {
            let Ok(Value::Number(value)) = kind.read(text, "") else {
                panic!("{text} is a number");
            };
            assert_eq!(kind.shown(value), shown, "{text}");
        }
        for (kind, text, error) in [
            (Kind::Flag, "1", "argument must be 'yes' or 'no'"),
            (memory, "1gx", "argument must be a memory value"),
            (memory, "-1", "argument must be a memory value"),
            (
                memory,
                "99999999999999999999",
                "argument must be a memory value",
            ),
            (memory, "17179869184gb", "argument must be a memory value"),
            (number, "10", "argument must be between -1 and 9 inclusive"),
            (number, "1.5", "argument couldn't be parsed into an integer"),
            (number, "", "argument couldn't be parsed into an integer"),
            (
                Kind::Choice(&["a", "b"]),
                "c",
                "argument(s) must be one of the following: a, b",
            ),
            (
                Kind::MemoryOrPart,
                "101%",
                "percentage argument must be less or equal to 100",
            ),
        ] {
            assert_eq!(kind.read(text, ""), Err(error.to_owned()), "{text}");
        }
    }
}
