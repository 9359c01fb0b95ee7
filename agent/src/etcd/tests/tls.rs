use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use synod_proto::etcdserverpb::RangeRequest;
use synod_proto::etcdserverpb::kv_client::KvClient;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use super::solo::Solo;
use super::{Served, bytes};
use crate::etcd::{Front, Settings, serve};
use crate::tls::{Certificates, Sources, TlsAccept};
use synod_agent_api::{ClientTls, ClientTlsMode};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    fn issue(&self) -> (String, String) {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    fn files(&self, directory: &Path, mode: ClientTlsMode) -> ClientTls {
        let (cert, key) = self.issue();
        let file = |name: &str, content: &str| {
            let path = directory.join(name);
            std::fs::write(&path, content).expect("a file");
            Some(path)
        };
        ClientTls {
            mode,
            cert: file("tls.crt", &cert),
            key: file("tls.key", &key),
            ca: file("ca.crt", &self.0.pem()),
        }
    }
}

async fn served(tls: &ClientTls) -> Served {
    let sources = Sources::of_clients(tls).expect("TLS is on");
    let accept = TlsAccept::new(Some(Certificates::load(sources).expect("certificates")));
    let (solo, stop) = (Solo::start(), CancellationToken::new());
    let front = Front::new(solo.engine(), Settings::default(), stop.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(serve(listener, accept, Arc::new(front)));
    Served {
        solo,
        address,
        stop,
    }
}

async fn ask(served: &Served, tls: ClientTlsConfig) -> bool {
    let endpoint = Endpoint::from_shared(format!("https://{}", served.address));
    let tls = tls.domain_name("localhost");
    let endpoint = endpoint.expect("an endpoint").tls_config(tls).expect("TLS");
    let channel: Channel = endpoint.connect_lazy();
    let request = RangeRequest {
        key: bytes("a"),
        ..RangeRequest::default()
    };
    KvClient::new(channel).range(request).await.is_ok()
}

/// Also one that says a lot before it listens, as TLS 1.3 lets it.
#[tokio::test]
async fn who_is_refused_is_told_why() {
    let directory = tempfile::tempdir().expect("a directory");
    let authority = Authority::new();
    let server = served(&authority.files(directory.path(), ClientTlsMode::Mutual)).await;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.0.der().clone()).expect("an authority");
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    for _ in 0..20 {
        let tcp = TcpStream::connect(server.address)
            .await
            .expect("a connection");
        let name = "localhost".try_into().expect("a name");
        let mut tls = connector.connect(name, tcp).await.expect("its certificate");
        tls.write_all(&[0; 100 << 10]).await.expect("it is taken");
        tls.get_ref().0.readable().await.expect("an answer");
        tls.write_all(b"more").await.expect("it is taken, still");
        tls.flush().await.expect("it is taken, still");
        let why = tls.read_u8().await.expect_err("no certificate").to_string();
        assert!(why.contains("CertificateRequired"), "{why}");
    }
}

#[tokio::test]
async fn clients_by_tls() {
    let directory = tempfile::tempdir().expect("a directory");
    let (authority, stranger) = (Authority::new(), Authority::new());
    let trusting =
        || ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.0.pem()));
    let shown = |by: &Authority| {
        let (cert, key) = by.issue();
        trusting().identity(Identity::from_pem(cert, key))
    };

    let server = served(&authority.files(directory.path(), ClientTlsMode::Server)).await;
    assert!(ask(&server, trusting()).await, "no certificate is needed");
    let distrusting =
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(stranger.0.pem()));
    assert!(
        !ask(&server, distrusting).await,
        "the client does not trust it"
    );

    let mutual = served(&authority.files(directory.path(), ClientTlsMode::Mutual)).await;
    assert!(
        ask(&mutual, shown(&authority)).await,
        "a certificate of the authority"
    );
    assert!(!ask(&mutual, trusting()).await, "no certificate");
    assert!(
        !ask(&mutual, shown(&stranger)).await,
        "a stranger's certificate"
    );
    assert!(ask(&mutual, shown(&authority)).await, "it goes on");
}
