//! A real ZooKeeper on loopback: one process, its data in a folder that goes with it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::Process;
use crate::{Failure, eventually, ports};

/// What every file of the corpus is recorded with: the super user's password is `admin`; nodes with a time to live are
/// allowed; all four-letter words are; and nothing waits for the disk, since nothing here looks at crashes.
pub(super) const PROPERTIES: [&str; 5] = [
    "zookeeper.DigestAuthenticationProvider.superDigest=super:xQJmxLMiHGwaqBvst5y6rkB6HQs=",
    "zookeeper.extendedTypesEnabled=true",
    "zookeeper.4lw.commands.whitelist=*",
    "zookeeper.admin.enableServer=false",
    "zookeeper.forceSync=no",
];

/// A running ZooKeeper; it is killed when this is dropped.
pub struct Server {
    process: Process,
    address: SocketAddr,
    _folder: TempDir,
}

impl Server {
    /// Starts one of the jar's release with further properties, and waits until it answers. Those that begin with
    /// `zookeeper.` are Java's, others are lines of its file.
    ///
    /// # Errors
    /// When there is no Java or no such jar, or it does not answer within a minute.
    pub fn start(jar: &Path, properties: &[String]) -> Result<Self, Failure> {
        if !jar.is_file() {
            return Err(format!(
                "{} is not there; Debian's package `zookeeper` has it",
                jar.display()
            ));
        }
        let cannot = |error: std::io::Error| format!("cannot lay out a ZooKeeper: {error}");
        let folder = TempDir::new().map_err(cannot)?;
        let address = SocketAddr::from(([127, 0, 0, 1], ports::free()?));
        let file = folder.path().join("zoo.cfg");
        let data = folder.path().join("data");
        let port = address.port();
        let (of_java, of_file): (Vec<_>, Vec<_>) = properties
            .iter()
            .partition(|property| property.starts_with("zookeeper."));
        // Sessions from 4 to 40 s, as it is if nothing is said.
        let mut text = format!(
            "tickTime=2000\nmaxClientCnxns=0\ndataDir={}\nclientPortAddress=127.0.0.1\nclientPort={port}\n",
            data.display()
        );
        for line in of_file {
            text.push_str(line);
            text.push('\n');
        }
        std::fs::write(&file, text).map_err(cannot)?;
        let mut java = Command::new("java");
        java.arg("-Xmx256m").arg("-XX:TieredStopAtLevel=1");
        java.args(PROPERTIES.iter().map(|property| format!("-D{property}")));
        java.args(of_java.iter().map(|property| format!("-D{property}")));
        java.arg("-cp").arg(jar);
        java.arg("org.apache.zookeeper.server.ZooKeeperServerMain");
        let log = folder.path().join("log");
        let process = Process::start("ZooKeeper", java.arg(&file), &log)?;
        let mut server = Self {
            process,
            address,
            _folder: folder,
        };
        server.wait()?;
        Ok(server)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    fn wait(&mut self) -> Result<(), Failure> {
        eventually(|| {
            if !self.process.is_running() {
                return Ok(Err(format!(
                    "ZooKeeper ended:\n{}",
                    self.process.log_tail()
                )));
            }
            // `ruok` is answered before sessions are taken; this tells.
            match ask(self.address, "srvr") {
                Ok(answer) if answer.contains("Mode: standalone") => Ok(Ok(())),
                Ok(answer) => Err(format!("ZooKeeper says `{answer}`")),
                Err(error) => Err(format!("ZooKeeper does not answer: {error}")),
            }
        })?
    }
}

/// Asks with a four-letter word. A question that comes while ZooKeeper starts may never be answered.
fn ask(address: SocketAddr, word: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_millis(500)))?;
    stream.write_all(word.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
