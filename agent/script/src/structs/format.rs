//! Formats.

use crate::argument::Arguments;

/// The largest number in bytes.
const INTEGER_BYTES_MAX: usize = 32;
/// How a structure is aligned at most, unless something else is said.
const ALIGNMENT: usize = 1;
/// What the processor likes.
const NATIVE_ALIGNMENT: usize = 8;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Signed,
    Unsigned,
    Float,
    Double,
    Padding,
    /// So many bytes; 0: all of a string, or as many as was read before.
    Text,
    /// A string with a zero behind it.
    Terminated,
}

/// A part of a structure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) size: usize,
    /// So many bytes are before it, which say nothing.
    pub(super) padding: usize,
    pub(super) is_big: bool,
}

/// Items, one after another.
pub(super) struct Format<'a> {
    rest: &'a [u8],
    is_big: bool,
    alignment: usize,
    /// What is not known is nothing.
    is_tolerant: bool,
}

impl<'a> Format<'a> {
    /// It ends where it ends in C.
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            rest: text.split(|byte| *byte == 0).next().unwrap_or_default(),
            is_big: cfg!(target_endian = "big"),
            alignment: ALIGNMENT,
            is_tolerant: false,
        }
    }

    /// As `struct.size` reads it: what is not known is nothing.
    pub(super) fn tolerant(text: &'a [u8]) -> Self {
        Self {
            is_tolerant: true,
            ..Self::new(text)
        }
    }

    /// The next item of a structure that has so many bytes already.
    pub(super) fn next(
        &mut self,
        args: &Arguments<'_>,
        total: usize,
    ) -> mlua::Result<Option<Item>> {
        while let Some((option, rest)) = self.rest.split_first() {
            self.rest = rest;
            let (kind, size) = match option {
                b'b' => (Kind::Signed, 1),
                b'B' => (Kind::Unsigned, 1),
                b'h' => (Kind::Signed, 2),
                b'H' => (Kind::Unsigned, 2),
                b'l' => (Kind::Signed, 8),
                b'L' | b'T' => (Kind::Unsigned, 8),
                b'f' => (Kind::Float, 4),
                b'd' => (Kind::Double, 8),
                b'x' => (Kind::Padding, 1),
                b'c' => (Kind::Text, self.number(args, 1)?),
                b's' => (Kind::Terminated, 0),
                b'i' => (Kind::Signed, self.integer_size(args)?),
                b'I' => (Kind::Unsigned, self.integer_size(args)?),
                other => {
                    self.control(args, *other)?;
                    continue;
                }
            };
            return Ok(Some(Item {
                kind,
                size,
                padding: self.padding(kind, size, total),
                is_big: self.is_big,
            }));
        }
        Ok(None)
    }

    fn control(&mut self, args: &Arguments<'_>, option: u8) -> mlua::Result<()> {
        match option {
            b' ' => {}
            b'>' => self.is_big = true,
            b'<' => self.is_big = false,
            b'!' => {
                let alignment = self.number(args, NATIVE_ALIGNMENT)?;
                if !alignment.is_power_of_two() {
                    let text = format!("alignment {alignment} is not a power of 2");
                    return Err(args.error(text));
                }
                self.alignment = alignment;
            }
            _ if self.is_tolerant => {}
            other => {
                let mut text = b"invalid format option '".to_vec();
                text.extend_from_slice(&[other, b'\'']);
                return Err(args.wrong(1, &String::from_utf8_lossy(&text)));
            }
        }
        Ok(())
    }

    fn integer_size(&mut self, args: &Arguments<'_>) -> mlua::Result<usize> {
        let size = self.number(args, 4)?;
        if size > INTEGER_BYTES_MAX {
            let text = format!("integral size {size} is larger than limit of {INTEGER_BYTES_MAX}");
            return Err(args.error(text));
        }
        Ok(size)
    }

    /// The number that is next, or another one if there is none.
    fn number(&mut self, args: &Arguments<'_>, default: usize) -> mlua::Result<usize> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit());
        let (digits, rest) = self.rest.split_at(digits.count());
        self.rest = rest;
        if digits.is_empty() {
            return Ok(default);
        }
        let text = std::str::from_utf8(digits).unwrap_or_default();
        text.parse::<i32>()
            .ok()
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| args.error("integral size overflow"))
    }

    /// As much as it needs to begin at a multiple of its size.
    fn padding(&self, kind: Kind, size: usize, total: usize) -> usize {
        if size == 0 || kind == Kind::Text {
            return 0;
        }
        let size = size.min(self.alignment);
        (size - (total & (size - 1))) & (size - 1)
    }
}
