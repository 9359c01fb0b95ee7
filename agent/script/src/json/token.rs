//! Tokens of JSON.

use super::settings::Settings;
use crate::number::leading;

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    String(Vec<u8>),
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    Wrong(&'static str),
}

impl Token {
    /// As errors name it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::ObjectBegin => "T_OBJ_BEGIN",
            Self::ObjectEnd => "T_OBJ_END",
            Self::ArrayBegin => "T_ARR_BEGIN",
            Self::ArrayEnd => "T_ARR_END",
            Self::String(_) => "T_STRING",
            Self::Number(_) => "T_NUMBER",
            Self::Boolean(_) => "T_BOOLEAN",
            Self::Null => "T_NULL",
            Self::Colon => "T_COLON",
            Self::Comma => "T_COMMA",
            Self::End => "T_END",
            Self::Wrong(why) => why,
        }
    }
}

/// Finds tokens, one after another.
pub(super) struct Tokens<'a> {
    json: &'a [u8],
    /// Up to where they are found.
    pub(super) at: usize,
    /// Where the last one begins, or is wrong.
    pub(super) begin: usize,
    invalid: bool,
}

impl<'a> Tokens<'a> {
    pub(super) const fn new(json: &'a [u8], settings: &Settings) -> Self {
        Self {
            json,
            at: 0,
            begin: 0,
            invalid: settings.decodes_invalid,
        }
    }

    /// A byte; behind the end there are zeros, as in C.
    fn byte(&self, at: usize) -> u8 {
        self.json.get(at).copied().unwrap_or(0)
    }

    fn rest(&self) -> &'a [u8] {
        &self.json[self.at.min(self.json.len())..]
    }

    pub(super) fn next(&mut self) -> Token {
        while matches!(self.byte(self.at), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.begin = self.at;
        let single = match self.byte(self.at) {
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b':' => Token::Colon,
            b',' => Token::Comma,
            // A zero ends it, wherever it is.
            0 => return Token::End,
            b'"' => return self.string(),
            b'-' | b'0'..=b'9' => return self.number(),
            _ => return self.word(),
        };
        self.at += 1;
        single
    }

    fn word(&mut self) -> Token {
        let words = [
            (&b"true"[..], Token::Boolean(true)),
            (b"false", Token::Boolean(false)),
            (b"null", Token::Null),
        ];
        for (word, token) in words {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return token;
            }
        }
        let may_be = matches!(self.byte(self.at), b'+' | b'i' | b'I' | b'n' | b'N');
        if may_be && self.invalid && self.is_invalid() {
            return self.any_number();
        }
        Token::Wrong("invalid token")
    }

    fn number(&mut self) -> Token {
        if !self.invalid && self.is_invalid() {
            return Token::Wrong("invalid number");
        }
        self.any_number()
    }

    fn any_number(&mut self) -> Token {
        match leading(self.rest()) {
            Some((number, length)) => {
                self.at += length;
                Token::Number(number)
            }
            None => Token::Wrong("invalid number"),
        }
    }

    /// Whether it is a number that C reads and JSON does not know.
    fn is_invalid(&self) -> bool {
        let rest = self.rest();
        if rest.first() == Some(&b'+') {
            return true;
        }
        let rest = rest.strip_prefix(b"-").unwrap_or(rest);
        match rest {
            [b'0', next, ..] => matches!(next, b'x' | b'X' | b'0'..=b'9'),
            [first, ..] if *first <= b'9' => false,
            _ => {
                let word = rest.get(..3).unwrap_or_default();
                word.eq_ignore_ascii_case(b"inf") || word.eq_ignore_ascii_case(b"nan")
            }
        }
    }

    fn string(&mut self) -> Token {
        self.at += 1;
        let mut string = Vec::new();
        loop {
            match self.byte(self.at) {
                b'"' => break,
                0 => return self.wrong("unexpected end of string"),
                b'\\' if self.byte(self.at + 1) == b'u' => match self.unicode() {
                    Some(character) => {
                        let mut bytes = [0; 4];
                        string.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
                        continue;
                    }
                    None => return self.wrong("invalid unicode escape code"),
                },
                b'\\' => {
                    let byte = match self.byte(self.at + 1) {
                        byte @ (b'"' | b'\\' | b'/') => byte,
                        b'b' => 0x08,
                        b't' => b'\t',
                        b'n' => b'\n',
                        b'f' => 0x0c,
                        b'r' => b'\r',
                        _ => return self.wrong("invalid escape code"),
                    };
                    self.at += 1;
                    string.push(byte);
                }
                byte => string.push(byte),
            }
            self.at += 1;
        }
        self.at += 1;
        Token::String(string)
    }

    fn wrong(&mut self, why: &'static str) -> Token {
        self.begin = self.at;
        Token::Wrong(why)
    }

    /// The character of one escape, or of two that are halves of one.
    fn unicode(&mut self) -> Option<char> {
        const ESCAPE: usize = 6;
        let first = self.unit(self.at + 2)?;
        let mut code = first;
        let mut length = ESCAPE;
        if first & 0xf800 == 0xd800 {
            let is_high = first & 0x400 == 0;
            let next = self.at + ESCAPE;
            if !is_high || self.byte(next) != b'\\' || self.byte(next + 1) != b'u' {
                return None;
            }
            let second = self.unit(next + 2)?;
            if second & 0xfc00 != 0xdc00 {
                return None;
            }
            code = (((first & 0x3ff) << 10) | (second & 0x3ff)) + 0x10000;
            length = 2 * ESCAPE;
        }
        self.at += length;
        char::from_u32(code)
    }

    /// Four hexadecimal digits.
    fn unit(&self, at: usize) -> Option<u32> {
        (at..at + 4).try_fold(0, |unit, at| {
            let digit = char::from(self.byte(at)).to_digit(16)?;
            Some(unit << 4 | digit)
        })
    }
}
