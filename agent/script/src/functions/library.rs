//! A library, and what its first line says.

use std::sync::Arc;

use super::checked_name;
use crate::flags::Flags;

/// A function.
#[derive(Debug)]
pub struct Function {
    /// As it is called.
    pub name: Vec<u8>,
    /// What it does, if somebody said so.
    pub description: Option<Vec<u8>>,
    /// What it says of itself.
    pub flags: Flags,
    pub(super) callback: mlua::Function,
}

/// Functions that came together.
#[derive(Debug)]
pub struct Library {
    /// As it is called.
    pub name: Vec<u8>,
    /// As it came.
    pub code: Vec<u8>,
    functions: Vec<Arc<Function>>,
}

impl Library {
    pub(super) fn new(name: &[u8], code: &[u8], functions: Vec<Function>) -> Self {
        Self {
            name: name.to_vec(),
            code: code.to_vec(),
            functions: functions.into_iter().map(Arc::new).collect(),
        }
    }

    /// All of them.
    #[must_use]
    pub fn functions(&self) -> &[Arc<Function>] {
        &self.functions
    }

    /// Whether one of this name is among them, in whatever letters.
    pub(super) fn has(&self, name: &[u8]) -> bool {
        let mut functions = self.functions.iter();
        functions.any(|function| function.name.eq_ignore_ascii_case(name))
    }
}

/// What a library says of itself: `#!lua name=library`, and what follows that line.
#[derive(Debug)]
pub(super) struct Head<'a> {
    pub(super) name: &'a [u8],
    /// With the end of the first line, so that lines keep their numbers.
    pub(super) code: &'a [u8],
}

impl<'a> Head<'a> {
    /// Why there is none, the code first.
    pub(super) fn of(code: &'a [u8]) -> Result<Self, Vec<u8>> {
        if !code.starts_with(b"#!") {
            return Err(b"ERR Missing library metadata".to_vec());
        }
        let end = code.iter().position(|byte| *byte == b'\n');
        let end = end.ok_or(b"ERR Invalid library metadata")?;
        let words = code[2..end].split(u8::is_ascii_whitespace);
        let mut words = words.filter(|word| !word.is_empty());
        let engine = if code[2..end].first().is_none_or(u8::is_ascii_whitespace) {
            &[]
        } else {
            words.next().unwrap_or_default()
        };
        let mut name = None;
        for word in words {
            let is_name = word.len() >= 5 && word[..5].eq_ignore_ascii_case(b"name=");
            if !is_name {
                return Err([&b"ERR Invalid metadata value given: "[..], word].concat());
            }
            if name.replace(&word[5..]).is_some() {
                let why = "ERR Invalid metadata value, name argument was given multiple times";
                return Err(why.into());
            }
        }
        let name = name.ok_or(b"ERR Library name was not given")?;
        checked_name(name)?;
        if !engine.eq_ignore_ascii_case(b"lua") {
            let engine = String::from_utf8_lossy(engine);
            return Err(format!("ERR Engine '{engine}' not found").into());
        }
        Ok(Self {
            name,
            code: &code[end..],
        })
    }
}

/// Letters, digits and underscores, at least one.
pub(super) fn is_name(name: &[u8]) -> bool {
    let may_be = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    !name.is_empty() && name.iter().all(may_be)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_read() {
        for (code, name) in [
            ("#!lua name=a\nx", Ok("a")),
            ("#!LUA NAME=a_1\n", Ok("a_1")),
            ("x", Err("ERR Missing library metadata")),
            ("#!lua name=a", Err("ERR Invalid library metadata")),
            ("#!lua\n", Err("ERR Library name was not given")),
            ("#!x name=a\n", Err("ERR Engine 'x' not found")),
            ("#!lua b=a\n", Err("ERR Invalid metadata value given: b=a")),
            (
                "#!lua name=a name=b\n",
                Err("ERR Invalid metadata value, name argument was given multiple times"),
            ),
        ] {
            let head = Head::of(code.as_bytes()).map(|head| head.name);
            let told = head.map_err(|why| String::from_utf8_lossy(&why).into_owned());
            let name = name.map(str::as_bytes).map_err(str::to_owned);
            assert_eq!(told, name, "{code:?}");
        }
    }
}
