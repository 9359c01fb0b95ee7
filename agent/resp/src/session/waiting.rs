//! Clients that wait for keys.

use std::sync::Arc;

use synod_cache::command::{Empty, Spec, Wait};
use synod_cache::keys::partition_of;
use synod_cache::partition::DatabaseKey;

use super::Session;
use crate::Shared;
use crate::part::{Part, Waiter};
use crate::scripting::{self, Later};
use crate::turn::Turn;

/// What a client waits for.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) empty: Empty,
    pub(crate) spec: &'static Spec,
    pub(crate) args: Arc<[Box<[u8]>]>,
    /// When it waits no more, in Unix milliseconds.
    pub(crate) until: Option<i64>,
    pub(crate) turn: Arc<Turn>,
    places: Vec<(usize, DatabaseKey)>,
}

/// What is known of a command that has waited, and is carried out again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waited {
    /// When it waits no more, in Unix milliseconds.
    pub(super) until: Option<i64>,
}

impl Session {
    /// Carries out again what it waits for. It waits no longer than if nobody had looked.
    pub(crate) fn try_again(&mut self, shared: &Shared, now: i64) {
        if let Some(waiting) = &self.waiting {
            if shared.scripting.is_busy() {
                shared
                    .scripting
                    .later(Later::TryAgain(self.worker, self.id));
                return;
            }
            if !waiting.turn.give_up() {
                // Somebody ended it, and says so.
                return;
            }
            let waited = Waited {
                until: waiting.until,
            };
            let (spec, args) = (waiting.spec, Arc::clone(&waiting.args));
            self.stop_waiting(shared);
            let args: Vec<&[u8]> = args.iter().map(|argument| &**argument).collect();
            self.on_keys(shared, now, spec, &args, Some(waited));
        }
    }

    /// Waits at all partitions of the keys, which nobody else came to since the command looked.
    pub(super) fn wait(
        &mut self,
        count: usize,
        until: Option<i64>,
        spec: &'static Spec,
        args: &[&[u8]],
        wait: Wait,
        parts: &mut [(usize, &mut Part)],
    ) {
        let args = match &wait.again {
            Some(again) => again.clone().into(),
            None => args.iter().map(|argument| Box::from(*argument)).collect(),
        };
        let place = |key: &[u8]| (partition_of(key, count), (self.database as u8, key.into()));
        let waiting = Waiting {
            until,
            turn: Arc::default(),
            spec,
            args,
            places: wait.keys.iter().map(|key| place(key)).collect(),
            empty: wait.empty,
        };
        for (index, key) in &waiting.places {
            let waiter = Waiter {
                client: self.id,
                worker: self.worker,
                spec,
                args: Arc::clone(&waiting.args),
                database: self.database,
                protocol: self.reply.protocol(),
                is_whole: parts.len() == 1,
                turn: Arc::clone(&waiting.turn),
                remembers: self.remembers(spec),
            };
            let part = parts.iter_mut().find(|(number, _)| number == index);
            part.expect("it has the partitions of its keys")
                .1
                .wait(key.clone(), waiter);
        }
        self.client.known().turn = Some(Arc::clone(&waiting.turn));
        self.waiting = Some(waiting);
    }

    /// Ends what it waits for, without an answer.
    pub(crate) fn stop_waiting(&mut self, shared: &Shared) {
        if let Some(waiting) = self.waiting.take() {
            shared.counts[self.worker].waited.add(1);
            waiting.turn.end();
            self.client.known().turn = None;
            for (part, key) in &waiting.places {
                // What it is answered shows what is there, whether a script has it by now or not.
                self.kept.shows(*part);
                match scripting::part(shared, *part) {
                    Ok(mut held) => held.forget(key),
                    Err(_) => shared.scripting.later(Later::Forget(*part, key.clone())),
                }
            }
        }
    }
}
