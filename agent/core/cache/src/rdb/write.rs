//! Writes values.

use super::listpack::Listpack;
use super::output::Output;
use super::value::{Bytes, Value};
use super::{hash, intset, kind, stream};
use crate::number::{double_text, integer};

/// How a value is written.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Whether a hash, a set or a sorted set is packed into one string, as Redis keeps a small one.
    pub is_small: bool,
    /// For readers of this version.
    pub version: u16,
    /// Whether strings are compressed.
    pub compresses: bool,
}

/// Nodes of lists are not longer, unless a single element is.
const NODE_BYTES_MAX: usize = 8192;

/// Writes type and body of a value.
pub fn write(value: &Value<'_>, form: Form, out: &mut Vec<u8>) {
    let out = &mut Output::new(out, form.compresses);
    match value {
        Value::String(bytes) => {
            out.push(kind::STRING);
            out.string(bytes);
        }
        Value::List(elements) => list(out, elements),
        Value::Set(members) => set(out, members, form),
        Value::SortedSet(scored) if form.is_small => {
            let mut listpack = Listpack::new();
            for (member, score) in scored {
                listpack.push(member);
                push_score(&mut listpack, *score);
            }
            out.push(kind::SORTED_SET_LISTPACK);
            out.string(&listpack.into_bytes());
        }
        Value::SortedSet(scored) => {
            out.push(kind::SORTED_SET);
            out.number(scored.len() as u64);
            // Redis begins with the last, for readers that put each before all the others.
            for (member, score) in scored.iter().rev() {
                out.string(member);
                out.extend_from_slice(&score.to_le_bytes());
            }
        }
        Value::Hash(fields) => hash::write(fields, form.is_small, out),
        Value::Stream(stream) => stream::write(stream, form.version, out),
    }
}

fn list(out: &mut Output<'_>, elements: &[Bytes<'_>]) {
    const SOME: u64 = 2;
    let mut nodes = Vec::new();
    let mut node = Listpack::new();
    let mut is_empty = true;
    for element in elements {
        if !is_empty && node.length() + element.len() > NODE_BYTES_MAX {
            nodes.push(std::mem::replace(&mut node, Listpack::new()));
        }
        node.push(element);
        is_empty = false;
    }
    if !is_empty {
        nodes.push(node);
    }
    out.push(kind::QUICKLIST_2);
    out.number(nodes.len() as u64);
    for node in nodes {
        out.number(SOME);
        out.string(&node.into_bytes());
    }
}

fn set(out: &mut Output<'_>, members: &[Bytes<'_>], form: Form) {
    let numbers = || {
        members
            .iter()
            .map(|it| integer(it))
            .collect::<Option<Vec<_>>>()
    };
    if form.is_small
        && let Some(mut numbers) = numbers()
    {
        numbers.sort_unstable();
        out.push(kind::SET_INTSET);
        out.string(&intset::of(&numbers));
        return;
    }
    out.push(kind::SET);
    out.number(members.len() as u64);
    members.iter().for_each(|member| out.string(member));
}

fn push_score(listpack: &mut Listpack, score: f64) {
    const EXACT: f64 = 4_503_599_627_370_496.0;
    if score.fract() == 0.0 && score.abs() < EXACT {
        listpack.push_number(score as i64);
    } else {
        listpack.push(double_text(score).as_bytes());
    }
}
