//! `redis.register_function`, while a library is loaded.

use std::sync::{Arc, Mutex, PoisonError};

use mlua::{Lua, MultiValue, Table, Value};

use super::{Function, checked_name};
use crate::flags::Flags;
use crate::raised;

/// What the library that is loaded registered, if one is.
#[derive(Clone, Debug, Default)]
pub(super) struct Registered(Arc<Mutex<Option<Vec<Function>>>>);

impl Registered {
    fn with<R>(&self, work: impl FnOnce(&mut Option<Vec<Function>>) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on one is loaded.
    pub(super) fn begin(&self) {
        self.with(|registered| *registered = Some(Vec::new()));
    }

    /// What it registered.
    pub(super) fn end(&self) -> Vec<Function> {
        self.with(Option::take).unwrap_or_default()
    }
}

pub(super) fn function(lua: &Lua, registered: Registered) -> mlua::Result<mlua::Function> {
    lua.create_function(move |_, values: MultiValue| {
        let function = read(&values).map_err(raised::reply)?;
        registered.with(|all| {
            let Some(all) = all else {
                let late = "redis.register_function can only be called on FUNCTION LOAD command";
                return Err(raised::reply(late));
            };
            if all.iter().any(|other| other.name == function.name) {
                return Err(raised::reply("Function already exists in the library"));
            }
            all.push(function);
            Ok(())
        })
    })
}

/// A function as it is described, by place or by name.
fn read(values: &MultiValue) -> Result<Function, String> {
    let values: Vec<_> = values.iter().collect();
    let function = match values[..] {
        [Value::Table(named)] => by_name(named)?,
        [_] => {
            return Err("calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).".to_owned());
        }
        [name, callback] => by_place(name, callback)?,
        _ => return Err("wrong number of arguments to redis.register_function".to_owned()),
    };
    let named = checked_name(&function.name);
    named.map_err(|why| String::from_utf8_lossy(&why[4..]).into_owned())?;
    Ok(function)
}

fn by_place(name: &Value, callback: &Value) -> Result<Function, String> {
    let name = text(name).ok_or("first argument to redis.register_function must be a string")?;
    let Value::Function(callback) = callback else {
        return Err("second argument to redis.register_function must be a function".to_owned());
    };
    Ok(Function {
        name,
        description: None,
        flags: Flags::default(),
        callback: callback.clone(),
    })
}

fn by_name(named: &Table) -> Result<Function, String> {
    let (mut name, mut description, mut callback) = (None, None, None);
    let mut flags = Flags::default();
    for pair in named.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(|error| error.to_string())?;
        let key = text(&key)
            .ok_or("named argument key given to redis.register_function is not a string")?;
        let is_string = |what: &str| {
            format!("{what} argument given to redis.register_function must be a string")
        };
        match &*key.to_ascii_lowercase() {
            b"function_name" => {
                name = Some(text(&value).ok_or_else(|| is_string("function_name"))?);
            }
            b"description" => {
                description = Some(text(&value).ok_or_else(|| is_string("description"))?);
            }
            b"callback" => {
                let Value::Function(value) = value else {
                    return Err(
                        "callback argument given to redis.register_function must be a function"
                            .to_owned(),
                    );
                };
                callback = Some(value);
            }
            b"flags" => {
                let Value::Table(list) = value else {
                    return Err("flags argument to redis.register_function must be a table representing function flags".to_owned());
                };
                flags = flags_of(&list).ok_or("unknown flag given")?;
            }
            _ => return Err("unknown argument given to redis.register_function".to_owned()),
        }
    }
    Ok(Function {
        name: name.ok_or("redis.register_function must get a function name argument")?,
        description,
        flags,
        callback: callback.ok_or("redis.register_function must get a callback argument")?,
    })
}

fn flags_of(list: &Table) -> Option<Flags> {
    let mut flags = Flags::default();
    for name in list.sequence_values::<Value>() {
        let name = text(&name.ok()?)?;
        flags = flags.with(Flags::named(&name.to_ascii_lowercase())?);
    }
    Some(flags)
}

/// A string, or a number as one.
fn text(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.as_bytes().to_vec()),
        Value::Integer(number) => Some(number.to_string().into_bytes()),
        Value::Number(number) => Some(crate::number::general(*number, 14).into_bytes()),
        _ => None,
    }
}
