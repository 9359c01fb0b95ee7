//! `SAVE`, `BGSAVE`, `LASTSAVE`, `BGREWRITEAOF`, `WAIT`, `WAITAOF`.
//!
//! All that saves takes a snapshot and cuts the log: there is nothing beside these two. <https://redis.io/docs/latest/commands/waitaof/>

use synod_cache::command::Error;

use super::{FrontCall, unknown};
use crate::persistence::{Asked, Await, Kind, Persistence};

/// What a server without a data directory answers.
const UNKEPT: Error = Error::text(
    "ERR this cache has no data directory, so nothing of it can be saved; start it with one",
);
const SAVES: Error = Error::text("ERR Background save already in progress");

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.command() {
        "bgrewriteaof" => bgrewriteaof(call),
        "bgsave" => bgsave(call),
        "lastsave" => {
            let at = kept(call)?.snapshots.saved_at();
            call.session.reply.integer(at);
            Ok(())
        }
        "save" => save(call),
        "wait" => wait(call),
        "waitaof" => waitaof(call),
        _ => Err(unknown(call.args)),
    }
}

fn kept<'a>(call: &FrontCall<'a>) -> Result<&'a Persistence, Error> {
    call.shared.persistence.as_ref().ok_or(UNKEPT)
}

fn save(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match kept(call)?.snapshots.ask(Kind::Save, false) {
        Asked::Begun(number) => {
            call.session.kept.wait_for(Await::Snapshot(number));
            Ok(())
        }
        _ => Err(SAVES),
    }
}

fn bgsave(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let waits = match call.args[1..] {
        [] => false,
        [word] if word.eq_ignore_ascii_case(b"schedule") => true,
        _ => return Err(Error::Syntax),
    };
    match kept(call)?.snapshots.ask(Kind::Save, waits) {
        Asked::Begun(_) => call.session.reply.simple("Background saving started"),
        Asked::Scheduled => call.session.reply.simple("Background saving scheduled"),
        Asked::UnderWay => return Err(SAVES),
        Asked::OtherUnderWay => {
            return Err(Error::text(
                "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a \
                 BGSAVE whenever possible.",
            ));
        }
    }
    Ok(())
}

fn bgrewriteaof(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let reply = match kept(call)?.snapshots.ask(Kind::Rewrite, true) {
        Asked::Begun(_) => "Background append only file rewriting started",
        Asked::Scheduled => "Background append only file rewriting scheduled",
        Asked::UnderWay | Asked::OtherUnderWay => {
            let text = "ERR Background append only file rewriting already in progress";
            return Err(Error::text(text));
        }
    };
    call.session.reply.simple(reply);
    Ok(())
}

/// There are no replicas.
fn wait(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let replicas = integer(call.args[1]).ok_or(Error::NotInteger)?;
    let timeout = timeout(call.args[2])?;
    if replicas <= 0 || !call.session.kept.may_wait {
        call.session.reply.integer(0);
    } else {
        let until = until(call.now, timeout);
        call.session.kept.wait_for(Await::Replicas { until });
    }
    Ok(())
}

fn waitaof(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let local = integer(call.args[1]).ok_or(Error::NotInteger)?;
    if !(0..=1).contains(&local) {
        return Err(Error::text(
            "ERR value is out of range, value must between 0 and 1",
        ));
    }
    let replicas = integer(call.args[2]).ok_or(Error::NotInteger)?;
    if replicas < 0 {
        return Err(Error::text("ERR value is out of range, must be positive"));
    }
    let timeout = timeout(call.args[3])?;
    let Some(persistence) = &call.shared.persistence else {
        if local > 0 {
            return Err(Error::text(
                "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
            ));
        }
        call.session.reply.array(2);
        call.session.reply.integer(0);
        call.session.reply.integer(0);
        return Ok(());
    };
    // In a transaction the partitions are held, and what it does is not in the log yet; it is told of what was before.
    if call.session.kept.may_wait {
        let held = persistence.hold(call.session, call.shared);
        call.session.kept.still_holds(held);
    }
    let place = call.session.kept.place();
    let is_synced = persistence.journal.synced() >= place;
    let is_there = replicas == 0 && (local == 0 || is_synced);
    if is_there || !call.session.kept.may_wait {
        call.session.reply.array(2);
        call.session.reply.integer(is_synced.into());
        call.session.reply.integer(0);
        return Ok(());
    }
    persistence.journal.want(place);
    call.session.kept.wait_for(Await::Synced {
        place: if local == 0 { 0 } else { place },
        until: until(call.now, timeout),
        needs_replicas: replicas > 0,
    });
    Ok(())
}

/// In milliseconds; 0 is for ever.
fn timeout(text: &[u8]) -> Result<i64, Error> {
    let Some(timeout) = integer(text) else {
        return Err(Error::text("ERR timeout is not an integer or out of range"));
    };
    if timeout < 0 {
        return Err(Error::text("ERR timeout is negative"));
    }
    Ok(timeout)
}

fn until(now: i64, timeout: i64) -> Option<i64> {
    (timeout > 0).then(|| now.saturating_add(timeout))
}

/// A number as Redis reads one: as it would write it.
fn integer(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
