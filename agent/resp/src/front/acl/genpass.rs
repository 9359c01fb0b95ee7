//! `ACL GENPASS [bits]`: a password that nobody can guess, in hexadecimal digits.

use std::fmt::Write as _;

use ring::rand::{SecureRandom as _, SystemRandom};
use synod_cache::command::Error;
use synod_cache::integer;

use crate::front::FrontCall;

const BITS: usize = 256;
const BITS_MAX: usize = 4096;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let bits = match &call.args[2..] {
        [] => BITS,
        [bits] => bits_of(bits)?,
        _ => return Err(Error::subcommand_syntax(call.args)),
    };
    let mut bytes = [0; BITS_MAX / 8];
    let random = SystemRandom::new().fill(&mut bytes);
    random.map_err(|_| Error::text("ERR the system has no random numbers"))?;
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text.truncate(bits.div_ceil(4));
    call.session.reply.bulk(text.as_bytes());
    Ok(())
}

fn bits_of(text: &[u8]) -> Result<usize, Error> {
    let bits = integer(text).ok_or(Error::NotInteger)?;
    let bits = usize::try_from(bits).ok();
    let bits = bits.filter(|bits| (1..=BITS_MAX).contains(bits));
    bits.ok_or(Error::text(
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096",
    ))
}
