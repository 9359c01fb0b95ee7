//! Reads values.

use std::borrow::Cow;

use super::error::{Error, Wrong};
use super::input::Input;
use super::value::{Bytes, Value};
use super::{hash, intset, kind, listpack, stream, ziplist, zipmap};
use crate::number::double;

/// A value from its type and its body; what follows does not matter.
///
/// # Errors
/// If there is none.
pub fn read(bytes: &[u8]) -> Result<Value<'_>, Error> {
    let mut input = Input::new(bytes, 0);
    let kind = input.byte()?;
    value(&mut input, kind)
}

/// A value of this type.
pub(super) fn value<'a>(input: &mut Input<'a>, kind: u8) -> Result<Value<'a>, Error> {
    match kind {
        kind::STRING => input.string().map(Value::String),
        kind::LIST => input.all(Input::string).map(Value::List),
        kind::LIST_ZIPLIST => packed(input, ziplist::elements).map(Value::List),
        kind::QUICKLIST => nodes(input, |input| packed(input, ziplist::elements)),
        kind::QUICKLIST_2 => nodes(input, node),
        kind::SET => input.all(Input::string).map(Value::Set),
        kind::SET_INTSET => packed(input, intset::elements).map(Value::Set),
        kind::SET_LISTPACK => packed(input, listpack::elements).map(Value::Set),
        kind::SORTED_SET_TEXT => input
            .all(|input| scored(input, text_score))
            .map(Value::SortedSet),
        kind::SORTED_SET => input
            .all(|input| scored(input, score))
            .map(Value::SortedSet),
        kind::SORTED_SET_ZIPLIST => packed_scores(input, ziplist::elements),
        kind::SORTED_SET_LISTPACK => packed_scores(input, listpack::elements),
        kind::HASH => input.all(hash::field).map(Value::Hash),
        kind::HASH_ZIPMAP => hash::packed_fields(input, zipmap::elements),
        kind::HASH_ZIPLIST => hash::packed_fields(input, ziplist::elements),
        kind::HASH_LISTPACK => hash::packed_fields(input, listpack::elements),
        kind::HASH_EXPIRING => hash::expiring(input),
        kind::HASH_EXPIRING_LISTPACK => hash::packed_expiring(input),
        kind::STREAM | kind::STREAM_2 | kind::STREAM_3 => {
            stream::read(input, kind).map(Value::Stream)
        }
        unknown => input.wrong(Wrong::Type(unknown)),
    }
}

/// The elements of a string that something was packed in.
pub(super) fn packed<'a>(
    input: &mut Input<'a>,
    elements: impl Fn(&[u8]) -> Option<Vec<Bytes<'_>>>,
) -> Result<Vec<Bytes<'a>>, Error> {
    let offset = input.offset();
    let elements = match input.string()? {
        Cow::Borrowed(bytes) => elements(bytes),
        Cow::Owned(bytes) => elements(&bytes).map(|elements| {
            let owned = elements.into_iter().map(Cow::into_owned);
            owned.map(Cow::Owned).collect()
        }),
    };
    elements.ok_or(Error {
        offset,
        wrong: Wrong::Packed,
    })
}

pub(super) fn packed_pairs<'a>(
    input: &mut Input<'a>,
    elements: impl Fn(&[u8]) -> Option<Vec<Bytes<'_>>>,
) -> Result<Vec<(Bytes<'a>, Bytes<'a>)>, Error> {
    let offset = input.offset();
    let elements = packed(input, elements)?;
    let mut pairs = Vec::with_capacity(elements.len() / 2);
    let mut elements = elements.into_iter();
    while let Some(first) = elements.next() {
        let Some(second) = elements.next() else {
            return Err(Error {
                offset,
                wrong: Wrong::Packed,
            });
        };
        pairs.push((first, second));
    }
    Ok(pairs)
}

fn packed_scores<'a>(
    input: &mut Input<'a>,
    elements: impl Fn(&[u8]) -> Option<Vec<Bytes<'_>>>,
) -> Result<Value<'a>, Error> {
    let offset = input.offset();
    let pairs = packed_pairs(input, elements)?;
    let scored = pairs
        .into_iter()
        .map(|(member, score)| Some((member, double(&score)?)));
    let scored: Option<Vec<_>> = scored.collect();
    scored.map(Value::SortedSet).ok_or(Error {
        offset,
        wrong: Wrong::Score,
    })
}

/// A list in nodes of so many elements each.
fn nodes<'a>(
    input: &mut Input<'a>,
    mut node: impl FnMut(&mut Input<'a>) -> Result<Vec<Bytes<'a>>, Error>,
) -> Result<Value<'a>, Error> {
    let mut all = Vec::new();
    for _ in 0..input.count()? {
        all.append(&mut node(input)?);
    }
    Ok(Value::List(all))
}

/// A node of a list that is one large element, or some.
fn node<'a>(input: &mut Input<'a>) -> Result<Vec<Bytes<'a>>, Error> {
    const ONE: u64 = 1;
    const SOME: u64 = 2;
    match input.number()? {
        ONE => Ok(vec![input.string()?]),
        SOME => packed(input, listpack::elements),
        _ => input.wrong(Wrong::Packed),
    }
}

fn scored<'a>(
    input: &mut Input<'a>,
    score: impl Fn(&mut Input<'a>) -> Result<f64, Error>,
) -> Result<(Bytes<'a>, f64), Error> {
    let member = input.string()?;
    let score = score(input)?;
    if score.is_nan() {
        return input.wrong(Wrong::Score);
    }
    Ok((member, score))
}

fn score(input: &mut Input<'_>) -> Result<f64, Error> {
    input.fixed().map(f64::from_le_bytes)
}

fn text_score(input: &mut Input<'_>) -> Result<f64, Error> {
    match input.byte()? {
        255 => Ok(f64::NEG_INFINITY),
        254 => Ok(f64::INFINITY),
        253 => Ok(f64::NAN),
        length => match double(input.take(length.into())?) {
            Some(score) => Ok(score),
            None => input.wrong(Wrong::Score),
        },
    }
}
