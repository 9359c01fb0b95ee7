//! `MULTI`, `EXEC`, `DISCARD`, `WATCH`, `UNWATCH`.

use synod_cache::command::{Call, Error, Run};
use synod_cache::keys::{Keys, partition_of};

use crate::Shared;
use crate::part::{Part, Parts};
use crate::scripting::{self, Attend, reborrowed};
use crate::session::{Session, set_quiet};
use crate::transaction::{Queued, Transaction, Watched};

use super::{FrontCall, runs_scripts, unknown};

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let (command, shared, now) = (call.command(), call.shared, call.now);
    let attendant = call.attendant.take();
    let session = &mut *call.session;
    match command {
        "multi" => multi(session),
        "exec" => exec(session, shared, now, attendant),
        "discard" => discard(session, shared),
        "watch" => watch(session, shared, now, &call.args[1..]),
        "unwatch" => {
            unwatch(session, shared);
            Ok(())
        }
        _ => Err(unknown(call.args)),
    }
}

fn multi(session: &mut Session) -> Result<(), Error> {
    if session.transaction.is_some() {
        return Err(Error::Other("ERR MULTI calls can not be nested".into()));
    }
    session.transaction = Some(Transaction::default());
    session.reply.ok();
    Ok(())
}

fn discard(session: &mut Session, shared: &Shared) -> Result<(), Error> {
    if session.transaction.take().is_none() {
        return Err(Error::Other("ERR DISCARD without MULTI".into()));
    }
    session.unwatch(shared);
    session.reply.ok();
    Ok(())
}

fn watch(session: &mut Session, shared: &Shared, now: i64, keys: &[&[u8]]) -> Result<(), Error> {
    if session.transaction.is_some() {
        return Err(Error::Other("ERR WATCH inside MULTI is not allowed".into()));
    }
    for key in keys {
        let part = partition_of(key, shared.parts.len());
        let key = (session.database as u8, Box::from(*key));
        let is_new = !session.watched.iter().any(|watched| watched.key == key);
        if is_new {
            let mut held = scripting::part(shared, part)?;
            held.begin(shared, now);
            let since = held.partition.watch(&key);
            session.watched.push(Watched { part, key, since });
        }
    }
    session.reply.ok();
    Ok(())
}

fn unwatch(session: &mut Session, shared: &Shared) {
    session.unwatch(shared);
    session.reply.ok();
}

/// Carries out what was queued, with nothing in between, unless what was watched was changed.
fn exec(
    session: &mut Session,
    shared: &Shared,
    now: i64,
    mut attendant: Option<&mut dyn Attend>,
) -> Result<(), Error> {
    let Some(transaction) = session.transaction.take() else {
        return Err(Error::Other("ERR EXEC without MULTI".into()));
    };
    if transaction.failed {
        session.unwatch(shared);
        let text = "EXECABORT Transaction discarded because of previous errors.";
        return Err(Error::Other(text.into()));
    }
    let mut parts = scripting::all(shared)?;
    session.kept.shows_all();
    if transaction.queue.iter().any(|it| runs_scripts(it.spec)) {
        parts.keep();
    }
    for part in parts.iter_mut() {
        part.begin(shared, now);
    }
    let watched = std::mem::take(&mut session.watched);
    let is_unchanged = watched.iter().all(|watched| {
        let partition = &parts[watched.part].partition;
        partition.is_unchanged(&watched.key, watched.since)
    });
    for watched in &watched {
        parts[watched.part].partition.unwatch(&watched.key);
    }
    if !is_unchanged {
        session.reply.null_array();
        return Ok(());
    }
    session.kept.may_wait = false;
    session.executed = Some(transaction.queue.len());
    session.reply.array(transaction.queue.len());
    let began = session.began;
    for queued in &transaction.queue {
        let mut held: Vec<_> = parts
            .iter_mut()
            .map(|part| &mut **part)
            .enumerate()
            .collect();
        let before = session.reply.bytes().len();
        let attendant = reborrowed(&mut attendant);
        one(session, shared, now, queued, &mut held, attendant);
        session.measure_queued(shared, now, queued, before);
    }
    session.kept.may_wait = true;
    session.executed = None;
    session.began = began;
    for part in parts.iter_mut() {
        part.serve(shared);
        if shared.memory.is_bound() {
            shared.memory.told(part);
        }
    }
    Ok(())
}

fn one(
    session: &mut Session,
    shared: &Shared,
    now: i64,
    queued: &Queued,
    parts: &mut [(usize, &mut Part)],
    mut attendant: Option<&mut dyn Attend>,
) {
    let args: Vec<&[u8]> = queued.args.iter().map(|argument| &**argument).collect();
    if let Err(error) = session.permit_queued(shared, now, &args) {
        return session.reply.error(&error.to_string());
    }
    if !matches!(queued.spec.run, Run::Keys(_)) {
        let call = FrontCall {
            session,
            shared,
            now,
            spec: queued.spec,
            args: &args,
            parts: Parts::Held(parts.iter_mut().map(|(_, part)| &mut **part).collect()),
            attendant: reborrowed(&mut attendant),
        };
        call.run();
        return session.show(shared, queued.spec, &args);
    }
    let (may_read_any, is_quiet) = (
        session.may_read_any(queued.spec, &args),
        session.is_quiet(queued.spec),
    );
    // What was asked for by a command before holds for this one.
    for (_, part) in parts.iter_mut() {
        part.begin(shared, now);
    }
    if is_quiet {
        set_quiet(parts, true);
    }
    {
        let partitions = parts.iter_mut().map(|(_, part)| &mut part.partition);
        let mut partitions: Vec<_> = partitions.collect();
        let keys = Keys::new(&mut partitions, session.database);
        let mut call = Call::new(&args, keys, &mut session.reply);
        call.may_wait = false;
        call.may_read_any = may_read_any;
        call.run(queued.spec);
    }
    if is_quiet {
        set_quiet(parts, false);
    }
    session.show(shared, queued.spec, &args);
    session.tell(shared, queued.spec, &args, parts);
}
