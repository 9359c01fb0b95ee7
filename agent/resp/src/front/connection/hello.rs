//! `HELLO [protover [AUTH username password] [SETNAME clientname]]`

use synod_cache::command::Error;
use synod_cache::integer;
use synod_cache::reply::Protocol;

use super::auth::become_user;
use super::client::{check_name, set_name};
use crate::REDIS_VERSION;
use crate::front::FrontCall;

/// What one says with it.
#[derive(Default)]
struct Greeting<'a> {
    protocol: Option<Protocol>,
    user: Option<(&'a [u8], &'a [u8])>,
    name: Option<&'a [u8]>,
}

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let greeting = Greeting::parse(&call.args[1..])?;
    if let Some((name, password)) = greeting.user {
        become_user(call, name, password)?;
    }
    if call.session.has_to_prove(call.shared) {
        return Err(NO_AUTH);
    }
    if let Some(name) = greeting.name {
        set_name(call, name);
    }
    if let Some(protocol) = greeting.protocol {
        call.session.reply.set_protocol(protocol);
    }
    answer(call);
    Ok(())
}

fn answer(call: &mut FrontCall<'_>) {
    let id = call.session.id.cast_signed();
    let reply = &mut call.session.reply;
    let protocol = match reply.protocol() {
        Protocol::Resp2 => 2,
        Protocol::Resp3 => 3,
    };
    reply.map(7);
    for (name, value) in [("server", "redis"), ("version", REDIS_VERSION)] {
        reply.bulk(name.as_bytes());
        reply.bulk(value.as_bytes());
    }
    for (name, value) in [("proto", protocol), ("id", id)] {
        reply.bulk(name.as_bytes());
        reply.integer(value);
    }
    for (name, value) in [("mode", "standalone"), ("role", "master")] {
        reply.bulk(name.as_bytes());
        reply.bulk(value.as_bytes());
    }
    reply.bulk(b"modules");
    reply.array(0);
}

impl<'a> Greeting<'a> {
    fn parse(args: &[&'a [u8]]) -> Result<Self, Error> {
        let mut greeting = Self::default();
        let [protocol, options @ ..] = args else {
            return Ok(greeting);
        };
        greeting.protocol = Some(match integer(protocol) {
            None => return Err(NO_NUMBER),
            Some(2) => Protocol::Resp2,
            Some(3) => Protocol::Resp3,
            Some(_) => return Err(NO_PROTOCOL),
        });
        greeting.options(options)?;
        Ok(greeting)
    }

    fn options(&mut self, mut options: &[&'a [u8]]) -> Result<(), Error> {
        while let [option, rest @ ..] = options {
            let is = |name: &str| option.eq_ignore_ascii_case(name.as_bytes());
            options = match rest {
                [name, password, rest @ ..] if is("AUTH") => {
                    self.user = Some((name, password));
                    rest
                }
                [name, rest @ ..] if is("SETNAME") => {
                    check_name(name)?;
                    self.name = Some(name);
                    rest
                }
                _ => {
                    let option = String::from_utf8_lossy(option);
                    let text = format!("ERR Syntax error in HELLO option '{option}'");
                    return Err(Error::Other(text.into()));
                }
            };
        }
        Ok(())
    }
}

const NO_NUMBER: Error = Error::text("ERR Protocol version is not an integer or out of range");
const NO_PROTOCOL: Error = Error::text("NOPROTO unsupported protocol version");
const NO_AUTH: Error = Error::text(
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
);
