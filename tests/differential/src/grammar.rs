//! Commands as data: the files of `grammar/`, one for each group, and `grammar/words.txt`.
//!
//! A line is a command, or several with `;` between them that are always played together. A word stands for itself; `<name>` for
//! one of the words of that name, `<name@1>` for the same one at all its places in the line; `[a | b]` for one of these or nothing, `(a | b)` for one of these, `{a}` for some, `{{a}}` for many,
//! and `#{a}` for some with their number before them. Behind `:` is how the replies are compared and what may be done with the
//! command: see [`Rule`].

use std::collections::BTreeMap;

use crate::compare::Compare;
use crate::words::unescaped;

/// What a part of a command may be.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Word(Vec<u8>),
    /// One of the words of this name; behind `@`, which of them it is in the whole line.
    Named(String),
    /// One of these, or nothing.
    Optional(Vec<Vec<Self>>),
    /// One of these.
    Choice(Vec<Vec<Self>>),
    Repeated {
        shapes: Vec<Self>,
        least: usize,
        most: usize,
    },
    /// Some, with their number before them.
    Counted(Vec<Self>),
}

/// How a command's replies are compared, and what may be done with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) compare: Compare,
    /// It is played as it is written: what it does depends on chance, or takes long, if it is another one.
    pub(crate) is_fixed: bool,
    /// Not in a transaction.
    pub(crate) is_alone: bool,
    /// Among its words are times, which are to be past or far.
    pub(crate) has_times: bool,
    /// It comes so much less often than others.
    pub(crate) is_rare: bool,
}

/// A command, and how its replies are compared.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) shapes: Vec<Shape>,
    pub(crate) rule: Rule,
}

/// Commands that are played together.
pub(crate) type Line = Vec<Command>;

/// All that may be played.
#[derive(Debug, Default)]
pub(crate) struct Grammar {
    /// Of each group, by its name.
    pub(crate) groups: BTreeMap<&'static str, Vec<Line>>,
    pub(crate) words: BTreeMap<String, Vec<Shape>>,
}

impl Grammar {
    /// Of these files: names and texts.
    pub(crate) fn new(words: &str, groups: &[(&'static str, &str)]) -> Self {
        let named = |line: &str| {
            let (name, words) = line.split_once(':').expect("a name and its words");
            (name.trim().to_owned(), shapes(words))
        };
        let grammar = Self {
            groups: groups
                .iter()
                .map(|(name, text)| (*name, lines(text).map(commands).collect()))
                .collect(),
            words: lines(words).map(named).collect(),
        };
        grammar.check();
        grammar
    }

    /// Every name has words.
    fn check(&self) {
        let commands = self.groups.values().flatten().flatten();
        let shapes = commands.flat_map(|command| &command.shapes);
        let mut left: Vec<_> = shapes.chain(self.words.values().flatten()).collect();
        while let Some(shape) = left.pop() {
            match shape {
                Shape::Word(_) => {}
                Shape::Named(name) => {
                    let name = pool(name);
                    assert!(
                        self.words.contains_key(name),
                        "no words are called <{name}>"
                    );
                }
                Shape::Optional(choices) | Shape::Choice(choices) => {
                    left.extend(choices.iter().flatten());
                }
                Shape::Repeated { shapes, .. } | Shape::Counted(shapes) => left.extend(shapes),
            }
        }
    }
}

/// What words are called, without which of them they are.
pub(crate) fn pool(name: &str) -> &str {
    name.split_once('@').map_or(name, |(name, _)| name)
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("# "))
}

fn commands(line: &str) -> Line {
    line.split(" ; ").map(command).collect()
}

fn command(text: &str) -> Command {
    let (text, rule) = text.split_once(" : ").unwrap_or((text, ""));
    Command {
        shapes: shapes(text),
        rule: rule_of(rule),
    }
}

fn rule_of(text: &str) -> Rule {
    let mut rule = Rule::default();
    for word in text.split_whitespace() {
        match word {
            "fixed" => rule.is_fixed = true,
            "alone" => rule.is_alone = true,
            "times" => rule.has_times = true,
            "rare" => rule.is_rare = true,
            _ => rule.compare = Compare::named(word),
        }
        rule.is_alone |= rule.compare == Compare::Walk;
    }
    rule
}

fn shapes(text: &str) -> Vec<Shape> {
    let tokens = tokens(text);
    let mut rest = tokens.as_slice();
    let mut choices = choices(&mut rest);
    assert!(rest.is_empty() && choices.len() == 1, "in {text}");
    choices.remove(0)
}

/// Brackets and bars by themselves, words as they are.
fn tokens(text: &str) -> Vec<&str> {
    const MARKS: [&str; 9] = ["#{", "{{", "}}", "[", "]", "(", ")", "{", "}"];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark));
        let length = match mark {
            Some(mark) => mark.len(),
            None if rest.starts_with('"') => quoted(rest),
            None => {
                let ends = |at: char| at.is_whitespace() || "[](){}|".contains(at);
                rest.find(ends).unwrap_or(rest.len()).max(1)
            }
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

/// How long the word in quotes is with which it begins.
fn quoted(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    panic!("a quote does not end: {text}");
}

/// What is between two brackets, parted by bars.
fn choices(rest: &mut &[&str]) -> Vec<Vec<Shape>> {
    let mut choices = vec![Vec::new()];
    while let Some((token, after)) = rest.split_first() {
        if matches!(*token, "]" | ")" | "}" | "}}") {
            break;
        }
        *rest = after;
        let shape = match *token {
            "|" => {
                choices.push(Vec::new());
                continue;
            }
            "[" => Shape::Optional(within(rest, "]")),
            "(" => Shape::Choice(within(rest, ")")),
            "{" => repeated(within(rest, "}"), 1, 4),
            "{{" => repeated(within(rest, "}}"), 60, 180),
            "#{" => Shape::Counted(within(rest, "}").remove(0)),
            _ => named_or_word(token),
        };
        choices.last_mut().expect("there is one").push(shape);
    }
    choices
}

fn within(rest: &mut &[&str], end: &str) -> Vec<Vec<Shape>> {
    let choices = choices(rest);
    assert_eq!(
        rest.first(),
        Some(&end),
        "a bracket does not end: {choices:?}"
    );
    *rest = &rest[1..];
    choices
}

fn repeated(mut choices: Vec<Vec<Shape>>, least: usize, most: usize) -> Shape {
    let shapes = if choices.len() == 1 {
        choices.remove(0)
    } else {
        vec![Shape::Choice(choices)]
    };
    Shape::Repeated {
        shapes,
        least,
        most,
    }
}

fn named_or_word(token: &str) -> Shape {
    let name = token.strip_prefix('<').and_then(|it| it.strip_suffix('>'));
    match name {
        Some(name) => Shape::Named(name.to_owned()),
        None => Shape::Word(unescaped(token)),
    }
}
