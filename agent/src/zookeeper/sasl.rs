//! SASL by DIGEST-MD5 (RFC 2831), as Java's server side and ZooKeeper's clients speak it: one challenge, one response. Nothing else
//! of SASL is offered; GSSAPI wants a Kerberos that this does not know.
//!
//! MD5 is weak. Who can should show a certificate instead; this is for clients that can do nothing else.

use std::collections::BTreeMap;

use md5::{Digest as _, Md5};

/// The realm: ZooKeeper's name of its server.
const REALM: &str = "zk-sasl-md5";
/// What a response's URI begins with: the protocol.
const PROTOCOL: &str = "zookeeper/";
/// The longest response that is read. RFC 2831, section 2.1.2, has the same bound.
const RESPONSE_BYTES_MAX: usize = 4_096;

/// Names and passwords of those who may log in.
pub(super) type Users = BTreeMap<String, String>;

/// A log-in that has begun: the nonce that its response must carry. Good for one.
#[derive(Debug)]
pub(super) struct Begun {
    nonce: String,
}

/// Why a response is refused. Clients are told no more than that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// It does not read.
    #[error("the response does not read")]
    Malformed,
    /// It answers another challenge, or wants what is not offered.
    #[error("the response is to another challenge, or for another service")]
    Foreign,
    /// There is no such user, or the password is another one.
    #[error("no such user, or another password")]
    Wrong,
}

/// The challenge of a log-in. `entropy` makes the nonce.
pub(super) fn challenge(entropy: [u8; 24]) -> (Begun, String) {
    let nonce = hex(&entropy);
    let challenge = format!(
        "realm=\"{REALM}\",nonce=\"{nonce}\",qop=\"auth\",charset=utf-8,algorithm=md5-sess"
    );
    (Begun { nonce }, challenge)
}

impl Begun {
    /// Judges a response: the user's name, and what proves to the client that this knows the password too.
    ///
    /// # Errors
    /// If it is not the response of one of the users to this challenge.
    pub(super) fn judge(self, response: &[u8], users: &Users) -> Result<(String, String), Refused> {
        let fields = fields(response)?;
        let get = |name: &str| fields.get(name).map(String::as_str);
        let must = |name: &str| get(name).ok_or(Refused::Malformed);
        let (user, uri) = (must("username")?, must("digest-uri")?);
        let offered = must("nonce")? == self.nonce
            && must("nc")? == "00000001"
            && get("realm").unwrap_or_default() == REALM
            && get("qop").is_none_or(|qop| qop == "auth")
            && uri.starts_with(PROTOCOL);
        if !offered {
            return Err(Refused::Foreign);
        }
        let password = users.get(user).ok_or(Refused::Wrong)?;
        let proof = Proof {
            user,
            realm: REALM,
            password,
            nonce: &self.nonce,
            cnonce: must("cnonce")?,
            authzid: get("authzid"),
            uri,
        };
        if !is_equal(
            must("response")?.as_bytes(),
            proof.of("AUTHENTICATE").as_bytes(),
        ) {
            return Err(Refused::Wrong);
        }
        Ok((user.to_owned(), format!("rspauth={}", proof.of(""))))
    }
}

/// What a response is made of (section 2.1.2.1).
struct Proof<'a> {
    user: &'a str,
    realm: &'a str,
    password: &'a str,
    nonce: &'a str,
    cnonce: &'a str,
    authzid: Option<&'a str>,
    uri: &'a str,
}

impl Proof<'_> {
    /// The value for a method: `AUTHENTICATE` of the client, none of the server.
    fn of(&self, method: &str) -> String {
        let secret = Md5::digest(format!("{}:{}:{}", self.user, self.realm, self.password));
        let mut a1 = secret.to_vec();
        a1.extend_from_slice(format!(":{}:{}", self.nonce, self.cnonce).as_bytes());
        if let Some(authzid) = self.authzid {
            a1.extend_from_slice(format!(":{authzid}").as_bytes());
        }
        let a1 = hex(&Md5::digest(a1));
        let a2 = hex(&Md5::digest(format!("{method}:{}", self.uri)));
        let text = format!("{a1}:{}:00000001:{}:auth:{a2}", self.nonce, self.cnonce);
        hex(&Md5::digest(text))
    }
}

/// The fields of a response: `name=value` or `name="value"`, separated by commas. None twice.
fn fields(response: &[u8]) -> Result<BTreeMap<String, String>, Refused> {
    let text = std::str::from_utf8(response).map_err(|_| Refused::Malformed)?;
    if text.len() > RESPONSE_BYTES_MAX {
        return Err(Refused::Malformed);
    }
    let mut fields = BTreeMap::new();
    let mut rest = text.trim_start_matches([',', ' ']);
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or(Refused::Malformed)?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = after.find(',').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        if fields
            .insert(name.trim().to_ascii_lowercase(), value)
            .is_some()
        {
            return Err(Refused::Malformed);
        }
        rest = after.trim_start_matches([',', ' ']);
    }
    Ok(fields)
}

/// The value up to the closing quote, with `\x` as `x`, and what follows.
fn unquote(quoted: &str) -> Result<(String, &str), Refused> {
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &quoted[index + 1..])),
            '\\' => value.push(characters.next().ok_or(Refused::Malformed)?.1),
            other => value.push(other),
        }
    }
    Err(Refused::Malformed)
}

/// Compares in a time that does not tell where they differ.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 2831, section 4.
    #[test]
    fn proofs_are_those_of_the_standard() {
        let proof = Proof {
            user: "chris",
            realm: "elwood.innosoft.com",
            password: "secret",
            nonce: "OA6MG9tEQGm2hh",
            cnonce: "OA6MHXh6VqTrRk",
            authzid: None,
            uri: "imap/elwood.innosoft.com",
        };
        assert_eq!(proof.of("AUTHENTICATE"), "d388dad90d4bbd760a152321f2143af7");
        assert_eq!(proof.of(""), "ea40f60335c427b5527b84dbabcdfffd");
    }

    fn response(nonce: &str, user: &str, password: &str, more: &str) -> String {
        let uri = "zookeeper/zk-sasl-md5";
        let proof = Proof {
            user,
            realm: REALM,
            password,
            nonce,
            cnonce: "c",
            authzid: None,
            uri,
        };
        let proof = proof.of("AUTHENTICATE");
        format!(
            "charset=utf-8,username=\"{user}\",realm=\"{REALM}\",nonce=\"{nonce}\",nc=00000001,cnonce=\"c\",\
             digest-uri=\"{uri}\",maxbuf=65536,response={proof},qop=auth{more}"
        )
    }

    #[test]
    fn who_knows_the_password_is_let_in() {
        let users = Users::from([("bob".to_owned(), "b\"o".to_owned())]);
        let judge = |make: &dyn Fn(&str) -> String| {
            let (begun, challenge) = challenge([7; 24]);
            let fields = fields(challenge.as_bytes()).expect("a challenge reads as responses do");
            begun.judge(make(&fields["nonce"]).as_bytes(), &users)
        };
        let (user, proof) = judge(&|nonce| response(nonce, "bob", "b\"o", "")).expect("let in");
        assert_eq!((user.as_str(), proof.len()), ("bob", "rspauth=".len() + 32));
        for (make, why) in [
            (
                &(|nonce: &str| response(nonce, "bob", "other", "")) as &dyn Fn(&str) -> String,
                Refused::Wrong,
            ),
            (
                &|nonce: &str| response(nonce, "eve", "b\"o", ""),
                Refused::Wrong,
            ),
            (
                &|_: &str| response("old", "bob", "b\"o", ""),
                Refused::Foreign,
            ),
            (
                &|nonce: &str| response(nonce, "bob", "b\"o", ",qop=auth"),
                Refused::Malformed,
            ),
            (
                &|nonce: &str| response(nonce, "bob", "b\"o", "").replace("zookeeper/", "imap/"),
                Refused::Foreign,
            ),
            (
                &|nonce: &str| response(nonce, "bob", "b\"o", ",x=\"open"),
                Refused::Malformed,
            ),
            (&|_: &str| String::new(), Refused::Malformed),
            (&|_: &str| "x".repeat(5_000), Refused::Malformed),
        ] {
            assert_eq!(judge(make), Err(why));
        }
    }

    #[test]
    fn fields_read_as_the_standard_writes_them() {
        let read = fields(br#"a=1, b="x,\"y\\" ,,C=z"#).expect("fields");
        let expected = [("a", "1"), ("b", "x,\"y\\"), ("c", "z")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read, expected.into());
    }
}
