//! What a script returns, as its client is answered.
//!
//! <https://redis.io/docs/latest/develop/interact/programmability/lua-api/#data-type-conversion>

use mlua::{Table, Value};
use synod_cache::reply::{Protocol, Reply};

use crate::NESTING_MAX;
use crate::number::truncated;

/// What is answered, to whom, and in what the script speaks.
pub(crate) struct Answer<'a> {
    pub(crate) reply: &'a mut Reply,
    pub(crate) script: Protocol,
}

impl Answer<'_> {
    /// Encodes a value.
    pub(crate) fn value(&mut self, value: &Value, depth: usize) -> mlua::Result<()> {
        if depth == NESTING_MAX {
            self.reply.error("ERR reached lua stack limit");
            return Ok(());
        }
        match value {
            Value::String(string) => self.reply.bulk(&string.as_bytes()),
            Value::Boolean(yes) => self.boolean(*yes),
            Value::Integer(number) => self.reply.integer(*number),
            Value::Number(number) => self.reply.integer(truncated(*number)),
            Value::Table(table) => self.table(table, depth)?,
            _ => self.reply.null(),
        }
        Ok(())
    }

    /// In RESP2 there are none: yes is 1, and no is nothing.
    fn boolean(&mut self, yes: bool) {
        match (self.script, yes) {
            (Protocol::Resp3, _) => self.reply.boolean(yes),
            (Protocol::Resp2, true) => self.reply.integer(1),
            (Protocol::Resp2, false) => self.reply.null(),
        }
    }

    /// An array, unless it has the field of something else.
    fn table(&mut self, table: &Table, depth: usize) -> mlua::Result<()> {
        if let Value::String(text) = table.raw_get("err")? {
            self.reply.raw(b"-");
            self.line(&text.as_bytes());
        } else if let Value::String(text) = table.raw_get("ok")? {
            self.reply.raw(b"+");
            // It ends where it ends in C.
            let text = text.as_bytes();
            let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
            self.line(text);
        } else if let Some(number) = number(&table.raw_get("double")?) {
            self.reply.double(number);
        } else if let Value::String(digits) = table.raw_get("big_number")? {
            self.big_number(&digits.as_bytes());
        } else if !self.verbatim(table)? {
            return self.collection(table, depth);
        }
        Ok(())
    }

    fn collection(&mut self, table: &Table, depth: usize) -> mlua::Result<()> {
        if let Value::Table(map) = table.raw_get("map")? {
            self.reply.map(map.pairs::<Value, Value>().count());
            map.for_each(|key: Value, value: Value| {
                self.value(&key, depth + 1)?;
                self.value(&value, depth + 1)
            })
        } else if let Value::Table(set) = table.raw_get("set")? {
            self.reply.set(set.pairs::<Value, Value>().count());
            set.for_each(|key: Value, _: Value| self.value(&key, depth + 1))
        } else {
            self.array(table, depth)
        }
    }

    /// Up to the first that is nothing.
    fn array(&mut self, table: &Table, depth: usize) -> mlua::Result<()> {
        let at = self.reply.bytes().len();
        let mut length = 0;
        loop {
            let value: Value = table.raw_get(length + 1)?;
            if value.is_nil() {
                break;
            }
            self.value(&value, depth + 1)?;
            length += 1;
        }
        self.reply.before(at, |reply| reply.array(length));
        Ok(())
    }

    /// Line breaks become spaces.
    fn line(&mut self, text: &[u8]) {
        let plain = text.iter().map(|byte| match byte {
            b'\r' | b'\n' => b' ',
            other => *other,
        });
        self.reply.raw(&plain.collect::<Vec<_>>());
        self.reply.raw(b"\r\n");
    }

    fn big_number(&mut self, digits: &[u8]) {
        if self.reply.protocol() == Protocol::Resp3 {
            self.reply.raw(b"(");
            self.line(digits);
        } else {
            let plain = digits.iter().map(|byte| match byte {
                b'\r' | b'\n' => b' ',
                other => *other,
            });
            self.reply.bulk(&plain.collect::<Vec<_>>());
        }
    }

    /// Text with its format, if it is that.
    fn verbatim(&mut self, table: &Table) -> mlua::Result<bool> {
        let Value::Table(verbatim) = table.raw_get("verbatim_string")? else {
            return Ok(false);
        };
        let (Value::String(format), Value::String(text)) =
            (verbatim.raw_get("format")?, verbatim.raw_get("string")?)
        else {
            return Ok(false);
        };
        if self.reply.protocol() == Protocol::Resp2 {
            self.reply.bulk(&text.as_bytes());
            return Ok(true);
        }
        // The format has three letters.
        let mut whole = [b' '; 4];
        for (place, byte) in whole.iter_mut().take(3).zip(format.as_bytes().iter()) {
            *place = *byte;
        }
        whole[3] = b':';
        let text = text.as_bytes();
        self.reply
            .raw(format!("={}\r\n", text.len() + 4).as_bytes());
        self.reply.raw(&whole);
        self.reply.raw(&text);
        self.reply.raw(b"\r\n");
        Ok(true)
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Number(number) => Some(*number),
        _ => None,
    }
}
