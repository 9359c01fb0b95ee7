//! What is passed to our functions, checked as Lua's own libraries check.

use mlua::{Error, Lua, LuaString, MultiValue, Value};

use crate::position::{name, placed};
use crate::raised;

/// The arguments of a call.
pub(crate) struct Arguments<'a> {
    pub(crate) lua: &'a Lua,
    values: &'a MultiValue,
    /// Where whoever called us is in the stack: 1, unless it is the prelude that did.
    level: usize,
}

impl<'a> Arguments<'a> {
    pub(crate) const fn new(lua: &'a Lua, values: &'a MultiValue) -> Self {
        Self {
            lua,
            values,
            level: 1,
        }
    }

    /// Those of a call by a function of the prelude of the same name and with the same arguments.
    pub(crate) const fn of_prelude(lua: &'a Lua, values: &'a MultiValue) -> Self {
        Self {
            lua,
            values,
            level: 2,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// The argument of this number, from 1 on, if there is one.
    pub(crate) fn get(&self, number: usize) -> Option<&'a Value> {
        self.values.get(number - 1)
    }

    fn is_absent(&self, number: usize) -> bool {
        matches!(self.get(number), None | Some(Value::Nil))
    }

    /// A string, or a number as one.
    pub(crate) fn string(&self, number: usize) -> mlua::Result<LuaString> {
        match self.get(number) {
            Some(Value::String(string)) => Ok(string.clone()),
            Some(other @ (Value::Integer(_) | Value::Number(_))) => {
                let string = self.lua.coerce_string(other.clone())?;
                string.ok_or_else(|| self.wrong_type(number, "string"))
            }
            _ => Err(self.wrong_type(number, "string")),
        }
    }

    /// A number, or a string that is one.
    pub(crate) fn number(&self, number: usize) -> mlua::Result<f64> {
        let value = self.get(number).cloned().unwrap_or(Value::Nil);
        let is_number = matches!(
            value,
            Value::Integer(_) | Value::Number(_) | Value::String(_)
        );
        let found = if is_number {
            self.lua.coerce_number(value)?
        } else {
            None
        };
        found.ok_or_else(|| self.wrong_type(number, "number"))
    }

    /// A number without what is behind its point, as C makes one of it.
    pub(crate) fn integer(&self, number: usize) -> mlua::Result<i64> {
        self.number(number).map(crate::number::truncated)
    }

    /// A number without what is behind its point, or another one if nothing is said.
    pub(crate) fn integer_or(&self, number: usize, default: i64) -> mlua::Result<i64> {
        if self.is_absent(number) {
            Ok(default)
        } else {
            self.integer(number)
        }
    }

    /// That it is of another type.
    pub(crate) fn wrong_type(&self, number: usize, expected: &str) -> Error {
        let got = self.get(number).map_or("no value", type_name);
        self.wrong(number, &format!("{expected} expected, got {got}"))
    }

    /// That it is not as it is to be.
    pub(crate) fn wrong(&self, number: usize, why: &str) -> Error {
        let (name, is_method) = name(self.lua, self.level - 1);
        self.error(bad_argument(&name, is_method, number, why))
    }

    /// That something is wrong at the place of the call.
    pub(crate) fn error(&self, text: impl AsRef<[u8]>) -> Error {
        raised::text(placed(self.lua, self.level, text.as_ref()))
    }
}

/// What is said of an argument. A method's own object is not counted.
pub(crate) fn bad_argument(name: &str, is_method: bool, number: usize, why: &str) -> String {
    match (is_method, number) {
        (true, 1) => format!("calling '{name}' on bad self ({why})"),
        (true, _) => format!("bad argument #{} to '{name}' ({why})", number - 1),
        (false, _) => format!("bad argument #{number} to '{name}' ({why})"),
    }
}

/// As Lua names it.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nil",
        Value::Boolean(_) => "boolean",
        Value::Integer(_) | Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Table(_) => "table",
        Value::Function(_) => "function",
        Value::Thread(_) => "thread",
        _ => "userdata",
    }
}
