//! What can be set.

use mlua::{Lua, MultiValue, Table, Value};

use super::Shared;
use crate::argument::Arguments;

/// What becomes of numbers that JSON does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Invalid {
    /// They are an error.
    Refused,
    /// They are written as C writes them.
    Written,
    /// They are null.
    Null,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// A list with too many holes is an object, and not an error.
    pub(super) converts_sparse: bool,
    /// It has too many if it is so many times longer than it has elements. 0: it never has.
    pub(super) sparse_ratio: i32,
    /// And if it is longer than that.
    pub(super) sparse_safe: i32,
    pub(super) encode_depth_max: i32,
    pub(super) decode_depth_max: i32,
    pub(super) encode_invalid: Invalid,
    pub(super) decodes_invalid: bool,
    /// Digits of numbers.
    pub(super) precision: i32,
    /// Of no effect.
    keeps_buffer: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            converts_sparse: false,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_depth_max: 1000,
            decode_depth_max: 1000,
            encode_invalid: Invalid::Refused,
            decodes_invalid: true,
            precision: 14,
            keeps_buffer: true,
        }
    }
}

/// Sets what is said, and returns what is set.
type Setter = fn(&Arguments<'_>, &mut Settings) -> mlua::Result<Vec<Value>>;

const SETTERS: [(&str, usize, Setter); 7] = [
    ("encode_sparse_array", 3, |args, settings| {
        Ok(vec![
            boolean(args, &mut settings.converts_sparse)?,
            integer(args, 2, &mut settings.sparse_ratio, (0, i32::MAX))?,
            integer(args, 3, &mut settings.sparse_safe, (0, i32::MAX))?,
        ])
    }),
    ("encode_max_depth", 1, |args, settings| {
        let depth = &mut settings.encode_depth_max;
        Ok(vec![integer(args, 1, depth, (1, i32::MAX))?])
    }),
    ("decode_max_depth", 1, |args, settings| {
        let depth = &mut settings.decode_depth_max;
        Ok(vec![integer(args, 1, depth, (1, i32::MAX))?])
    }),
    ("encode_number_precision", 1, |args, settings| {
        Ok(vec![integer(args, 1, &mut settings.precision, (1, 14))?])
    }),
    ("encode_keep_buffer", 1, |args, settings| {
        Ok(vec![boolean(args, &mut settings.keeps_buffer)?])
    }),
    ("encode_invalid_numbers", 1, |args, settings| {
        Ok(vec![invalid(args, &mut settings.encode_invalid)?])
    }),
    ("decode_invalid_numbers", 1, |args, settings| {
        Ok(vec![boolean(args, &mut settings.decodes_invalid)?])
    }),
];

pub(super) fn install(lua: &Lua, json: &Table, shared: &Shared) -> mlua::Result<()> {
    for (name, most, setter) in SETTERS {
        let own = Shared::clone(shared);
        let function = lua.create_function(move |lua, values: MultiValue| {
            let args = Arguments::new(lua, &values);
            if args.len() > most {
                return Err(args.wrong(most + 1, "found too many arguments"));
            }
            // What is wrong in part is set in part.
            let set = setter(&args, &mut super::settings(&own));
            set.map(MultiValue::from_vec)
        })?;
        json.raw_set(name, function)?;
    }
    Ok(())
}

const fn is_said(value: Option<&Value>) -> bool {
    !matches!(value, None | Some(Value::Nil))
}

fn integer(
    args: &Arguments<'_>,
    number: usize,
    set: &mut i32,
    (least, most): (i32, i32),
) -> mlua::Result<Value> {
    if is_said(args.get(number)) {
        let value = args.integer(number)? as i32;
        if !(least..=most).contains(&value) {
            let why = format!("expected integer between {least} and {most}");
            return Err(args.wrong(1, &why));
        }
        *set = value;
    }
    Ok(Value::Integer(i64::from(*set)))
}

fn boolean(args: &Arguments<'_>, set: &mut bool) -> mlua::Result<Value> {
    match args.get(1) {
        None | Some(Value::Nil) => {}
        Some(Value::Boolean(value)) => *set = *value,
        Some(_) => {
            let name = args.string(1)?;
            *set = match &*name.as_bytes() {
                b"off" => false,
                b"on" => true,
                other => return Err(invalid_option(args, other)),
            };
        }
    }
    Ok(Value::Boolean(*set))
}

fn invalid_option(args: &Arguments<'_>, option: &[u8]) -> mlua::Error {
    let option = String::from_utf8_lossy(option);
    args.wrong(1, &format!("invalid option '{option}'"))
}

fn invalid(args: &Arguments<'_>, set: &mut Invalid) -> mlua::Result<Value> {
    match args.get(1) {
        None | Some(Value::Nil) => {}
        Some(Value::Boolean(true)) => *set = Invalid::Written,
        Some(Value::Boolean(false)) => *set = Invalid::Refused,
        Some(_) => {
            let name = args.string(1)?;
            *set = match &*name.as_bytes() {
                b"off" => Invalid::Refused,
                b"on" => Invalid::Written,
                b"null" => Invalid::Null,
                other => return Err(invalid_option(args, other)),
            };
        }
    }
    Ok(match set {
        Invalid::Refused => Value::Boolean(false),
        Invalid::Written => Value::Boolean(true),
        Invalid::Null => Value::String(args.lua.create_string("null")?),
    })
}
