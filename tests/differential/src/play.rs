//! Plays commands at both servers, and compares.

use std::collections::BTreeMap;
use std::io;

use crate::compare::Compare;
use crate::differences;
use crate::peer::{Client, Peer};
use crate::reply::Value;
use crate::stream::Step;

/// Replies that differ, and not in one of the ways that are known.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// What was asked.
    pub(crate) words: Vec<Vec<u8>>,
    pub(crate) ours: Value,
    pub(crate) theirs: Value,
}

/// A command that waits for `EXEC`.
type Queued = (Vec<Vec<u8>>, Compare);

/// Both servers.
pub(crate) struct Stage {
    pub(crate) ours: Peer,
    pub(crate) theirs: Peer,
    /// Of each client.
    queued: Vec<Vec<Queued>>,
    /// How often each of the known differences was met.
    pub(crate) met: BTreeMap<&'static str, u64>,
}

impl Stage {
    pub(crate) fn new(ours: Peer, theirs: Peer) -> Self {
        Self {
            queued: vec![Vec::new(); ours.clients.len()],
            ours,
            theirs,
            met: BTreeMap::new(),
        }
    }

    /// Both are as new.
    pub(crate) fn renew(&mut self) -> io::Result<()> {
        self.queued.iter_mut().for_each(Vec::clear);
        self.ours.renew()?;
        self.theirs.renew()
    }

    /// Plays commands, one client's turn at once; the first difference, and how many commands came up to it.
    pub(crate) fn play(&mut self, steps: &[Step]) -> Option<(usize, Difference)> {
        let mut done = 0;
        while done < steps.len() {
            let turn = turn(&steps[done..]);
            let words: Vec<_> = turn.iter().map(|step| step.words.as_slice()).collect();
            let answers = match turn {
                [step] => vec![self.ask(step.client, &step.words, step.compare)],
                _ => self.ask_all(turn[0].client, &words),
            };
            for (step, (ours, theirs)) in turn.iter().zip(answers) {
                done += 1;
                if let Some(difference) = self.answered(step, ours, theirs) {
                    return Some((done, difference));
                }
            }
        }
        None
    }

    /// Compares what both answered to a command, or takes down that it waits for `EXEC`.
    fn answered(&mut self, step: &Step, ours: Value, theirs: Value) -> Option<Difference> {
        let queued = Value::Simple(b"QUEUED".to_vec());
        if ours == queued && theirs == queued {
            self.queued[step.client].push((step.words.clone(), step.compare));
            return None;
        }
        let ends = ["exec", "discard", "reset"];
        let is_end = ends
            .iter()
            .any(|end| step.words[0].eq_ignore_ascii_case(end.as_bytes()));
        if !is_end {
            return self.compared(&step.words, step.compare, ours, theirs);
        }
        let queued = std::mem::take(&mut self.queued[step.client]);
        if let (Value::Array(all_ours), Value::Array(all_theirs)) = (&ours, &theirs)
            && all_ours.len() == queued.len()
            && all_theirs.len() == queued.len()
        {
            let pairs = all_ours.iter().zip(all_theirs);
            return queued
                .into_iter()
                .zip(pairs)
                .find_map(|((words, compare), (ours, theirs))| {
                    self.compared(&words, compare, ours.clone(), theirs.clone())
                });
        }
        self.compared(&step.words, step.compare, ours, theirs)
    }

    /// The replies of both.
    pub(crate) fn ask(
        &mut self,
        client: usize,
        words: &[Vec<u8>],
        compare: Compare,
    ) -> (Value, Value) {
        let (ours, theirs) = (
            &mut self.ours.clients[client],
            &mut self.theirs.clients[client],
        );
        if compare == Compare::Walk {
            return (walk(ours, words), walk(theirs, words));
        }
        ours.send(&[words]);
        theirs.send(&[words]);
        (ours.reply(), theirs.reply())
    }

    /// The replies of both to several commands, which are sent at once.
    pub(crate) fn ask_all(&mut self, client: usize, words: &[&[Vec<u8>]]) -> Vec<(Value, Value)> {
        let peers = [&mut self.ours, &mut self.theirs];
        let [ours, theirs] = peers.map(|peer| &mut peer.clients[client]);
        ours.send(words);
        theirs.send(words);
        let answers = words.iter().map(|_| (ours.reply(), theirs.reply()));
        answers.collect()
    }

    /// Compares what both answered.
    pub(crate) fn compared(
        &mut self,
        words: &[Vec<u8>],
        compare: Compare,
        ours: Value,
        theirs: Value,
    ) -> Option<Difference> {
        if compare.are_equal(&ours, &theirs) {
            return None;
        }
        if let Some(known) = differences::known(words, compare, &ours, &theirs) {
            *self.met.entry(known).or_default() += 1;
            return None;
        }
        Some(Difference {
            words: words.to_vec(),
            ours,
            theirs,
        })
    }
}

/// So many bytes are sent at once at most: a server that cannot send its replies need not read more.
const SENT_BYTES_MAX: usize = 32 * 1024;

/// Commands that can be sent at once: of one client, and no walks, each of which is asked for by itself.
fn turn(steps: &[Step]) -> &[Step] {
    let first = &steps[0];
    let mut bytes = 0;
    let length = steps.iter().position(|step| {
        bytes += step.words.iter().map(Vec::len).sum::<usize>();
        step.client != first.client || step.compare == Compare::Walk || bytes > SENT_BYTES_MAX
    });
    &steps[..length.unwrap_or(steps.len()).max(1)]
}

/// No walk takes so many steps.
const WALK_STEPS_MAX: usize = 10_000;

/// What a whole walk brings, each thing once; if the first step fails, its reply.
fn walk(client: &mut Client, words: &[Vec<u8>]) -> Value {
    let is_scan = words[0].eq_ignore_ascii_case(b"scan");
    let pairs = [&b"hscan"[..], b"zscan"]
        .iter()
        .any(|name| words[0].eq_ignore_ascii_case(name));
    let at = if is_scan { 1 } else { 2 };
    let mut words = words.to_vec();
    let mut all = Vec::new();
    for _ in 0..WALK_STEPS_MAX {
        let reply = client.ask(&words);
        let Some([cursor, elements]) = reply.elements() else {
            return reply;
        };
        let (Some(cursor), Some(elements)) = (cursor.bytes(), elements.elements()) else {
            return reply;
        };
        let chunks = elements.chunks(if pairs { 2 } else { 1 });
        all.extend(chunks.map(|chunk| Value::Array(chunk.to_vec())));
        if cursor == b"0" {
            all.sort();
            all.dedup();
            return Value::Array(all);
        }
        words[at] = cursor.to_vec();
    }
    Value::Error(b"the walk does not end".to_vec())
}
