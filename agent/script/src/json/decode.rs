//! From JSON to Lua.

use mlua::{Table, Value};

use super::settings::Settings;
use super::token::{Token, Tokens};
use crate::NESTING_MAX;
use crate::argument::Arguments;

pub(super) fn decode(
    args: &Arguments<'_>,
    json: &[u8],
    settings: &Settings,
) -> mlua::Result<Value> {
    if json.len() >= 2 && json[..2].contains(&0) {
        return Err(args.error("JSON parser does not support UTF-16 or UTF-32"));
    }
    let mut decoder = Decoder {
        args,
        tokens: Tokens::new(json, settings),
        depth: 0,
        depth_max: (settings.decode_depth_max as usize).min(NESTING_MAX),
    };
    let first = decoder.tokens.next();
    let value = decoder.value(first)?;
    match decoder.tokens.next() {
        Token::End => Ok(value),
        other => Err(decoder.expected("the end", &other)),
    }
}

struct Decoder<'a> {
    args: &'a Arguments<'a>,
    tokens: Tokens<'a>,
    depth: usize,
    depth_max: usize,
}

impl Decoder<'_> {
    fn expected(&self, what: &str, found: &Token) -> mlua::Error {
        let (found, at) = (found.name(), self.tokens.begin + 1);
        let text = format!("Expected {what} but found {found} at character {at}");
        self.args.error(text)
    }

    fn value(&mut self, token: Token) -> mlua::Result<Value> {
        Ok(match token {
            Token::String(bytes) => Value::String(self.args.lua.create_string(bytes)?),
            Token::Number(number) => Value::Number(number),
            Token::Boolean(yes) => Value::Boolean(yes),
            Token::Null => Value::NULL,
            Token::ObjectBegin => Value::Table(self.deeper(Self::object)?),
            Token::ArrayBegin => Value::Table(self.deeper(Self::array)?),
            other => return Err(self.expected("value", &other)),
        })
    }

    fn deeper(&mut self, work: fn(&mut Self, &Table) -> mlua::Result<()>) -> mlua::Result<Table> {
        self.depth += 1;
        if self.depth > self.depth_max {
            let (depth, at) = (self.depth, self.tokens.at);
            let text = format!("Found too many nested data structures ({depth}) at character {at}");
            return Err(self.args.error(text));
        }
        let table = self.args.lua.create_table()?;
        work(self, &table)?;
        self.depth -= 1;
        Ok(table)
    }

    fn object(&mut self, table: &Table) -> mlua::Result<()> {
        let mut token = self.tokens.next();
        if token == Token::ObjectEnd {
            return Ok(());
        }
        loop {
            let Token::String(name) = token else {
                return Err(self.expected("object key string", &token));
            };
            let colon = self.tokens.next();
            if colon != Token::Colon {
                return Err(self.expected("colon", &colon));
            }
            let first = self.tokens.next();
            let value = self.value(first)?;
            table.raw_set(self.args.lua.create_string(name)?, value)?;
            match self.tokens.next() {
                Token::ObjectEnd => return Ok(()),
                Token::Comma => token = self.tokens.next(),
                other => return Err(self.expected("comma or object end", &other)),
            }
        }
    }

    fn array(&mut self, table: &Table) -> mlua::Result<()> {
        let mut token = self.tokens.next();
        if token == Token::ArrayEnd {
            return Ok(());
        }
        for index in 1.. {
            let value = self.value(token)?;
            table.raw_seti(index, value)?;
            match self.tokens.next() {
                Token::ArrayEnd => return Ok(()),
                Token::Comma => token = self.tokens.next(),
                other => return Err(self.expected("comma or array end", &other)),
            }
        }
        Ok(())
    }
}
