//! Redis's protocol by TLS: who has a certificate of the authority and shows the password is served, in whatever pieces bytes come.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::authority::Authority;
use crate::client::{Client, command, socket};
use crate::process::{Agent, PASSWORD, eventually};

/// Larger than what sockets and TLS take at once, in either direction.
const LARGE: usize = 8 << 20;

fn write(authority: &Authority, folder: &Path) {
    let (certificate, key) = authority.issue_at("synod://client/ns/CacheCluster/test", "localhost");
    for (name, text) in [
        ("tls.crt", certificate),
        ("tls.key", key),
        ("ca.crt", authority.pem()),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

fn agent(authority: &Authority) -> Agent {
    Agent::with("persistent: false", |folder| {
        write(authority, folder);
        let folder = folder.display();
        let files = [("cert", "tls.crt"), ("key", "tls.key"), ("ca", "ca.crt")];
        let files = files.map(|(field, file)| format!("{field}: '{folder}/{file}'"));
        format!(", client: {{mode: mutual, {}}}", files.join(", "))
    })
}

/// How a client connects that trusts an authority, and shows a certificate if it has one.
fn config(authority: &Authority, shows: Option<(String, String)>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let pem = authority.pem();
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    Arc::new(match shows {
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
        None => builder.with_no_client_auth(),
    })
}

fn connect(agent: &Agent, config: &Arc<ClientConfig>) -> Client {
    let name = "localhost".try_into().unwrap();
    let session = ClientConnection::new(Arc::clone(config), name).unwrap();
    Client::over(Box::new(StreamOwned::new(session, socket(agent.client))))
}

fn known(authority: &Authority) -> Arc<ClientConfig> {
    config(
        authority,
        Some(authority.issue("synod://client/ns/CacheCluster/test")),
    )
}

#[test]
fn who_has_certificate_and_password_is_served() {
    let authority = Authority::new();
    let mut agent = agent(&authority);
    agent.start();
    let config = known(&authority);
    let mut client = connect(&agent, &config);
    assert!(client.call(&["GET", "a"]).starts_with("-NOAUTH"));
    assert_eq!(client.call(&["AUTH", PASSWORD]), "+OK");
    let large = "x".repeat(LARGE);
    assert_eq!(client.call(&["SET", "large", &large]), "+OK");
    assert_eq!(client.call(&["GET", "large"]), large);
    // Many commands at once, whose answers are read only then.
    let mut many = Vec::new();
    for number in 0..20_000 {
        many.extend(command(&["SET", "key", &number.to_string()]));
    }
    many.extend(command(&["GET", "key"]));
    client.send(&many).unwrap();
    for _ in 0..20_000 {
        assert_eq!(client.answer().unwrap(), "+OK");
    }
    assert_eq!(client.answer().unwrap(), "19999");
    assert_eq!(client.call(&["QUIT"]), "+OK");
    assert!(client.try_call(&["PING"]).is_err());
}

#[test]
fn nobody_else_is_served() {
    let (authority, other) = (Authority::new(), Authority::new());
    let mut agent = agent(&authority);
    agent.start();
    let without = config(&authority, None);
    let foreign = config(
        &authority,
        Some(other.issue("synod://client/ns/CacheCluster/test")),
    );
    for stranger in [without, foreign] {
        assert!(connect(&agent, &stranger).try_call(&["PING"]).is_err());
    }
    let mut plain = Client::connect(agent.client);
    assert!(!plain.try_call(&["PING"]).is_ok_and(|it| it == "+PONG"));
    // Nobody else is kept from being served.
    let mut halfway = socket(agent.client);
    halfway.write_all(&[22, 3, 1]).unwrap();
    let mut client = connect(&agent, &known(&authority));
    assert_eq!(client.call(&["AUTH", PASSWORD]), "+OK");
}

#[test]
fn newer_certificates_are_shown_to_who_comes_next() {
    let (authority, next) = (Authority::new(), Authority::new());
    let mut agent = agent(&authority);
    agent.start();
    let mut before = connect(&agent, &known(&authority));
    assert_eq!(before.call(&["AUTH", PASSWORD]), "+OK");
    let folder = agent.file("");
    write(&next, &folder);
    eventually("shown", || {
        let mut client = connect(&agent, &known(&next));
        client
            .try_call(&["AUTH", PASSWORD])
            .is_ok_and(|it| it == "+OK")
    });
    assert_eq!(before.call(&["PING"]), "+PONG");
}
