//! What `FUNCTION DUMP` answers: the code of all libraries, the version, and a checksum of all that.

use super::input::Input;
use super::output::Output;
use super::payload::{opened, sealed};

/// A library follows.
const LIBRARY: u8 = 245;
/// One of before functions were finished follows.
const LIBRARY_EARLY: u8 = 246;

/// Why libraries cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It was damaged on its way, or is too new.
    #[error("ERR DUMP payload version or checksum are wrong")]
    Payload,
    /// It is a library of before functions were finished.
    #[error("ERR Pre-GA function format not supported")]
    Early,
    /// It is something else.
    #[error("ERR given type is not a function")]
    Type,
    /// It ends too early.
    #[error("ERR failed loading the given functions payload")]
    Library,
}

/// The code of libraries with what belongs behind it.
pub fn sealed_functions<'a>(codes: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut body = Vec::new();
    let mut output = Output::new(&mut body, true);
    for code in codes {
        output.push(LIBRARY);
        output.string(code);
    }
    sealed(body)
}

/// The code of libraries.
///
/// # Errors
/// If it is not that.
pub fn opened_functions(payload: &[u8]) -> Result<Vec<Vec<u8>>, Unreadable> {
    let mut input = Input::new(opened(payload).ok_or(Unreadable::Payload)?, 0);
    let mut codes = Vec::new();
    while input.left() > 0 {
        match input.byte() {
            Ok(LIBRARY) => {}
            Ok(LIBRARY_EARLY) => return Err(Unreadable::Early),
            _ => return Err(Unreadable::Type),
        }
        let code = input.string().map_err(|_| Unreadable::Library)?;
        codes.push(code.into_owned());
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened() {
        let long = "a".repeat(1000);
        let codes = [&b"#!lua name=a"[..], long.as_bytes()];
        let mut payload = sealed_functions(codes);
        let opened = opened_functions(&payload).expect("it is right");
        assert_eq!(opened, codes.map(<[u8]>::to_vec));
        payload[3] ^= 1;
        assert_eq!(opened_functions(&payload), Err(Unreadable::Payload));
        assert_eq!(
            opened_functions(&sealed(vec![0, 1, b'a'])),
            Err(Unreadable::Type)
        );
        assert_eq!(
            opened_functions(&sealed(vec![LIBRARY, 5, b'a'])),
            Err(Unreadable::Library)
        );
    }
}
