//! What is written into a Secret with a certificate. Pure; the tests' world writes the same.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use serde_json::{Value, json};

use crate::action::Issue;
use crate::authority::Authority;
use crate::certificates::Issued;
use crate::names;

/// Puts the certificate, and what says for whom and by whom it is, into a Secret.
pub fn fill(
    secret: &mut Secret,
    issue: &Issue,
    authority: &Authority,
    issued: Issued,
    now: Timestamp,
) {
    let annotations = secret.metadata.annotations.get_or_insert_default();
    let notes = [
        (names::ISSUED_FOR, issue.digest(authority.signer())),
        (names::ISSUER, authority.signer().to_owned()),
        (names::ADDRESSES, issue.addresses_text()),
        (names::NOT_AFTER, issued.not_after.to_string()),
        (names::WRITTEN_AT, now.to_string()),
    ];
    annotations.extend(notes.map(|(name, value)| (name.to_owned(), value)));
    let data = secret.data.get_or_insert_default();
    data.extend(texts([
        ("ca.crt", authority.bundle().to_owned()),
        ("tls.crt", issued.certificate),
        ("tls.key", issued.key),
    ]));
}

/// What a filled Secret changes in the one there is, as a merge patch: what was confirmed of that is confirmed no more.
#[must_use]
pub fn patch(filled: &Secret) -> Value {
    let mut notes = json!(filled.metadata.annotations);
    notes[names::CONFIRMED] = Value::Null;
    json!({ "metadata": { "annotations": notes }, "data": filled.data })
}

/// The same for a Secret that only is to say whom to trust.
#[must_use]
pub fn trust(authority: &Authority, now: Timestamp) -> Value {
    json!({
        "metadata": { "annotations": {
            (names::WRITTEN_AT): now,
            (names::CONFIRMED): null,
        } },
        "data": texts([("ca.crt", authority.bundle().to_owned())]),
    })
}

/// Letters of a password, of six bits each, which nobody guesses.
const PASSWORD_LETTERS: usize = 32;

/// A new password: letters, digits, `-` and `_`, so that it can be part of a URL and of a line for a shell.
pub(super) fn password() -> Result<String, getrandom::Error> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = [0; PASSWORD_LETTERS];
    getrandom::fill(&mut bytes)?;
    let letters = bytes.map(|byte| char::from(LETTERS[usize::from(byte % 64)]));
    Ok(letters.iter().collect())
}

/// What gives a Secret a password, as a merge patch.
#[must_use]
pub fn with_password(password: String) -> Value {
    json!({ "data": texts([(names::PASSWORD, password)]) })
}

pub(super) fn texts<const N: usize>(all: [(&str, String); N]) -> BTreeMap<String, ByteString> {
    all.map(|(name, text)| (name.to_owned(), ByteString(text.into_bytes())))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_plain_and_never_the_same() {
        let made = || password().expect("the system gives randomness");
        let (one, other) = (made(), made());
        assert_ne!(one, other);
        for password in [one, other] {
            assert_eq!(password.len(), PASSWORD_LETTERS);
            let plain = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
            assert!(password.chars().all(plain), "{password}");
        }
    }
}
