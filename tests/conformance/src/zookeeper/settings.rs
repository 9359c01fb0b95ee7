//! The files of a ZooKeeper member under test, as text.

use std::path::Path;

use super::certificates::Certificates;

/// Shortest and longest session that a client may ask for.
pub const SESSION_MS: (u32, u32) = (1_000, 60_000);
/// Name and password that a client may log in with.
pub const LOGIN: (&str, &str) = ("bob", "bobs");
/// The super user's password.
pub const SUPER: &str = "secret";
/// SHA-1 of `super:secret`, in base 64: what a member is told of it.
const SUPER_DIGEST: &str = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=";
/// How often containers and times to live are looked after.
const CONTAINER_CHECK_MS: u32 = 500;

/// Where a member listens: its ports on 127.0.0.1.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// Clients.
    pub client: u16,
    /// Clients, by TLS.
    pub secure: u16,
    /// Followers of the leader.
    pub quorum: u16,
    /// Votes; of Synod the admin API.
    pub election: u16,
    /// Health and metrics, of Synod.
    pub health: u16,
}

/// How the members keep sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// All members know all sessions: how ZooKeeper is run.
    Global,
    /// A session is its member's until it makes an ephemeral node. ZooKeeper 3.8 serves clients without a majority only
    /// with this: its read-only mode starts no global session.
    Local,
}

/// A member's main file.
pub fn zoo_cfg(
    data: &Path,
    own: Ports,
    all: &[Ports],
    kind: SessionKind,
    certificates: &Certificates,
) -> String {
    let servers: String = all
        .iter()
        .enumerate()
        .map(|(index, ports)| {
            format!(
                "server.{}=127.0.0.1:{}:{}:participant;127.0.0.1:{}\n",
                index + 1,
                ports.quorum,
                ports.election,
                ports.client
            )
        })
        .collect();
    let local = kind == SessionKind::Local;
    // With its defaults this release serves TLS 1.2 only, and the Java client of 3.9 speaks 1.3 only.
    format!(
        "tickTime=500
initLimit=20
syncLimit=8
dataDir={data}
minSessionTimeout={least}
maxSessionTimeout={most}
maxClientCnxns=0
standaloneEnabled=false
reconfigEnabled=true
admin.enableServer=false
4lw.commands.whitelist=*
extendedTypesEnabled=true
enforceQuota=true
localSessionsEnabled={local}
localSessionsUpgradingEnabled={local}
authProvider.1=org.apache.zookeeper.server.auth.SASLAuthenticationProvider
secureClientPort={secure}
secureClientPortAddress=127.0.0.1
serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory
ssl.keyStore.location={member}
ssl.keyStore.type=PEM
ssl.trustStore.location={trust}
ssl.trustStore.type=PEM
ssl.clientAuth=want
ssl.protocol=TLSv1.3
ssl.enabledProtocols=TLSv1.2,TLSv1.3
ssl.ciphersuites=TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
{servers}",
        data = data.display(),
        least = SESSION_MS.0,
        most = SESSION_MS.1,
        secure = own.secure,
        member = certificates.member.display(),
        trust = certificates.trust.display(),
    )
}

/// A Synod member's configuration: the member of index `own`.
pub fn agent_yaml(data: &Path, own: usize, all: &[Ports], certificates: &Certificates) -> String {
    let member = |(index, ports): (usize, &Ports)| {
        let (number, Ports { client, quorum, .. }) = (index + 1, ports);
        let urls = format!("client_urls: ['http://127.0.0.1:{client}']");
        format!(
            "- {{number: {number}, name: m{number}, peer_address: '127.0.0.1:{quorum}', {urls}}}\n"
        )
    };
    let members: String = all.iter().enumerate().map(member).collect();
    let ports = all[own];
    format!(
        "cluster_uid: 7d3a5c1e-52f0-4f8f-9a52-0f6f5d3c9b11
kind: LockService
group: conformance
name: m{number}
number: {number}
start: bootstrap
members:
{members}data_dir: {data}
listen: {{client: '127.0.0.1:{secure}', peer: '127.0.0.1:{peer}', admin: '127.0.0.1:{admin}', health: '127.0.0.1:{health}'}}
tls: {{peer: {{insecure: true}}, client: {{mode: optional, cert: {chain}, key: {key}, ca: {trust}}}}}
log: {{format: text}}
zookeeper:
  plain_listen: '127.0.0.1:{client}'
  session_timeout_ms_min: {least}
  session_timeout_ms_max: {most}
  packet_bytes_max: 1048575
  enforce_quotas: true
  four_letter_words: ['*']
  super_digest: '{SUPER_DIGEST}'
  sasl_users_file: {users}
",
        number = own + 1,
        users = data.with_file_name("users").display(),
        data = data.display(),
        client = ports.client,
        secure = ports.secure,
        chain = certificates.member.display(),
        key = certificates.member.display(),
        trust = certificates.trust.display(),
        peer = ports.quorum,
        admin = ports.election,
        health = ports.health,
        least = SESSION_MS.0,
        most = SESSION_MS.1,
    )
}

/// Who may log in to a Synod member.
pub fn users() -> String {
    let (user, password) = LOGIN;
    format!("{user}:{password}\n")
}

/// Who may log in.
pub fn jaas() -> String {
    let (user, password) = LOGIN;
    format!(
        "Server {{ org.apache.zookeeper.server.auth.DigestLoginModule required user_{user}=\"{password}\"; }};\n"
    )
}

/// What is logged: to standard output, which the test keeps.
pub const LOG4J: &str = "log4j.rootLogger=INFO, CONSOLE
log4j.appender.CONSOLE=org.apache.log4j.ConsoleAppender
log4j.appender.CONSOLE.layout=org.apache.log4j.PatternLayout
log4j.appender.CONSOLE.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n
";

/// What the virtual machine of a member is told; `folder` holds its files.
pub fn properties(folder: &Path) -> Vec<String> {
    let folder = folder.display();
    vec![
        format!("log4j.configuration=file:{folder}/log4j.properties"),
        format!("java.security.auth.login.config={folder}/jaas.conf"),
        format!("zookeeper.DigestAuthenticationProvider.superDigest={SUPER_DIGEST}"),
        format!("znode.container.checkIntervalMs={CONTAINER_CHECK_MS}"),
        "readonlymode.enabled=true".to_owned(),
    ]
}
