//! `string.find`, `string.match`, `string.gmatch`.

use mlua::{Function, Lua, MultiValue, Value};

use super::matcher::{Capture, Fault, Matcher};
use crate::argument::Arguments;

/// With one of these it is a pattern.
const SPECIAL: &[u8] = b"^$*+?.([%-";

/// Where it was found, and what was captured.
pub(super) fn find(lua: &Lua, values: MultiValue) -> mlua::Result<MultiValue> {
    search(lua, &values, true)
}

/// What was captured, or all of it.
pub(super) fn match_(lua: &Lua, values: MultiValue) -> mlua::Result<MultiValue> {
    search(lua, &values, false)
}

fn search(lua: &Lua, values: &MultiValue, finds: bool) -> mlua::Result<MultiValue> {
    let args = Arguments::new(lua, values);
    let (subject, pattern) = (args.string(1)?, args.string(2)?);
    let (subject, pattern) = (subject.as_bytes(), pattern.as_bytes());
    let start = start(args.integer_or(3, 1)?, subject.len());
    let is_plain = finds && (is_true(args.get(4)) || is_plain(&pattern));
    if is_plain {
        let found = plain(&subject[start..], &pattern).map(|at| start + at);
        return Ok(match found {
            Some(at) => MultiValue::from_vec(vec![place(at + 1), place(at + pattern.len())]),
            None => nothing(),
        });
    }
    let mut matcher = Matcher::new(&subject, &pattern);
    let is_anchored = matcher.takes_anchor();
    for at in start..=subject.len() {
        let end = matcher.at(at).map_err(|fault| told(&args, fault))?;
        if let Some(end) = end {
            let mut found = Vec::new();
            if finds {
                found.extend([place(at + 1), place(end)]);
            }
            let whole = (!finds).then_some((at, end));
            captured(&args, &matcher, whole, &mut found)?;
            return Ok(MultiValue::from_vec(found));
        }
        if is_anchored {
            break;
        }
    }
    Ok(nothing())
}

/// A function that returns the next match whenever it is called.
pub(super) fn gmatch(lua: &Lua, values: MultiValue) -> mlua::Result<Function> {
    let args = Arguments::new(lua, &values);
    let (subject, pattern) = (args.string(1)?, args.string(2)?);
    let mut from = 0;
    lua.create_function_mut(move |lua, _: MultiValue| {
        let none = MultiValue::new();
        let args = Arguments::new(lua, &none);
        let (subject, pattern) = (subject.as_bytes(), pattern.as_bytes());
        let mut matcher = Matcher::new(&subject, &pattern);
        while from <= subject.len() {
            let at = from;
            from += 1;
            let end = matcher.at(at).map_err(|fault| told(&args, fault))?;
            if let Some(end) = end {
                from = from.max(end);
                let mut found = Vec::new();
                captured(&args, &matcher, Some((at, end)), &mut found)?;
                return Ok(MultiValue::from_vec(found));
            }
        }
        Ok(nothing())
    })
}

fn nothing() -> MultiValue {
    MultiValue::from_vec(vec![Value::Nil])
}

fn place(at: usize) -> Value {
    Value::Number(at as f64)
}

const fn is_true(value: Option<&Value>) -> bool {
    !matches!(value, None | Some(Value::Nil | Value::Boolean(false)))
}

fn is_plain(pattern: &[u8]) -> bool {
    let mut text = pattern.iter().take_while(|byte| **byte != 0);
    !text.any(|byte| SPECIAL.contains(byte))
}

/// Where to start: counted from 1, or from the end, if negative.
fn start(position: i64, length: usize) -> usize {
    let from_start = if position < 0 {
        position.saturating_add(length as i64 + 1).max(0)
    } else {
        position
    };
    let start = usize::try_from(from_start - 1).unwrap_or(0);
    start.min(length)
}

fn plain(within: &[u8], what: &[u8]) -> Option<usize> {
    let Some((first, rest)) = what.split_first() else {
        return Some(0);
    };
    let mut from = 0;
    while let Some(at) = within[from..].iter().position(|byte| byte == first) {
        let at = from + at;
        if within[at + 1..].starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// What was captured; if nothing was, the whole match.
pub(super) fn captured(
    args: &Arguments<'_>,
    matcher: &Matcher<'_>,
    whole: Option<(usize, usize)>,
    found: &mut Vec<Value>,
) -> mlua::Result<()> {
    if let (Some(whole), true) = (whole, matcher.captures.is_empty()) {
        found.push(string(args, &matcher.subject[whole.0..whole.1])?);
    }
    for index in 0..matcher.captures.len() {
        found.push(one(args, matcher, index, (0, 0))?);
    }
    Ok(())
}

/// A capture; the first one is the whole match if there is none.
pub(super) fn one(
    args: &Arguments<'_>,
    matcher: &Matcher<'_>,
    index: usize,
    whole: (usize, usize),
) -> mlua::Result<Value> {
    match matcher.captures.get(index) {
        None if index == 0 => string(args, &matcher.subject[whole.0..whole.1]),
        None => Err(args.error("invalid capture index")),
        Some(Capture::Open { .. }) => Err(args.error("unfinished capture")),
        Some(Capture::Position(at)) => Ok(place(at + 1)),
        Some(Capture::Closed { start, end }) => string(args, &matcher.subject[*start..*end]),
    }
}

fn string(args: &Arguments<'_>, bytes: &[u8]) -> mlua::Result<Value> {
    args.lua.create_string(bytes).map(Value::String)
}

/// What is said of a wrong pattern.
pub(super) fn told(args: &Arguments<'_>, fault: Fault) -> mlua::Error {
    match fault {
        Fault::Pattern(text) => args.error(text),
        Fault::Ends(error) => error,
    }
}
