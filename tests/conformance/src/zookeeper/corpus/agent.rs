//! A `synod-agent` of a LockService on loopback: one member, no operator, its data in a folder that goes with it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::server::PROPERTIES;
use crate::process::Process;
use crate::{Failure, eventually, http, ports};

/// ZooKeeper's own bound of a packet in bytes, with which everything is recorded; the agent's is more generous.
const PACKET_BYTES_MAX: u32 = 1_048_575;

/// A running agent; it is killed when this is dropped.
pub(super) struct Agent {
    process: Process,
    address: SocketAddr,
    _folder: TempDir,
}

impl Agent {
    /// Starts one with what a file of the corpus asks of its server, and waits until it serves.
    pub(super) fn start(program: &Path, properties: &[String]) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| format!("cannot lay out an agent: {error}");
        let folder = TempDir::new().map_err(cannot)?;
        let loopback = || ports::free().map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let (address, peer, admin, health) = (loopback()?, loopback()?, loopback()?, loopback()?);
        let settings = settings(properties)?;
        let text = format!(
            "cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
kind: LockService
group: corpus
name: m1
number: 1
start: bootstrap
members: [{{number: 1, name: m1, peer_address: '{peer}'}}]
data_dir: {data}
listen: {{client: '{address}', peer: '{peer}', admin: '{admin}', health: '{health}'}}
tls: {{peer: {{insecure: true}}, client: {{mode: disabled}}}}
log: {{format: text, filter: info}}
zookeeper:
  packet_bytes_max: {PACKET_BYTES_MAX}
{settings}",
            data = folder.path().join("data").display()
        );
        let file = folder.path().join("agent.yaml");
        std::fs::write(&file, text).map_err(cannot)?;
        let mut command = Command::new(program);
        command.arg("--config").arg(&file);
        let log = folder.path().join("log");
        let mut agent = Self {
            process: Process::start("synod-agent", &mut command, &log)?,
            address,
            _folder: folder,
        };
        agent.wait(&health.to_string())?;
        Ok(agent)
    }

    /// Where it listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The last lines of its log.
    pub(super) fn log_tail(&self) -> String {
        self.process.log_tail()
    }

    /// Whether it has not ended by itself.
    pub(super) fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    fn wait(&mut self, health: &str) -> Result<(), Failure> {
        eventually(|| {
            if !self.is_running() {
                return Ok(Err(format!("the agent ended:\n{}", self.log_tail())));
            }
            match http::get(health, "/readyz")? {
                answer if answer == "ok\n" => Ok(Ok(())),
                answer => Err(format!("the agent is not ready: {answer}")),
            }
        })?
    }
}

/// The lines of the agent's `zookeeper` section that stand for the properties of ZooKeeper's server, the later of two counting.
fn settings(properties: &[String]) -> Result<String, Failure> {
    let (mut words, mut quotas, mut digest) = (String::new(), "false", "");
    let of_all = PROPERTIES.iter().copied();
    for property in of_all.chain(properties.iter().map(String::as_str)) {
        match property.split_once('=') {
            Some(("zookeeper.enforceQuota", value)) => quotas = value,
            Some(("zookeeper.DigestAuthenticationProvider.superDigest", value)) => digest = value,
            Some(("zookeeper.4lw.commands.whitelist", value)) => words = format!("'{value}'"),
            // There are no such settings: nodes with a time to live are always on, members change by the operator alone,
            // there is no server for administrators, and the disk is always waited for.
            Some((
                "zookeeper.extendedTypesEnabled"
                | "reconfigEnabled"
                | "zookeeper.admin.enableServer"
                | "zookeeper.forceSync",
                _,
            )) => {}
            _ => return Err(format!("an agent knows nothing like `{property}`")),
        }
    }
    if words == "''" {
        words.clear();
    }
    let mut text = String::new();
    let _ = writeln!(text, "  four_letter_words: [{words}]");
    let _ = writeln!(text, "  enforce_quotas: {quotas}");
    let _ = writeln!(text, "  super_digest: '{digest}'");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_settings() {
        let of = |properties: &[&str]| {
            let properties: Vec<_> = properties
                .iter()
                .map(|property| (*property).to_owned())
                .collect();
            settings(&properties)
        };
        let usual = of(&[]).unwrap();
        assert!(usual.contains("four_letter_words: ['*']"), "{usual}");
        assert!(usual.contains("super_digest: 'super:"), "{usual}");
        let other = of(&[
            "zookeeper.4lw.commands.whitelist=",
            "zookeeper.enforceQuota=true",
        ]);
        let other = other.unwrap();
        assert!(other.contains("four_letter_words: []"), "{other}");
        assert!(other.contains("enforce_quotas: true"), "{other}");
        assert!(of(&["zookeeper.unheardOf=1"]).is_err());
    }
}
