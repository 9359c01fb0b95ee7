//! A seed's commands, one after another: they depend on nothing but the seed and the grammar.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use fastrand::Rng;

use crate::compare::Compare;
use crate::grammar::{Grammar, Line, Rule, Shape, pool};
use crate::words::escaped;

/// A command of a client.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The how manieth of the seed.
    pub(crate) index: usize,
    pub(crate) client: usize,
    pub(crate) words: Vec<Vec<u8>>,
    pub(crate) compare: Compare,
}

/// So many clients play in turns.
pub(crate) const CLIENTS: usize = 2;
/// So many commands at most until another client's turn.
const TURN_MAX: usize = 30;
/// One of so many commands is another one than the grammar says.
const WRONG_ONE_IN: usize = 12;
/// A transaction begins once in so many commands.
const TRANSACTION_ONE_IN: usize = 40;
/// So many commands at most are in a transaction.
const TRANSACTION_MAX: usize = 6;
/// A line that is rare comes once in so many times that it is chosen.
const RARE_ONE_IN: usize = 50;

/// All commands of a seed.
pub(crate) struct Stream<'a> {
    grammar: &'a Grammar,
    groups: Vec<&'a [Line]>,
    is_known: fn(&[Vec<u8>]) -> bool,
    /// Commands that were left out, since nobody knows them.
    pub(crate) missing: BTreeSet<String>,
    rng: Rng,
    index: usize,
    client: usize,
    turn: usize,
    /// Of each client that is in a transaction: how many commands are still to come in it.
    transactions: [Option<usize>; CLIENTS],
    next: VecDeque<Step>,
    /// Words that are the same in all of a line.
    bound: BTreeMap<String, Vec<u8>>,
}

impl<'a> Stream<'a> {
    /// Of commands that are known; only of these groups, if any are named.
    pub(crate) fn new(
        grammar: &'a Grammar,
        groups: &[String],
        seed: u64,
        is_known: fn(&[Vec<u8>]) -> bool,
    ) -> Self {
        let wanted = |name: &str| groups.is_empty() || groups.iter().any(|group| group == name);
        let groups = grammar.groups.iter().filter(|(name, _)| wanted(name));
        Self {
            grammar,
            groups: groups.map(|(_, lines)| lines.as_slice()).collect(),
            is_known,
            missing: BTreeSet::new(),
            rng: Rng::with_seed(seed),
            index: 0,
            client: 0,
            turn: 0,
            transactions: [None; CLIENTS],
            next: VecDeque::new(),
            bound: BTreeMap::new(),
        }
    }

    /// What is played next.
    pub(crate) fn step(&mut self) -> Step {
        while self.next.is_empty() {
            self.more();
        }
        self.next.pop_front().expect("there is one")
    }

    fn more(&mut self) {
        if self.turn == 0 {
            self.client = self.rng.usize(..CLIENTS);
            self.turn = 1 + self.rng.usize(..TURN_MAX);
        }
        self.turn -= 1;
        let begins = self.one_in(TRANSACTION_ONE_IN);
        match self.transactions[self.client] {
            Some(0) => {
                self.transactions[self.client] = None;
                let ends = if self.one_in(8) { "discard" } else { "exec" };
                self.put(vec![ends.into()], Compare::Exact);
            }
            Some(left) => {
                self.transactions[self.client] = Some(left - 1);
                self.line();
            }
            None if begins => {
                let length = 1 + self.rng.usize(..TRANSACTION_MAX);
                self.transactions[self.client] = Some(length);
                self.put(vec!["multi".into()], Compare::Exact);
            }
            None => self.line(),
        }
    }

    /// A line of the grammar, if it can be played now.
    fn line(&mut self) {
        let group = self.groups[self.rng.usize(..self.groups.len())];
        let line = &group[self.rng.usize(..group.len())];
        let is_in_transaction = self.transactions[self.client].is_some();
        if is_in_transaction && line.iter().any(|command| command.rule.is_alone) {
            return;
        }
        if line.iter().any(|command| command.rule.is_rare) && !self.one_in(RARE_ONE_IN) {
            return;
        }
        self.bound.clear();
        for command in line {
            let mut words = Vec::new();
            self.words(&command.shapes, &mut words);
            if !(self.is_known)(&words) {
                let is_command = (self.is_known)(&words[..1]);
                let name = words.iter().take(if is_command { 2 } else { 1 });
                let name: Vec<_> = name.map(|word| escaped(word)).collect();
                self.missing.insert(name.join("|"));
                return;
            }
            if !command.rule.is_fixed && self.one_in(WRONG_ONE_IN) {
                if command.rule.compare == Compare::Walk {
                    // A cursor that nobody gave leads anywhere.
                    let junk = self.named("junk");
                    words.push(junk);
                } else {
                    self.spoil(&mut words, &command.rule);
                }
            }
            self.put(words, command.rule.compare);
        }
    }

    fn put(&mut self, words: Vec<Vec<u8>>, compare: Compare) {
        self.next.push_back(Step {
            index: self.index,
            client: self.client,
            words,
            compare,
        });
        self.index += 1;
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.rng.usize(..count) == 0
    }

    fn words(&mut self, shapes: &[Shape], words: &mut Vec<Vec<u8>>) {
        for shape in shapes {
            match shape {
                Shape::Word(word) => {
                    let word = self.computed(word);
                    words.push(word);
                }
                Shape::Named(name) => {
                    let word = match self.bound.get(name) {
                        Some(word) => word.clone(),
                        None => self.named(pool(name)),
                    };
                    if name.contains('@') {
                        self.bound.insert(name.clone(), word.clone());
                    }
                    words.push(word);
                }
                Shape::Optional(choices) => {
                    if self.rng.bool() {
                        let choice = self.rng.usize(..choices.len());
                        self.words(&choices[choice], words);
                    }
                }
                Shape::Choice(choices) => {
                    let choice = self.rng.usize(..choices.len());
                    self.words(&choices[choice], words);
                }
                Shape::Repeated {
                    shapes,
                    least,
                    most,
                } => {
                    for _ in 0..self.rng.usize(*least..=*most) {
                        self.words(shapes, words);
                    }
                }
                Shape::Counted(shapes) => {
                    let count = 1 + self.rng.usize(..3);
                    let said = if self.one_in(16) {
                        self.named("junk")
                    } else {
                        count.to_string().into()
                    };
                    words.push(said);
                    for _ in 0..count {
                        self.words(shapes, words);
                    }
                }
            }
        }
    }

    fn named(&mut self, name: &str) -> Vec<u8> {
        let grammar = self.grammar;
        let shapes = &grammar.words[name];
        let chosen = self.rng.usize(..shapes.len());
        let mut words = Vec::new();
        self.words(&shapes[chosen..=chosen], &mut words);
        words.swap_remove(0)
    }

    /// Some words stand for others: `$step` for a number that grows, `$far` for a number of seconds, `$near` for a small number, and
    /// `$repeat:65:x` for itself so many times.
    fn computed(&mut self, word: &[u8]) -> Vec<u8> {
        if !word.contains(&b'$') {
            return word.to_vec();
        }
        let text = String::from_utf8_lossy(word).into_owned();
        if let Some((count, what)) = text
            .strip_prefix("$repeat:")
            .and_then(|rest| rest.split_once(':'))
        {
            return what.repeat(count.parse().expect("a number")).into();
        }
        let far = self.rng.u64(100_000..100_000_000).to_string();
        let near = self.rng.u64(..200).to_string();
        text.replace("$step", &(1000 + self.index).to_string())
            .replace("$far", &far)
            .replace("$near", &near)
            .into()
    }

    /// Makes another command of it, which is wrong most often.
    fn spoil(&mut self, words: &mut Vec<Vec<u8>>, rule: &Rule) {
        let junk = self.named(if rule.has_times { "junk_time" } else { "junk" });
        let at = self.rng.usize(..words.len());
        let other = self.rng.usize(..words.len());
        match self.rng.usize(..6) {
            0 => drop(words.pop_if(|_| at > 0)),
            1 => words.push(junk),
            2 if at > 0 => words[at] = junk,
            3 if at > 0 && other > 0 && !rule.has_times => words.swap(at, other),
            4 if at > 0 && !rule.has_times => words.insert(at, words[other.max(1)].clone()),
            _ => words[0].make_ascii_uppercase(),
        }
    }
}
