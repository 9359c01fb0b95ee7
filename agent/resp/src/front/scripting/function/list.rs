//! `FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE]`

use synod_cache::command::Error;
use synod_cache::reply::Reply;
use synod_script::{Function, Library};

use super::super::{FrontCall, error};

/// What is to be shown.
#[derive(Default)]
struct Shown<'a> {
    pattern: Option<&'a [u8]>,
    with_code: bool,
}

impl<'a> Shown<'a> {
    fn read(args: &[&'a [u8]]) -> Result<Self, Error> {
        let mut shown = Self::default();
        let mut args = args.iter();
        while let Some(argument) = args.next() {
            if !shown.with_code && argument.eq_ignore_ascii_case(b"withcode") {
                shown.with_code = true;
            } else if shown.pattern.is_none() && argument.eq_ignore_ascii_case(b"libraryname") {
                let none = || error("ERR library name argument was not given");
                shown.pattern = Some(args.next().ok_or_else(none)?);
            } else {
                let text = [b"ERR Unknown argument ", &argument[..]].concat();
                return Err(error(text));
            }
        }
        Ok(shown)
    }

    fn has(&self, library: &Library) -> bool {
        let small = |bytes: &[u8]| bytes.to_ascii_lowercase();
        self.pattern.is_none_or(|pattern| {
            synod_cache::glob::matches(&small(pattern), &small(&library.name))
        })
    }
}

pub(super) fn list(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let shown = Shown::read(&call.args[2..])?;
    let mut engine = call.shared.scripting.engine()?;
    let libraries = engine.functions()?.libraries();
    let libraries: Vec<_> = libraries.filter(|library| shown.has(library)).collect();
    let reply = &mut call.session.reply;
    reply.array(libraries.len());
    for library in libraries {
        reply.map(if shown.with_code { 4 } else { 3 });
        reply.bulk(b"library_name");
        reply.bulk(&library.name);
        reply.bulk(b"engine");
        reply.bulk(b"LUA");
        reply.bulk(b"functions");
        reply.array(library.functions().len());
        for function in library.functions() {
            one(function, reply);
        }
        if shown.with_code {
            reply.bulk(b"library_code");
            reply.bulk(&library.code);
        }
    }
    Ok(())
}

fn one(function: &Function, reply: &mut Reply) {
    reply.map(3);
    reply.bulk(b"name");
    reply.bulk(&function.name);
    reply.bulk(b"description");
    match &function.description {
        Some(description) => reply.bulk(description),
        None => reply.null(),
    }
    reply.bulk(b"flags");
    let flags: Vec<_> = function.flags.names().collect();
    reply.set(flags.len());
    for flag in flags {
        reply.simple(flag);
    }
}
