//! What tells one replicated kind from another; all else is decided alike.

use std::fmt::Display;

use synod_agent_api::Kind;

/// One replicated kind, as data.
#[derive(Debug)]
pub struct Profile {
    /// What its agents serve; spelled as the API spells the kind.
    pub kind: Kind,
    /// Short name of the kind, part of all names made from an object's.
    pub short: &'static str,
    /// Where members listen for clients.
    pub client_port: u16,
    /// Schemes of the URLs by which clients connect, without TLS and with it; `None`: clients are told `host:port`.
    pub schemes: Option<[&'static str; 2]>,
    /// How a client of the field is told where to connect.
    pub variables: Variables,
    /// Lines of a shell, to be copied once the variables are set, without TLS and with it.
    pub first_lines: [&'static [&'static str]; 2],
}

/// Variables of the environment.
#[derive(Debug)]
pub struct Variables {
    /// Where to connect, comma separated.
    pub endpoints: &'static str,
    /// The file with the authority's certificates.
    pub authority: &'static str,
    /// The file with the client's certificate.
    pub certificate: &'static str,
    /// The file with its key.
    pub key: &'static str,
    /// The password, if clients show one: the operator makes it up, and the agents are given it as a file.
    pub password: Option<&'static str>,
}

impl Profile {
    /// The kind's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.kind.as_str()
    }

    /// An object of this kind, as people call it on the command line.
    #[must_use]
    pub fn called(&self, name: &str) -> String {
        format!("{}/{name}", self.short)
    }

    /// Where clients connect to a host.
    #[must_use]
    pub fn endpoint(&self, host: impl Display, tls: bool) -> String {
        let port = self.client_port;
        match self.schemes {
            Some(schemes) => format!("{}://{host}:{port}", schemes[usize::from(tls)]),
            None => format!("{host}:{port}"),
        }
    }
}
