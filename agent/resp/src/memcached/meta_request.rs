//! Meta requests: a key, and flags of a letter each, some with a token behind it.

use std::borrow::Cow;

use super::KEY_BYTES_MAX;
use super::number::{signed, unsigned};
use super::request::{How, Refusal, Request};

/// An opaque token with its letter is at most so long.
const OPAQUE_BYTES_MAX: usize = 32;
/// All letters.
const LETTERS: &[u8] = b"bcfhklqstvxCDEFIJMNORST";

/// What a meta request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meta<'a> {
    pub(super) key: Cow<'a, [u8]>,
    /// The key as it was written.
    pub(super) written: &'a [u8],
    /// Letters and their tokens, as they were written.
    pub(super) flags: Vec<(u8, &'a [u8])>,
    /// `T`: when it expires.
    pub(super) expires: Option<i64>,
    /// `N`: when one expires that is made because there is none.
    pub(super) vivified: Option<i64>,
    /// `R`: whoever sees that it has fewer seconds left is to renew it.
    pub(super) renewed: Option<i64>,
    /// `C`: only if that is its number.
    pub(super) cas: Option<u64>,
    /// `E`: its number from then on.
    pub(super) new_cas: Option<u64>,
    /// `F`: the client's own flags.
    pub(super) client_flags: u32,
    /// `D`: by how much it is counted.
    pub(super) delta: u64,
    /// `J`: where it is counted from.
    pub(super) initial: u64,
    pub(super) how: How,
    pub(super) counts_up: bool,
}

impl<'a> Meta<'a> {
    pub(super) fn has(&self, letter: u8) -> bool {
        self.flags.iter().any(|(flag, _)| *flag == letter)
    }

    fn new(written: &'a [u8]) -> Self {
        Self {
            key: Cow::Borrowed(written),
            written,
            flags: Vec::new(),
            expires: None,
            vivified: None,
            renewed: None,
            cas: None,
            new_cas: None,
            client_flags: 0,
            delta: 1,
            initial: 0,
            how: How::Set,
            counts_up: true,
        }
    }

    /// Reads the flags, and the key by them. `M` is read by whoever knows the modes.
    fn read(written: &'a [u8], words: &mut dyn Iterator<Item = &'a [u8]>) -> Result<Self, Refusal> {
        if written.len() > KEY_BYTES_MAX {
            return Err(Refusal::Line);
        }
        let mut meta = Self::new(written);
        let mut letters = 0_u128;
        for word in words {
            let (letter, token) = (word[0], &word[1..]);
            if !LETTERS.contains(&letter) {
                return Err(Refusal::Flag);
            }
            if letters & 1 << letter != 0 {
                return Err(Refusal::DuplicateFlag);
            }
            letters |= 1 << letter;
            meta.flags.push((letter, token));
            meta.note(letter, token)?;
        }
        if meta.has(b'b') {
            let key = decoded(written).filter(|key| key.len() <= KEY_BYTES_MAX);
            meta.key = Cow::Owned(key.ok_or(Refusal::Base64)?);
        }
        Ok(meta)
    }

    fn note(&mut self, letter: u8, token: &[u8]) -> Result<(), Refusal> {
        let seconds = || {
            let seconds = signed(token).filter(|number| i32::try_from(*number).is_ok());
            seconds.map(Some).ok_or(Refusal::Token)
        };
        let number = || unsigned(token).ok_or(Refusal::Token);
        match letter {
            b'T' => self.expires = seconds()?,
            b'N' => self.vivified = seconds()?,
            b'R' => self.renewed = seconds()?,
            b'C' => self.cas = Some(number()?),
            b'E' => self.new_cas = Some(number()?),
            b'D' => self.delta = number()?,
            b'J' => self.initial = number()?,
            b'F' => {
                let flags = unsigned(token).and_then(|flags| u32::try_from(flags).ok());
                self.client_flags = flags.ok_or(Refusal::Line)?;
            }
            b'O' if token.len() >= OPAQUE_BYTES_MAX => return Err(Refusal::Opaque),
            _ => {}
        }
        Ok(())
    }

    fn mode(&self) -> Option<u8> {
        let mode = self.flags.iter().find(|(letter, _)| *letter == b'M');
        mode.map(|(_, token)| token.first().copied().unwrap_or_default())
    }
}

/// Reads a meta request of this name from the words behind it.
pub(super) fn read<'a>(
    name: &[u8],
    words: &mut dyn Iterator<Item = &'a [u8]>,
) -> Result<Request<'a>, Refusal> {
    if name == b"mn" {
        return Ok(Request::MetaNothing);
    }
    let Some(key) = words.next() else {
        return Err(if name == b"me" {
            Refusal::Line
        } else {
            Refusal::Unknown
        });
    };
    match name {
        b"mg" => Meta::read(key, words).map(Request::MetaGet),
        b"ms" => set(key, words),
        b"md" => {
            let meta = Meta::read(key, words).map_err(other_words)?;
            Ok(Request::MetaDelete(meta))
        }
        b"ma" => count(key, words),
        _ if key.len() > KEY_BYTES_MAX => Err(Refusal::Line),
        _ => Ok(Request::MetaDebug(key)),
    }
}

/// How long the block is behind a line with `ms`, if it is said: it is passed over, even if it is not stored.
pub(super) fn length(line: &[u8]) -> Option<usize> {
    let mut words = super::request::words(line);
    let is_set = words.next() == Some(b"ms");
    let is_key = words.next().is_some_and(|key| key.len() <= KEY_BYTES_MAX);
    block(words.next().filter(|_| is_set && is_key)?)
}

fn block(word: &[u8]) -> Option<usize> {
    let length = signed(word).filter(|length| i32::try_from(*length).is_ok())?;
    usize::try_from(length).ok()
}

fn set<'a>(
    key: &'a [u8],
    words: &mut dyn Iterator<Item = &'a [u8]>,
) -> Result<Request<'a>, Refusal> {
    let length = words.next().and_then(block).ok_or(Refusal::Line)?;
    let mut meta = Meta::read(key, words)?;
    meta.how = match meta.mode() {
        None | Some(b'S' | b's') => How::Set,
        Some(b'E' | b'e') => How::Add,
        Some(b'R' | b'r') => How::Replace,
        Some(b'A' | b'a') => How::Append,
        Some(b'P' | b'p') => How::Prepend,
        Some(_) => return Err(Refusal::SetMode),
    };
    Ok(Request::MetaSet(meta, length))
}

fn count<'a>(
    key: &'a [u8],
    words: &mut dyn Iterator<Item = &'a [u8]>,
) -> Result<Request<'a>, Refusal> {
    let mut meta = Meta::read(key, words).map_err(other_words)?;
    meta.counts_up = match meta.mode() {
        None | Some(b'I' | b'i' | b'+') => true,
        Some(b'D' | b'd' | b'-') => false,
        Some(_) => return Err(Refusal::CountMode),
    };
    Ok(Request::MetaCount(meta))
}

/// `md` and `ma` have one answer for all that is wrong with flags.
const fn other_words(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Line => Refusal::Line,
        _ => Refusal::FlagOrDuplicate,
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes that a text in base64 stands for, if it does, and they are no nothing.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let last = text.len() / 4 - 1;
    for (index, four) in text.chunks(4).enumerate() {
        let padding = four.iter().rev().take_while(|byte| **byte == b'=').count();
        if padding > if index == last { 2 } else { 0 } {
            return None;
        }
        let mut bits = 0_u32;
        for byte in &four[..4 - padding] {
            let digit = BASE64.iter().position(|own| own == byte)?;
            bits = bits << 6 | digit as u32;
        }
        bits <<= 6 * padding;
        bytes.extend_from_slice(&bits.to_be_bytes()[1..4 - padding]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read() {
        for (text, bytes) in [
            ("YQ==", Some(&b"a"[..])),
            ("YWI=", Some(b"ab")),
            ("YWJj", Some(b"abc")),
            ("AP+A", Some(b"\x00\xff\x80")),
            ("", None),
            ("YQ=", None),
            ("Y===", None),
            ("YQ==YQ==", None),
            ("Y!!=", None),
        ] {
            assert_eq!(decoded(text.as_bytes()).as_deref(), bytes, "{text}");
        }
    }
}
