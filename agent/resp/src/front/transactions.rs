//! `MULTI`, `EXEC`, `DISCARD`, `WATCH`, `UNWATCH`.

use synod_cache::command::{Call, Error, Run};
use synod_cache::keys::{Keys, partition_of};

use crate::Shared;
use crate::part::{Part, lock};
use crate::session::{Session, all};
use crate::transaction::{Queued, Transaction, Watched};

use super::{FrontCall, unknown};

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let (command, shared, now) = (call.command(), call.shared, call.now);
    let session = &mut *call.session;
    match command {
        "multi" => multi(session),
        "exec" => exec(session, shared, now),
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
            let mut held = lock(&shared.parts[part]);
            held.partition.set_now(now);
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
fn exec(session: &mut Session, shared: &Shared, now: i64) -> Result<(), Error> {
    let Some(transaction) = session.transaction.take() else {
        return Err(Error::Other("ERR EXEC without MULTI".into()));
    };
    if transaction.failed {
        session.unwatch(shared);
        let text = "EXECABORT Transaction discarded because of previous errors.";
        return Err(Error::Other(text.into()));
    }
    let mut parts = all(shared);
    for part in &mut parts {
        part.partition.set_now(now);
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
    session.reply.array(transaction.queue.len());
    for queued in &transaction.queue {
        let mut held: Vec<_> = parts.iter_mut().map(|part| &mut **part).collect();
        one(session, shared, now, queued, &mut held);
    }
    for part in &mut parts {
        part.serve(&shared.mailboxes);
    }
    Ok(())
}

fn one(session: &mut Session, shared: &Shared, now: i64, queued: &Queued, parts: &mut [&mut Part]) {
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
        };
        return call.run();
    }
    let (may_read_any, is_quiet) = (
        session.may_read_any(queued.spec, &args),
        session.is_quiet(queued.spec),
    );
    let set_quiet = |parts: &mut [&mut Part], is_quiet| {
        parts
            .iter_mut()
            .for_each(|part| part.partition.set_quiet(is_quiet));
    };
    if is_quiet {
        set_quiet(parts, true);
    }
    {
        let mut partitions: Vec<_> = parts.iter_mut().map(|part| &mut part.partition).collect();
        let keys = Keys::new(&mut partitions, session.database);
        let mut call = Call::new(&args, keys, &mut session.reply);
        call.may_wait = false;
        call.may_read_any = may_read_any;
        call.run(queued.spec);
    }
    if is_quiet {
        set_quiet(parts, false);
    }
}
