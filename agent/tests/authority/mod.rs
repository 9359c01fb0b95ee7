//! A certificate authority for tests.
#![allow(dead_code, unreachable_pub)]

use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SanType,
};
use synod_agent_api::{ClusterUid, Identity, Kind, PeerTls};

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).unwrap(),
        }
    }

    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Certificate and key that name `uri`.
    pub fn issue(&self, uri: &str) -> (String, String) {
        self.issue_as(vec![SanType::URI(uri.try_into().unwrap())])
    }

    /// The same, that hold for a host, too.
    pub fn issue_at(&self, uri: &str, host: &str) -> (String, String) {
        self.issue_as(vec![
            SanType::URI(uri.try_into().unwrap()),
            SanType::DnsName(host.try_into().unwrap()),
        ])
    }

    fn issue_as(&self, names: Vec<SanType>) -> (String, String) {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names;
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// The files of a configuration's `tls.peer`, in `directory`, with a certificate that names `uri`.
    pub fn write(&self, directory: &Path, uri: &str) -> PeerTls {
        let (cert, key) = self.issue(uri);
        let file = |name: &str, content: &str| {
            let path = directory.join(name);
            std::fs::write(&path, content).unwrap();
            Some(path)
        };
        PeerTls {
            cert: file("tls.crt", &cert),
            key: file("tls.key", &key),
            ca: file("ca.crt", &self.pem()),
            insecure: false,
        }
    }
}

pub fn identity(cluster: u128, number: u64) -> Identity {
    Identity {
        cluster: ClusterUid(cluster),
        kind: Kind::ConsensusGroup,
        name: "test".to_owned(),
        number,
    }
}
