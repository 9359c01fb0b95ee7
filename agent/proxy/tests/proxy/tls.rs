//! TLS: ending here, passed on, and spoken to backends.

use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
use serde_json::{Value, json};
use synod_proxy::config::Config;

use crate::origin::{Origin, ok};
use crate::wire::Wire;
use crate::{backend, plain, proxy, until};

/// An authority, and a directory for what it signs.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = Self {
            issuer: CertifiedIssuer::self_signed(params, key).expect("an authority"),
            directory: tempfile::tempdir().expect("a directory"),
        };
        std::fs::write(authority.path("ca"), authority.issuer.pem()).expect("it is written");
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a certificate for these names, and its key: over what was there.
    fn sign(&self, file: &str, names: &[&str]) -> Value {
        let names = names.iter().map(|it| (*it).to_owned());
        let params = CertificateParams::new(names.collect::<Vec<_>>()).expect("parameters");
        let key = KeyPair::generate().expect("a key");
        let signed = params.signed_by(&key, &self.issuer).expect("it is signed");
        let (cert, place) = (
            self.path(&format!("{file}.crt")),
            self.path(&format!("{file}.key")),
        );
        std::fs::write(&cert, signed.pem()).expect("it is written");
        std::fs::write(&place, key.serialize_pem()).expect("it is written");
        json!({"cert": cert, "key": place})
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("an authority");
        roots
    }

    /// A client that trusts it, and shows this certificate if it is one.
    fn client(&self, shows: Option<&Value>) -> Arc<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(ring())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(self.roots());
        Arc::new(match shows {
            None => builder.with_no_client_auth(),
            Some(files) => {
                let (chain, key) = pair(files);
                builder.with_client_auth_cert(chain, key).expect("a pair")
            }
        })
    }

    /// One that speaks TLS with this name.
    fn call(&self, address: SocketAddr, name: &'static str) -> Wire {
        secure(address, name, self.client(None))
    }

    /// A server with this certificate.
    fn origin(
        &self,
        files: &Value,
        serve: impl Fn(&mut Wire, &Origin) + Send + Sync + 'static,
    ) -> Arc<Origin> {
        let (chain, key) = pair(files);
        let config = ServerConfig::builder_with_provider(ring())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a pair");
        let config = Arc::new(config);
        let take = move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a server");
            Wire::inside(stream, |it| {
                Box::new(rustls::StreamOwned::new(connection, it))
            })
        };
        Origin::inside(take, serve)
    }
}

fn ring() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn pair(files: &Value) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let path = |name: &str| files[name].as_str().expect("a path").to_owned();
    let chain = CertificateDer::pem_file_iter(path("cert")).expect("a file");
    (
        chain.map(|it| it.expect("a certificate")).collect(),
        PrivateKeyDer::from_pem_file(path("key")).expect("a key"),
    )
}

fn secure(address: SocketAddr, name: &'static str, config: Arc<ClientConfig>) -> Wire {
    let name = ServerName::try_from(name).expect("a name");
    let connection = ClientConnection::new(config, name).expect("a client");
    let stream = TcpStream::connect(address).expect("a connection");
    Wire::inside(stream, |it| {
        Box::new(rustls::StreamOwned::new(connection, it))
    })
}

fn texts(text: &'static str) -> impl Fn(&mut Wire, &Origin) + Send + Sync + 'static {
    move |wire, origin| {
        while origin.request(wire).is_some() {
            wire.say(ok(text));
        }
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

#[test]
pub(crate) fn requests_come_out_of_it_and_answers_go_in() {
    let authority = Authority::new();
    let origin = Origin::answering(|request| ok(&request.text()));
    let mut config = plain(&[origin.address]);
    config["listeners"][0]["tls"] = json!({"certificates": [
        authority.sign("a", &["a.test"]), authority.sign("b", &["*.b.test"]),
    ]});
    let (proxy, address) = proxy(config);
    let long = "x".repeat(3_000_000);
    for name in ["a.test", "x.b.test"] {
        let mut wire = authority.call(address, name);
        for text in ["hello", "", &long] {
            let head = format!(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n",
                text.len()
            );
            assert!(wire.ask(&format!("{head}{text}")).text() == *text);
        }
        let proto = origin.asked()[0].field("x-forwarded-proto");
        assert_eq!(proto.as_deref(), Some("https"));
        // It says that it ends, and does.
        wire.say("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_eq!(wire.answer().expect("one").status(), 200);
        assert_eq!(wire.rest(), b"");
    }
    // Who does not speak it costs one connection.
    for bytes in [GET.as_bytes(), b"\x16\x03\x01\x00\x05hello"] {
        let mut stranger = Wire::to(address);
        stranger.say(bytes);
        stranger.end();
        stranger.rest();
    }
    assert_eq!(authority.call(address, "a.test").ask(GET).status(), 200);
    proxy.stop();
}

#[test]
pub(crate) fn certificates_are_replaced_and_connections_stay() {
    let (old, new) = (Authority::new(), Authority::new());
    let origin = Origin::text("hello");
    let mut config = plain(&[origin.address]);
    let files = old.sign("a", &["a.test"]);
    config["listeners"][0]["tls"] = json!({"certificates": [files]});
    let (proxy, address) = proxy(config);
    let mut stays = old.call(address, "a.test");
    assert_eq!(stays.ask(GET).status(), 200);
    // Half a change, or nonsense, changes nothing.
    let cert = files["cert"].as_str().expect("a path");
    std::fs::write(cert, "nonsense").expect("it is written");
    assert_eq!(old.call(address, "a.test").ask(GET).status(), 200);
    let other = new.sign("a", &["a.test"]);
    for part in ["cert", "key"] {
        let path = |files: &Value| files[part].as_str().expect("a path").to_owned();
        std::fs::copy(path(&other), path(&files)).expect("it is written");
    }
    until("the new one is shown", || {
        let mut wire = new.call(address, "a.test");
        wire.say(GET);
        wire.answer().is_some()
    });
    assert_eq!(stays.ask(GET).status(), 200, "it goes on as it began");
    proxy.stop();
}

#[test]
pub(crate) fn the_name_decides_who_gets_it_as_it_is() {
    let authority = Authority::new();
    let one = authority.origin(&authority.sign("a", &["a.test"]), texts("one"));
    let other = authority.origin(
        &authority.sign("b", &["x.b.test", "y.b.test"]),
        texts("other"),
    );
    let config = |last: Option<&str>| {
        json!({
            "listeners": [{
                "name": "tls", "address": "127.0.0.1:0", "protocol": "TLS", "backend": last,
                "names": [
                    {"hosts": ["A.test"], "backend": "one"},
                    {"hosts": ["*.b.test"], "backend": "other"},
                ],
            }],
            "backends": [backend("one", &[one.address]), backend("other", &[other.address])],
        })
    };
    let (proxy_one, address) = proxy(config(None));
    for (name, text) in [
        ("a.test", "one"),
        ("x.b.test", "other"),
        ("y.b.test", "other"),
    ] {
        let mut wire = authority.call(address, name);
        assert_eq!(wire.ask(GET).text(), text, "{name}");
        assert_eq!(wire.ask(GET).text(), text, "{name}");
    }
    let mut nobody = authority.call(address, "c.test");
    nobody.say(GET);
    assert!(nobody.answer().is_none());
    for bytes in [GET.as_bytes(), b"\x16\x03\x01\x00\x05hello"] {
        let mut stranger = Wire::to(address);
        stranger.say(bytes);
        assert_eq!(stranger.rest(), b"");
    }
    proxy_one.stop();
    let (proxy_two, address) = proxy(config(Some("other")));
    let mut wire = authority.call(address, "c.test");
    wire.say(GET);
    assert!(wire.answer().is_none(), "its certificate is for others");
    until("the last one was asked", || {
        other.connections.load(std::sync::atomic::Ordering::Relaxed) == 3
    });
    proxy_two.stop();
}

#[test]
pub(crate) fn backends_are_met_by_their_names() {
    let authority = Authority::new();
    let origin = authority.origin(&authority.sign("a", &["app.test"]), texts("hello"));
    let mut config = plain(&[origin.address]);
    let with = |config: &mut Value, name: Option<&str>, ca: PathBuf| {
        config["backends"][0]["tls"] = json!({"ca": ca, "name": name});
    };
    with(&mut config, Some("app.test"), authority.path("ca"));
    let (mut proxy, address) = proxy(config.clone());
    let mut wire = Wire::to(address);
    for _ in 0..20 {
        assert_eq!(wire.get("/").text(), "hello");
    }
    assert_eq!(proxy.totals().connects, 1, "connections are used again");
    let mut apply = |config: &Value| {
        let config = serde_json::from_value::<Config>(config.clone()).expect("a configuration");
        proxy.apply(config)
    };
    let stranger = Authority::new();
    for (name, ca) in [
        (Some("else.test"), authority.path("ca")),
        (None, authority.path("ca")),
        (Some("app.test"), stranger.path("ca")),
    ] {
        with(&mut config, name, ca);
        apply(&config).expect("no mistakes");
        // Also over a connection that waits: it was made by other rules.
        until("it is not believed", || wire.get("/").status() == 502);
    }
    with(&mut config, Some("app.test"), authority.path("none"));
    let problems = apply(&config).expect_err("there is no such file");
    assert_eq!(problems[0].at, "backends[0].tls");
    proxy.stop();
}

#[test]
pub(crate) fn bytes_go_both_ways_inside() {
    let authority = Authority::new();
    let files = authority.sign("a", &["a.test"]);
    let echo = authority.origin(&files, |wire, _| {
        loop {
            let bytes = wire.bytes(10_000);
            if bytes.len() < 10_000 {
                return;
            }
            wire.say(bytes);
        }
    });
    let mut app = backend("app", &[echo.address]);
    app["tls"] = json!({"ca": authority.path("ca"), "name": "a.test"});
    let (proxy, address) = proxy(json!({
        "listeners": [{
            "name": "tcp", "address": "127.0.0.1:0", "protocol": "TCP", "backend": "app",
            "tls": {"certificates": [files]},
        }],
        "backends": [app],
    }));
    let mut wire = authority.call(address, "a.test");
    for turn in 0..100_u8 {
        wire.say([turn; 10_000]);
        assert!(wire.bytes(10_000) == [turn; 10_000]);
    }
    proxy.stop();
}

/// Anybody on the way can cut a connection: only an end that was announced is one.
#[test]
pub(crate) fn what_was_cut_off_does_not_look_whole() {
    let authority = Authority::new();
    let files = authority.sign("a", &["app.test"]);
    let origin = authority.origin(&files, |wire, origin| {
        origin.request(wire);
        wire.say("HTTP/1.1 200 OK\r\n\r\nhalf");
        wire.end();
        wire.rest();
    });
    let mut config = plain(&[origin.address]);
    config["backends"][0]["tls"] = json!({"ca": authority.path("ca"), "name": "app.test"});
    config["listeners"][0]["tls"] = json!({"certificates": [authority.sign("b", &["a.test"])]});
    let (proxy, address) = proxy(config);
    let mut wire = authority.call(address, "a.test");
    wire.say(GET);
    assert_eq!(wire.head().expect("one").status(), 200);
    assert_eq!(wire.rest(), b"half");
    // The client has a way to know it, too: no farewell. It is broken off.
    assert!(!wire.was_bidden_farewell());
    proxy.stop();
    // So it is with bytes.
    let mut app = backend("app", &[origin.address]);
    app["tls"] = json!({"ca": authority.path("ca"), "name": "app.test"});
    let (proxy, address) = crate::proxy(json!({
        "listeners": [{
            "name": "tcp", "address": "127.0.0.1:0", "protocol": "TCP", "backend": "app",
            "tls": {"certificates": [authority.sign("b", &["a.test"])]},
        }],
        "backends": [app],
    }));
    let mut wire = authority.call(address, "a.test");
    wire.say(GET);
    assert_eq!(wire.head().expect("one").status(), 200);
    wire.rest();
    assert!(!wire.was_bidden_farewell());
    proxy.stop();
}

#[test]
pub(crate) fn clients_show_who_they_are_where_they_must() {
    let authority = Authority::new();
    let origin = Origin::text("hello");
    let mut config = plain(&[origin.address]);
    config["listeners"][0]["tls"] = json!({
        "certificates": [authority.sign("a", &["a.test"])], "clientCa": authority.path("ca"),
    });
    let (proxy, address) = proxy(config);
    let own = authority.sign("client", &["client.test"]);
    let mut known = secure(address, "a.test", authority.client(Some(&own)));
    assert_eq!(known.ask(GET).status(), 200);
    let stranger = Authority::new();
    let foreign = stranger.sign("client", &["client.test"]);
    for shows in [None, Some(&foreign)] {
        let mut wire = secure(address, "a.test", authority.client(shows));
        wire.say(GET);
        assert!(wire.answer().is_none());
    }
    assert!(origin.asked().len() == 1);
    proxy.stop();
}

/// Mistakes are told by place, and nothing runs.
#[test]
pub(crate) fn mistakes_are_told() {
    let config = json!({
        "listeners": [
            {"name": "a", "address": "127.0.0.1:1", "tls": {"certificates": []}},
            {"name": "b", "address": "127.0.0.1:2", "protocol": "TLS"},
            {"name": "c", "address": "127.0.0.1:3", "names": [{"hosts": ["x y"], "backend": "none"}]},
        ],
        "backends": [backend("app", &[])],
    });
    let config = serde_json::from_value::<Config>(config).expect("a configuration");
    let places = config.check().into_iter().map(|it| it.at);
    assert_eq!(
        places.collect::<Vec<_>>(),
        [
            "listeners[0].tls.certificates",
            "listeners[1].names",
            "listeners[2].names",
            "listeners[2].names[0].backend",
            "listeners[2].names[0].hosts[0]",
        ]
    );
}
