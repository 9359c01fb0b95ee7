//! Hashes, and since Redis 7.4 those with fields that expire.

use super::error::{Error, Wrong};
use super::input::Input;
use super::kind;
use super::listpack::{self, Listpack};
use super::output::Output;
use super::read::{packed, packed_pairs};
use super::value::{Bytes, Field, Value};
use crate::number::integer;

pub(super) fn field<'a>(input: &mut Input<'a>) -> Result<Field<'a>, Error> {
    Ok(Field {
        name: input.string()?,
        value: input.string()?,
        expiry: None,
    })
}

pub(super) fn packed_fields<'a>(
    input: &mut Input<'a>,
    elements: impl Fn(&[u8]) -> Option<Vec<Bytes<'_>>>,
) -> Result<Value<'a>, Error> {
    let pairs = packed_pairs(input, elements)?.into_iter();
    let fields = pairs.map(|(name, value)| Field {
        name,
        value,
        expiry: None,
    });
    Ok(Value::Hash(fields.collect()))
}

/// First comes when the first field expires, and before each field by how much later, and 1; or 0 if it does not.
pub(super) fn expiring<'a>(input: &mut Input<'a>) -> Result<Value<'a>, Error> {
    let first = i64::from_le_bytes(input.fixed()?);
    let fields = input.all(|input| {
        let later = input.number()?;
        let Some(expiry) = first.checked_add_unsigned(later.saturating_sub(1)) else {
            return input.wrong(Wrong::Length);
        };
        Ok(Field {
            expiry: (later > 0).then_some(expiry),
            ..field(input)?
        })
    });
    fields.map(Value::Hash)
}

/// Field, value and expiry in turn, behind when the first one expires.
pub(super) fn packed_expiring<'a>(input: &mut Input<'a>) -> Result<Value<'a>, Error> {
    let _first: [u8; 8] = input.fixed()?;
    let offset = input.offset();
    let mut elements = packed(input, listpack::elements)?.into_iter();
    let mut fields = Vec::with_capacity(elements.len() / 3);
    while let Some(name) = elements.next() {
        let (value, at) = (elements.next(), elements.next());
        let (Some(value), Some(at)) = (value, at.as_deref().and_then(integer)) else {
            return Err(Error {
                offset,
                wrong: Wrong::Packed,
            });
        };
        fields.push(Field {
            name,
            value,
            expiry: (at != 0).then_some(at),
        });
    }
    Ok(Value::Hash(fields))
}

pub(super) fn write(fields: &[Field<'_>], is_small: bool, out: &mut Output<'_>) {
    if let Some(first) = fields.iter().filter_map(|field| field.expiry).min() {
        write_expiring(fields, first, out);
        return;
    }
    if is_small {
        let mut listpack = Listpack::new();
        for field in fields {
            listpack.push(&field.name);
            listpack.push(&field.value);
        }
        out.push(kind::HASH_LISTPACK);
        out.string(&listpack.into_bytes());
        return;
    }
    out.push(kind::HASH);
    out.number(fields.len() as u64);
    for field in fields {
        out.string(&field.name);
        out.string(&field.value);
    }
}

fn write_expiring(fields: &[Field<'_>], first: i64, out: &mut Output<'_>) {
    out.push(kind::HASH_EXPIRING);
    out.extend_from_slice(&first.to_le_bytes());
    out.number(fields.len() as u64);
    for field in fields {
        let later = field.expiry.map(|at| at.abs_diff(first).saturating_add(1));
        out.number(later.unwrap_or(0));
        out.string(&field.name);
        out.string(&field.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rdb::{VERSION_MAX, opened, read, sealed};

    fn fields() -> Vec<Field<'static>> {
        let field = |name: &'static str, expiry| Field {
            name: name.as_bytes().into(),
            value: b"value".into(),
            expiry,
        };
        vec![
            field("soon", Some(1_767_225_600_000)),
            field("never", None),
            field("later", Some(1_767_225_700_000)),
        ]
    }

    #[test]
    fn fields_that_expire_come_back() {
        let mut body = Vec::new();
        write(&fields(), true, &mut Output::new(&mut body, false));
        let payload = sealed(body);
        assert_eq!(payload[payload.len() - 10], VERSION_MAX as u8);
        let body = opened(&payload).expect("it is not damaged");
        assert_eq!(read(body), Ok(Value::Hash(fields())));
        for length in 0..body.len() {
            assert!(read(&body[..length]).is_err());
        }
    }

    #[test]
    fn packed_fields_that_expire_are_read() {
        let mut listpack = Listpack::new();
        for field in fields() {
            listpack.push(&field.name);
            listpack.push(&field.value);
            listpack.push_number(field.expiry.unwrap_or(0));
        }
        let mut body = vec![kind::HASH_EXPIRING_LISTPACK];
        body.extend_from_slice(&1_767_225_600_000_i64.to_le_bytes());
        Output::new(&mut body, false).string(&listpack.into_bytes());
        assert_eq!(read(&body), Ok(Value::Hash(fields())));
    }
}
