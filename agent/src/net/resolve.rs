//! Names to addresses: a hosts file first, if one is named, then the system's resolver.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// How names become addresses.
#[derive(Clone, Debug, Default)]
pub struct Resolver {
    hosts: Option<PathBuf>,
}

impl Resolver {
    /// With a file in the format of `/etc/hosts`, read again at every look-up.
    #[must_use]
    pub const fn new(hosts: Option<PathBuf>) -> Self {
        Self { hosts }
    }

    /// The addresses of `host:port`.
    ///
    /// # Errors
    /// If there is no such name, or it is not of that form.
    pub async fn resolve(&self, host_and_port: &str) -> io::Result<Vec<SocketAddr>> {
        if let Ok(address) = host_and_port.parse() {
            return Ok(vec![address]);
        }
        if let Some((host, port)) = host_and_port.rsplit_once(':')
            && let (Some(file), Ok(port)) = (&self.hosts, port.parse())
        {
            let found = in_hosts(file, host).await;
            if !found.is_empty() {
                return Ok(found
                    .into_iter()
                    .map(|ip| SocketAddr::new(ip, port))
                    .collect());
            }
        }
        Ok(tokio::net::lookup_host(host_and_port).await?.collect())
    }
}

/// A file that is not there yet holds nothing.
async fn in_hosts(file: &Path, host: &str) -> Vec<IpAddr> {
    let text = tokio::fs::read_to_string(file).await.unwrap_or_default();
    text.lines()
        .filter_map(|line| line_for(line, host))
        .collect()
}

/// The address of a line that lists `host`.
fn line_for(line: &str, host: &str) -> Option<IpAddr> {
    let line = line.split('#').next()?;
    let mut words = line.split_whitespace();
    let address = words.next()?.parse().ok()?;
    words
        .any(|word| word.eq_ignore_ascii_case(host))
        .then_some(address)
}

#[cfg(test)]
mod tests {
    use super::line_for;

    #[test]
    fn hosts_lines() {
        let rows = [
            (
                "127.1.0.2 config-cg-1.config-cg-peer config-cg-1",
                "config-cg-1",
                true,
            ),
            ("127.1.0.2\tCONFIG-cg-1 # first", "config-cg-1", true),
            ("127.1.0.2 config-cg-10", "config-cg-1", false),
            ("# 127.1.0.2 config-cg-1", "config-cg-1", false),
            ("config-cg-1 127.1.0.2", "config-cg-1", false),
            ("::1 config-cg-1", "config-cg-1", true),
            ("", "config-cg-1", false),
        ];
        for (line, host, found) in rows {
            assert_eq!(line_for(line, host).is_some(), found, "{line}");
        }
    }
}
