//! `CLIENT TRACKING`, `CLIENT CACHING`, `CLIENT GETREDIR`, `CLIENT TRACKINGINFO`

use std::collections::BTreeSet;
use std::sync::Arc;

use synod_cache::command::Error;
use synod_cache::integer;

use crate::front::{FrontCall, unknown};
use crate::tracking::{Mode, Tracking};

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.spec.name {
        "caching" => return caching(call),
        "getredir" => {
            let redirect = redirect(call.session.tracking());
            call.session.reply.integer(redirect);
        }
        "tracking" => return tracking(call),
        "trackinginfo" => info(call),
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}

/// `ON | OFF [REDIRECT client] [BCAST] [PREFIX prefix ...] [OPTIN] [OPTOUT] [NOLOOP]`
fn tracking(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let options = Options::parse(call)?;
    let is = |word: &str| call.args[2].eq_ignore_ascii_case(word.as_bytes());
    let tracking = if is("on") {
        Some(options.with(call.session.tracking())?)
    } else if is("off") {
        None
    } else {
        return Err(Error::Syntax);
    };
    call.session.set_tracking(tracking, call.shared);
    call.session.reply.ok();
    Ok(())
}

#[derive(Default)]
struct Options<'a> {
    redirect: Option<u64>,
    broadcasts: bool,
    opts_in: bool,
    opts_out: bool,
    no_loop: bool,
    prefixes: Vec<&'a [u8]>,
}

impl<'a> Options<'a> {
    fn parse(call: &FrontCall<'a>) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut words = &call.args[3..];
        while let [word, rest @ ..] = words {
            words = rest;
            match (word.to_ascii_lowercase().as_slice(), words) {
                (b"redirect", [id, rest @ ..]) => {
                    options.redirect = Some(options.redirected(call, id)?);
                    words = rest;
                }
                (b"prefix", [prefix, rest @ ..]) => {
                    options.prefixes.push(prefix);
                    words = rest;
                }
                (b"bcast", _) => options.broadcasts = true,
                (b"optin", _) => options.opts_in = true,
                (b"optout", _) => options.opts_out = true,
                (b"noloop", _) => options.no_loop = true,
                _ => return Err(Error::Syntax),
            }
        }
        Ok(options)
    }

    fn redirected(&self, call: &FrontCall<'_>, id: &[u8]) -> Result<u64, Error> {
        if self.redirect.is_some() {
            return Err(Error::text(
                "ERR A client can only redirect to a single other client",
            ));
        }
        let id = integer(id).ok_or(Error::NotInteger)?;
        let known = u64::try_from(id).ok();
        let known = known.filter(|id| call.shared.clients.of(*id).is_some());
        known.ok_or(Error::text(
            "ERR The client ID you want redirect to does not exist",
        ))
    }

    /// What becomes of what a client asked for before.
    fn with(self, before: Option<&Tracking>) -> Result<Tracking, Error> {
        if !self.broadcasts && !self.prefixes.is_empty() {
            return Err(Error::text(
                "ERR PREFIX option requires BCAST mode to be enabled",
            ));
        }
        let broadcast = before.map(|before| before.prefixes().is_some());
        if broadcast.is_some_and(|broadcast| broadcast != self.broadcasts) {
            return Err(Error::text(
                "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.",
            ));
        }
        if self.broadcasts && (self.opts_in || self.opts_out) {
            return Err(Error::text(
                "ERR OPTIN and OPTOUT are not compatible with BCAST",
            ));
        }
        if self.opts_in && self.opts_out {
            return Err(Error::text(
                "ERR You can't specify both OPTIN mode and OPTOUT mode",
            ));
        }
        let was = |mode: Mode| before.is_some_and(|before| before.mode == mode);
        if self.opts_in && was(Mode::OptOut) || self.opts_out && was(Mode::OptIn) {
            return Err(Error::text(
                "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.",
            ));
        }
        let mode = match (self.broadcasts, self.opts_in, self.opts_out) {
            (true, ..) => Mode::Broadcast(self.followed(before)?),
            (_, true, _) => Mode::OptIn,
            (_, _, true) => Mode::OptOut,
            _ => Mode::Reads,
        };
        Ok(Tracking {
            mode,
            no_loop: self.no_loop,
            redirect: self.redirect,
            is_broken: false,
            is_caching: before.is_some_and(|before| before.is_caching),
        })
    }

    /// These prefixes with those of before. A key that begins as one of them does not begin as another one.
    fn followed(&self, before: Option<&Tracking>) -> Result<BTreeSet<Arc<[u8]>>, Error> {
        let before = before.and_then(Tracking::prefixes);
        let mut all = before.cloned().unwrap_or_default();
        for (index, prefix) in self.prefixes.iter().enumerate() {
            let overlaps = |other: &[u8]| prefix.starts_with(other) || other.starts_with(prefix);
            let shown = String::from_utf8_lossy;
            let others = before.into_iter().flatten();
            if let Some(other) = others.map(|it| &**it).find(|it| overlaps(it)) {
                let words = format!(
                    "ERR Prefix '{}' overlaps with an existing prefix '{}'. Prefixes for a single client must not overlap.",
                    shown(prefix),
                    shown(other)
                );
                return Err(Error::Other(words.into()));
            }
            if let Some(other) = self.prefixes[index + 1..].iter().find(|it| overlaps(it)) {
                let words = format!(
                    "ERR Prefix '{}' overlaps with another provided prefix '{}'. Prefixes for a single client must not overlap.",
                    shown(prefix),
                    shown(other)
                );
                return Err(Error::Other(words.into()));
            }
        }
        all.extend(self.prefixes.iter().map(|prefix| Arc::from(*prefix)));
        if self.prefixes.is_empty() {
            all.insert(Arc::from(&b""[..]));
        }
        Ok(all)
    }
}

/// `YES | NO`
fn caching(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let listening = call.session.listening.as_mut();
    let Some(tracking) = listening.and_then(|it| it.tracking.as_mut()) else {
        return Err(Error::text(
            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
        ));
    };
    let is = |word: &str| call.args[2].eq_ignore_ascii_case(word.as_bytes());
    if is("yes") && tracking.mode != Mode::OptIn {
        return Err(Error::text(
            "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.",
        ));
    }
    if is("no") && tracking.mode != Mode::OptOut {
        return Err(Error::text(
            "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.",
        ));
    }
    if !is("yes") && !is("no") {
        return Err(Error::Syntax);
    }
    tracking.is_caching = true;
    call.session.reply.ok();
    Ok(())
}

/// The client that is told instead, as `CLIENT GETREDIR` shows it.
fn redirect(tracking: Option<&Tracking>) -> i64 {
    let redirect = tracking.map(|tracking| tracking.redirect.unwrap_or(0));
    redirect.map_or(-1, u64::cast_signed)
}

fn info(call: &mut FrontCall<'_>) {
    let tracking = call.session.tracking().cloned();
    let reply = &mut call.session.reply;
    reply.map(3);
    reply.bulk(b"flags");
    let flags = flags(tracking.as_ref());
    reply.set(flags.len());
    flags.iter().for_each(|flag| reply.bulk(flag.as_bytes()));
    reply.bulk(b"redirect");
    reply.integer(redirect(tracking.as_ref()));
    reply.bulk(b"prefixes");
    let prefixes = tracking.as_ref().and_then(Tracking::prefixes);
    reply.array(prefixes.map_or(0, BTreeSet::len));
    for prefix in prefixes.into_iter().flatten() {
        reply.bulk(prefix);
    }
}

fn flags(tracking: Option<&Tracking>) -> Vec<&'static str> {
    let Some(tracking) = tracking else {
        return vec!["off"];
    };
    let mode: &[&str] = match (&tracking.mode, tracking.is_caching) {
        (Mode::Reads, _) => &[],
        (Mode::Broadcast(_), _) => &["bcast"],
        (Mode::OptIn, false) => &["optin"],
        (Mode::OptIn, true) => &["optin", "caching-yes"],
        (Mode::OptOut, false) => &["optout"],
        (Mode::OptOut, true) => &["optout", "caching-no"],
    };
    let mut flags = [&["on"], mode].concat();
    flags.extend(tracking.no_loop.then_some("noloop"));
    flags.extend(tracking.is_broken.then_some("broken_redirect"));
    flags
}
