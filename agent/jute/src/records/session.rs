//! Credentials.

use bytes::Bytes;

use crate::Text;
use crate::declare::record;

record! {
    /// Of auth (`AuthPacket`). The reply is a header alone with zxid 0; if the credentials are refused, or the scheme is not
    /// known, it says AUTHFAILED and the connection is closed.
    pub struct AuthRequest {
        /// Not looked at; clients send 0.
        pub kind: i32,
        /// The scheme.
        pub scheme: Option<Text>,
        /// What the scheme wants to know.
        pub auth: Option<Bytes>,
    }
}

record! {
    /// Of sasl (`GetSASLRequest`).
    pub struct SaslRequest {
        /// The client's token. Null closes the connection without a word. A server that has no SASL answers any other
        /// with OK, a zxid of 0 and a token that is null.
        pub token: Option<Bytes>,
    }
}

record! {
    /// To sasl (`SetSASLResponse`). It comes after the header of a refusal, too, with a token that is null.
    pub struct SaslResponse {
        /// The server's token.
        pub token: Option<Bytes>,
    }
}

record! {
    /// Credentials of a connection.
    pub struct ClientInfo {
        /// The scheme.
        pub scheme: Text,
        /// The user, without the digest in the scheme `digest`.
        pub user: Text,
    }
}

record! {
    /// To whoAmI, whose request has no body.
    pub struct WhoAmIResponse {
        /// The credentials; the client's address is one of them.
        pub client_info: Vec<ClientInfo>,
    }
}
