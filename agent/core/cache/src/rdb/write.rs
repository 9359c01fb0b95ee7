//! Writes values.

use super::listpack::Listpack;
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
}

/// Nodes of lists are not longer, unless a single element is.
const NODE_BYTES_MAX: usize = 8192;

/// Writes type and body of a value.
pub fn write(value: &Value<'_>, form: Form, out: &mut Vec<u8>) {
    match value {
        Value::String(bytes) => {
            out.push(kind::STRING);
            string(out, bytes);
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
            string(out, &listpack.into_bytes());
        }
        Value::SortedSet(scored) => {
            out.push(kind::SORTED_SET);
            number(out, scored.len() as u64);
            for (member, score) in scored {
                string(out, member);
                out.extend_from_slice(&score.to_le_bytes());
            }
        }
        Value::Hash(fields) => hash::write(fields, form.is_small, out),
        Value::Stream(stream) => stream::write(stream, form.version, out),
    }
}

fn list(out: &mut Vec<u8>, elements: &[Bytes<'_>]) {
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
    number(out, nodes.len() as u64);
    for node in nodes {
        number(out, SOME);
        string(out, &node.into_bytes());
    }
}

fn set(out: &mut Vec<u8>, members: &[Bytes<'_>], form: Form) {
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
        string(out, &intset::of(&numbers));
        return;
    }
    out.push(kind::SET);
    number(out, members.len() as u64);
    members.iter().for_each(|member| string(out, member));
}

fn push_score(listpack: &mut Listpack, score: f64) {
    const EXACT: f64 = 4_503_599_627_370_496.0;
    if score.fract() == 0.0 && score.abs() < EXACT {
        listpack.push_number(score as i64);
    } else {
        listpack.push(double_text(score).as_bytes());
    }
}

/// A number where lengths stand.
pub(super) fn number(out: &mut Vec<u8>, number: u64) {
    if number < 1 << 6 {
        out.push(number as u8);
    } else if number < 1 << 14 {
        out.push(0x40 | (number >> 8) as u8);
        out.push(number as u8);
    } else if let Ok(number) = u32::try_from(number) {
        out.push(0x80);
        out.extend_from_slice(&number.to_be_bytes());
    } else {
        out.push(0x81);
        out.extend_from_slice(&number.to_be_bytes());
    }
}

/// A string: a short number as such.
pub(super) fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS_MAX: usize = 11;
    let small = if bytes.len() <= DIGITS_MAX {
        integer(bytes).and_then(|number| i32::try_from(number).ok())
    } else {
        None
    };
    match small {
        Some(small) if i8::try_from(small).is_ok() => out.extend([0xc0, small as u8]),
        Some(small) if i16::try_from(small).is_ok() => {
            out.push(0xc1);
            out.extend_from_slice(&(small as i16).to_le_bytes());
        }
        Some(small) => {
            out.push(0xc2);
            out.extend_from_slice(&small.to_le_bytes());
        }
        None => {
            number(out, bytes.len() as u64);
            out.extend_from_slice(bytes);
        }
    }
}
