//! `string.gsub`.

use mlua::{Lua, LuaString, MultiValue, Table, Value};

use super::find::{captured, one, told};
use super::matcher::Matcher;
use crate::argument::{Arguments, type_name};

/// What comes in place of a match.
enum Replacement {
    Text(LuaString),
    Table(Table),
}

/// The string with what was replaced, and how often. If a function says by what, the prelude calls it: it is told where the matches
/// are, and what was captured.
pub(super) fn gsub(lua: &Lua, values: MultiValue) -> mlua::Result<MultiValue> {
    let args = Arguments::of_prelude(lua, &values);
    let (subject, pattern) = (args.string(1)?, args.string(2)?);
    let replacement = match args.get(3) {
        Some(Value::Table(table)) => Some(Replacement::Table(table.clone())),
        Some(Value::Function(_)) => None,
        Some(Value::String(_) | Value::Integer(_) | Value::Number(_)) => {
            Some(Replacement::Text(args.string(3)?))
        }
        _ => return Err(args.wrong(3, "string/function/table expected")),
    };
    let (subject, pattern) = (subject.as_bytes(), pattern.as_bytes());
    let most = args.integer_or(4, subject.len() as i64 + 1)?;
    let mut matcher = Matcher::new(&subject, &pattern);
    let is_anchored = matcher.takes_anchor();
    let (mut whole, mut count, mut at) = (Vec::new(), 0, 0);
    let told_of = match replacement {
        Some(_) => None,
        None => Some(lua.create_table()?),
    };
    while count < most {
        let end = matcher.at(at).map_err(|fault| told(&args, fault))?;
        if let Some(end) = end {
            count += 1;
            match (&replacement, &told_of) {
                (Some(by), _) => replace(&args, &matcher, (at, end), by, &mut whole)?,
                (None, Some(list)) => tell(&args, &matcher, (at, end), list)?,
                (None, None) => {}
            }
        }
        match end {
            Some(end) if end > at => at = end,
            _ if at < subject.len() => {
                whole.push(subject[at]);
                at += 1;
            }
            _ => break,
        }
        if is_anchored {
            break;
        }
        if whole.len() > crate::MEMORY_BYTES_MAX {
            return Err(mlua::Error::MemoryError(String::new()));
        }
    }
    let first = match told_of {
        Some(list) => Value::Table(list),
        None => {
            whole.extend_from_slice(&subject[at..]);
            Value::String(lua.create_string(whole)?)
        }
    };
    Ok(MultiValue::from_vec(vec![
        first,
        Value::Number(count as f64),
    ]))
}

/// Where a match begins and ends, and its captures.
fn tell(
    args: &Arguments<'_>,
    matcher: &Matcher<'_>,
    (start, end): (usize, usize),
    list: &Table,
) -> mlua::Result<()> {
    let mut of = vec![Value::Number((start + 1) as f64), Value::Number(end as f64)];
    captured(args, matcher, Some((start, end)), &mut of)?;
    let entry = args.lua.create_table_with_capacity(of.len(), 0)?;
    for (index, value) in of.into_iter().enumerate() {
        entry.raw_seti(index + 1, value)?;
    }
    list.raw_push(entry)
}

fn replace(
    args: &Arguments<'_>,
    matcher: &Matcher<'_>,
    whole: (usize, usize),
    by: &Replacement,
    to: &mut Vec<u8>,
) -> mlua::Result<()> {
    match by {
        Replacement::Text(text) => expand(args, matcher, whole, &text.as_bytes(), to),
        Replacement::Table(table) => {
            let value: Value = table.get(one(args, matcher, 0, whole)?)?;
            match value {
                Value::Nil | Value::Boolean(false) => {
                    to.extend_from_slice(&matcher.subject[whole.0..whole.1]);
                }
                value => match args.lua.coerce_string(value.clone()) {
                    Ok(Some(text)) => to.extend_from_slice(&text.as_bytes()),
                    _ => {
                        let kind = type_name(&value);
                        let text = format!("invalid replacement value (a {kind})");
                        return Err(args.error(text));
                    }
                },
            }
            Ok(())
        }
    }
}

/// The text, with captures where it says so.
fn expand(
    args: &Arguments<'_>,
    matcher: &Matcher<'_>,
    whole: (usize, usize),
    text: &[u8],
    to: &mut Vec<u8>,
) -> mlua::Result<()> {
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        if *byte != b'%' {
            to.push(*byte);
            continue;
        }
        match bytes.next() {
            Some(b'0') => to.extend_from_slice(&matcher.subject[whole.0..whole.1]),
            Some(digit @ b'1'..=b'9') => {
                let value = one(args, matcher, usize::from(digit - b'1'), whole)?;
                if let Ok(Some(text)) = args.lua.coerce_string(value) {
                    to.extend_from_slice(&text.as_bytes());
                }
            }
            Some(other) => to.push(*other),
            // As in C, where a string ends with a zero.
            None => to.push(0),
        }
    }
    Ok(())
}
