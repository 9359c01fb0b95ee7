//! What a connection proves to be: `auth` and `sasl`.

use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use synod_jute::records::{AuthRequest, SaslRequest, SaslResponse};
use synod_jute::{ErrorCode, Reply, ReplyHeader, RequestHeader, Response, Zxid};
use synod_znode::Id;

use super::connection::Connection;
use super::sasl::{self, Users};

/// Credentials of one connection.
const IDS_MAX: usize = 64;
/// Bytes of one of them. All go with every command.
const ID_BYTES_MAX: usize = 4 << 10;

/// How credentials are judged. It holds secrets: there is no `Debug`.
#[derive(Default)]
pub(super) struct Credentials {
    /// Who shows a name and password with this digest may do everything: ZooKeeper's `superDigest`.
    pub(super) super_digest: Option<String>,
    /// Who may log in by SASL; nobody is asked to if there is none.
    pub(super) users: Users,
}

impl Credentials {
    /// `auth`: what is accepted is added; what is not ends the connection.
    pub(super) fn auth(&self, connection: &Connection, header: RequestHeader, auth: &AuthRequest) {
        let accepted = match auth.scheme.as_deref() {
            // Null is not even an empty name.
            Some("digest") => auth
                .auth
                .as_deref()
                .map_or_else(Vec::new, |data| self.digest(data)),
            Some("ip") => vec![Id::new("ip", connection.peer.ip().to_string())],
            _ => Vec::new(),
        };
        let error = if add(connection, accepted) {
            ErrorCode::Ok
        } else {
            ErrorCode::AuthFailed
        };
        let header = ReplyHeader {
            xid: header.xid,
            zxid: Zxid(0),
            error,
        };
        let response = Response::None;
        connection
            .outbox
            .put(|out| Reply { header, response }.encode(out));
        if error != ErrorCode::Ok {
            connection.outbox.end();
        }
    }

    fn digest(&self, name_and_password: &[u8]) -> Vec<Id> {
        let digest = digest_of(name_and_password);
        let mut ids = Vec::new();
        if self.super_digest.as_ref() == Some(&digest) {
            ids.push(Id::new("super", ""));
        }
        ids.push(Id::new("digest", digest));
        ids
    }

    /// `sasl`: a token is answered by a token. ZooKeeper without SASL says OK to every token, gives none of its own, and adds
    /// nothing to what the connection is. No token at all ends the connection.
    pub(super) fn sasl(&self, connection: &Connection, header: RequestHeader, sasl: &SaslRequest) {
        let Some(token) = &sasl.token else {
            return connection.outbox.end();
        };
        let answered = if self.users.is_empty() {
            Ok(None)
        } else {
            self.log_in(connection, token).map(Some)
        };
        let (error, token) = match answered {
            Ok(token) => (ErrorCode::Ok, token),
            Err(why) => {
                tracing::info!(peer = %connection.peer, why, "a client cannot log in");
                (ErrorCode::AuthFailed, None)
            }
        };
        let header = ReplyHeader {
            xid: header.xid,
            zxid: Zxid(0),
            error,
        };
        let response = Response::Sasl(SaslResponse {
            token: token.map(Bytes::from),
        });
        connection
            .outbox
            .put(|out| Reply { header, response }.encode(out));
        if error != ErrorCode::Ok {
            connection.outbox.end();
        }
    }

    /// One step of a log-in: an empty token begins it.
    fn log_in(&self, connection: &Connection, token: &[u8]) -> Result<String, String> {
        let mut begun = connection
            .log_in
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(waiting) = begun.take() else {
            let mut entropy = [0; 24];
            getrandom::fill(&mut entropy).map_err(|error| error.to_string())?;
            let (new, challenge) = sasl::challenge(entropy);
            *begun = Some(new);
            return Ok(challenge);
        };
        let judged = waiting.judge(token, &self.users);
        let (user, proof) = judged.map_err(|why| why.to_string())?;
        if add(connection, vec![Id::new("sasl", user)]) {
            Ok(proof)
        } else {
            Err("too many credentials".to_owned())
        }
    }
}

/// Adds ids that are new; false if there are none, or too many, or too long ones: the connection ends then.
fn add(connection: &Connection, accepted: Vec<Id>) -> bool {
    let mut ids = connection
        .ids
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let some = !accepted.is_empty() && accepted.iter().all(|id| id.id.len() <= ID_BYTES_MAX);
    if !some {
        return false;
    }
    for id in accepted {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.len() <= IDS_MAX
}

/// `DigestAuthenticationProvider.generateDigest`: the name, and the SHA-1 of name and password in Base64.
fn digest_of(name_and_password: &[u8]) -> String {
    let name = name_and_password
        .split(|byte| *byte == b':')
        .next()
        .unwrap_or_default();
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, name_and_password);
    format!(
        "{}:{}",
        String::from_utf8_lossy(name),
        STANDARD.encode(hash)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_zookeepers() {
        // As a ZooKeeper that is started with this `superDigest` accepts the password `admin`.
        assert_eq!(
            digest_of(b"super:admin"),
            "super:xQJmxLMiHGwaqBvst5y6rkB6HQs="
        );
    }
}
