//! `CONFIG GET pattern … | SET name value … | RESETSTAT | REWRITE | HELP`
//!
//! <https://redis.io/docs/latest/commands/config-set/>

use std::sync::atomic::Ordering;

use synod_cache::command::Error;
use synod_cache::glob;

use crate::acl::{DEFAULT, Password};
use crate::config::{self, Access, Id, Value, apply};
use crate::front::{FrontCall, unknown};

const LINES: &[&str] = &[
    "GET <pattern>",
    "    The settings with such names, and what they are set to.",
    "SET <directive> <value>",
    "    Sets something.",
    "RESETSTAT",
    "    Counts what INFO tells from 0 again.",
    "REWRITE",
    "    Writes the settings to the file that they came from.",
];

const PROTECTED: Id = Id::of("enable-protected-configs");
const PASSWORD: Id = Id::of("requirepass");

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.spec.name {
        "get" => get(call),
        "help" => call.help(LINES),
        "resetstat" => reset(call),
        "rewrite" => {
            return Err(Error::text(
                "ERR The server is running without a config file",
            ));
        }
        "set" => set(call)?,
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}

fn get(call: &mut FrontCall<'_>) {
    let mut told: Vec<(Id, String, &str)> = Vec::new();
    for pattern in &call.args[2..] {
        if !pattern.iter().any(|byte| b"*?[".contains(byte)) {
            let found = config::named(pattern);
            let name = String::from_utf8_lossy(pattern).into_owned();
            told.extend(found.map(|(id, known)| (id, name, known)));
            continue;
        }
        let pattern = pattern.to_ascii_lowercase();
        let matching = config::all().filter(|(_, name)| glob::matches(&pattern, name.as_bytes()));
        told.extend(matching.map(|(id, name)| (id, name.to_owned(), name)));
    }
    let mut seen: Vec<&str> = Vec::new();
    told.retain(|(.., name)| {
        let is_new = !seen.contains(name);
        seen.push(name);
        is_new
    });
    let reply = &mut call.session.reply;
    reply.map(told.len());
    for (id, name, _) in told {
        reply.bulk(name.as_bytes());
        reply.bulk(call.shared.config.text(id).as_bytes());
    }
}

fn reset(call: &mut FrontCall<'_>) {
    call.parts.each(|part| part.partition.reset_counts());
    call.shared.resets.fetch_add(1, Ordering::Relaxed);
    call.shared.counts[call.session.worker].reset_if(&call.shared.resets);
    call.session.reply.ok();
}

/// All of them, or none.
fn set(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let pairs = call.args[2..].chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return Err(Error::Syntax);
    }
    let named = known(call, pairs.clone().map(|pair| pair[0]))?;
    let mut values = Vec::new();
    for ((id, name), pair) in named.into_iter().zip(pairs) {
        let value = read(call, id, pair[1]).map_err(|why| failed(name, &why))?;
        values.push((id, value));
    }
    let mut changes = Vec::new();
    for (id, value) in values {
        if id == PASSWORD {
            set_password(call, &value);
        }
        call.shared.config.set(id, value);
        let change = id.setting().changes;
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
    for change in changes {
        apply(call.shared, &mut call.parts, change);
    }
    call.session.reply.ok();
    Ok(())
}

/// What settings these are, if all of them may be set.
fn known<'n>(
    call: &FrontCall<'_>,
    names: impl Iterator<Item = &'n [u8]>,
) -> Result<Vec<(Id, &'static str)>, Error> {
    let mut known: Vec<(Id, &'static str)> = Vec::new();
    let mut wrong = None;
    for name in names {
        let Some((id, shown)) = config::named(name) else {
            let name = String::from_utf8_lossy(name);
            let text =
                format!("ERR Unknown option or number of arguments for CONFIG SET - '{name}'");
            return Err(wrong.unwrap_or(Error::Other(text.into())));
        };
        let why = match id.setting().access {
            Access::Nobody => Some("can't set immutable config"),
            Access::Protected if !may_set_protected(call) => Some("can't set protected config"),
            _ if known.iter().any(|(_, before)| *before == shown) => Some("duplicate parameter"),
            _ => None,
        };
        wrong = wrong.or(why.map(|why| failed(shown, why)));
        known.push((id, shown));
    }
    wrong.map_or(Ok(known), Err)
}

/// Clients are never local to a server of a cluster.
fn may_set_protected(call: &FrontCall<'_>) -> bool {
    call.shared.config.text(PROTECTED) == "yes"
}

fn read(call: &FrontCall<'_>, id: Id, text: &[u8]) -> Result<Value, String> {
    let setting = id.setting();
    let text = String::from_utf8_lossy(text);
    let value = setting.kind.read(&text, &call.shared.config.text(id))?;
    match (setting.name, value) {
        // As Redis does it.
        ("hz", Value::Number(number)) => Ok(Value::Number(number.clamp(1, 500))),
        (_, value) => Ok(value),
    }
}

fn failed(name: &str, why: &str) -> Error {
    Error::Other(
        format!("ERR CONFIG SET failed (possibly related to argument '{name}') - {why}").into(),
    )
}

/// What those have to say from now on who do not say who they are; nothing, if it is empty.
fn set_password(call: &FrontCall<'_>, value: &Value) {
    let Value::Text(words) = value else {
        return;
    };
    let password = (!words.is_empty()).then(|| Password::of(words.as_bytes()));
    let changed = call.shared.accounts.change(DEFAULT, |user| {
        user.set_password(password);
        Ok::<_, std::convert::Infallible>(())
    });
    drop(changed);
}
