//! `BITOP AND | OR | XOR | NOT destination key [key ...]`

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::partition::Expiry;
use crate::string::RAW;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    And,
    Or,
    Xor,
    Not,
}

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, operation, destination, sources @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let operation = Operation::parse(operation)?;
    if operation == Operation::Not && sources.len() != 1 {
        return Err(Error::text(
            "ERR BITOP NOT must be called with a single source key.",
        ));
    }
    call.keys.set_reads(true);
    let mut length = 0;
    for source in sources {
        let string = call.keys.string(source)?;
        length = length.max(string.map_or(0, <[u8]>::len));
    }
    call.keys.set_reads(false);
    let mut result = vec![0; length];
    for (index, source) in sources.iter().enumerate() {
        let string = call.keys.string(source)?.unwrap_or_default();
        let (head, tail) = result.split_at_mut(string.len());
        if index == 0 {
            head.copy_from_slice(string);
        } else {
            operation.combine(head, tail, string);
        }
    }
    if operation == Operation::Not {
        result.iter_mut().for_each(|byte| *byte = !*byte);
    }
    put(call, destination, &result);
    call.reply.count(length);
    Ok(())
}

fn put(call: &mut Call<'_>, key: &[u8], result: &[u8]) {
    if !result.is_empty() {
        call.keys
            .put_string_shown(key, &[result], Expiry::None, RAW);
        call.keys.notify(Class::STRING, "set", key);
    } else if call.keys.remove(key) {
        call.keys.notify(Class::GENERIC, "del", key);
    }
}

impl Operation {
    fn parse(word: &[u8]) -> Result<Self, Error> {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        match () {
            () if is("and") => Ok(Self::And),
            () if is("or") => Ok(Self::Or),
            () if is("xor") => Ok(Self::Xor),
            () if is("not") => Ok(Self::Not),
            () => Err(Error::Syntax),
        }
    }

    /// Of a string that is followed by zeros, combines the bytes with the head, and the zeros with the tail.
    fn combine(self, head: &mut [u8], tail: &mut [u8], string: &[u8]) {
        let pairs = head.iter_mut().zip(string);
        match self {
            Self::And => {
                pairs.for_each(|(byte, with)| *byte &= with);
                tail.fill(0);
            }
            Self::Or => pairs.for_each(|(byte, with)| *byte |= with),
            Self::Xor => pairs.for_each(|(byte, with)| *byte ^= with),
            Self::Not => unreachable!("it has one source"),
        }
    }
}
