//! The configuration file, and what the environment adds to it.

use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use synod_agent_api::{AgentConfig, ConfigError};

/// What the environment says: where the container's root and address are when a Pod runs as a plain process.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `SYNOD_ROOT`: the directory under which absolute paths are taken.
    pub root: Option<PathBuf>,
    /// `SYNOD_BIND_ADDRESS`: what replaces the unspecified address of listeners.
    pub bind_address: Option<IpAddr>,
    /// `SYNOD_HOSTS_FILE`: names looked up before the system's resolver is asked.
    pub hosts_file: Option<PathBuf>,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("configuration {}: {source}; name a file that this user may read with --config", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The file does not make a configuration.
    #[error("configuration {}: {source}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its place and its cure.
        source: ConfigError,
    },
    /// A variable does not make sense.
    #[error(
        "SYNOD_BIND_ADDRESS: `{found}` is no address ({source}); set it to this machine's or Pod's IP address, or unset it"
    )]
    BindAddress {
        /// What it is.
        found: String,
        /// What is wrong.
        source: AddrParseError,
    },
}

impl Environment {
    /// As this process's environment says. An empty variable is an unset one.
    ///
    /// # Errors
    /// If an address does not parse.
    pub fn of_process() -> Result<Self, LoadError> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let bind_address = set("SYNOD_BIND_ADDRESS")
            .map(|found| {
                found
                    .parse()
                    .map_err(|source| LoadError::BindAddress { found, source })
            })
            .transpose()?;
        Ok(Self {
            root: set("SYNOD_ROOT").map(PathBuf::from),
            bind_address,
            hosts_file: set("SYNOD_HOSTS_FILE").map(PathBuf::from),
        })
    }

    /// A path as this process sees it: absolute ones under `root`, unless they are there already.
    #[must_use]
    pub fn rooted(&self, path: &Path) -> PathBuf {
        match &self.root {
            Some(root) if path.is_absolute() && !path.starts_with(root) => {
                root.join(path.strip_prefix("/").unwrap_or(path))
            }
            _ => path.to_owned(),
        }
    }

    /// A listener's address as this process has it.
    #[must_use]
    pub fn bind(&self, address: SocketAddr) -> SocketAddr {
        match self.bind_address {
            Some(ip) if address.ip().is_unspecified() => SocketAddr::new(ip, address.port()),
            _ => address,
        }
    }

    /// A configuration with paths and listeners as this process sees them.
    #[must_use]
    pub fn apply(&self, mut config: AgentConfig) -> AgentConfig {
        config.data_dir = self.rooted(&config.data_dir);
        let tls = &mut config.tls;
        let files = [
            &mut tls.client.cert,
            &mut tls.client.key,
            &mut tls.client.ca,
            &mut tls.peer.cert,
            &mut tls.peer.key,
            &mut tls.peer.ca,
        ];
        for path in files.into_iter().flatten() {
            *path = self.rooted(path);
        }
        if let Some(zookeeper) = &mut config.zookeeper {
            if let Some(path) = &mut zookeeper.sasl_users_file {
                *path = self.rooted(path);
            }
            if let Some(address) = &mut zookeeper.plain_listen {
                *address = self.bind(*address);
            }
        }
        let password = config.cache.as_mut().map(|cache| &mut cache.password_file);
        if let Some(path) = password.and_then(Option::as_mut) {
            *path = self.rooted(path);
        }
        let listen = &mut config.listen;
        for address in [
            &mut listen.client,
            &mut listen.peer,
            &mut listen.admin,
            &mut listen.health,
        ] {
            *address = self.bind(*address);
        }
        config
    }
}

/// Reads a configuration file.
///
/// # Errors
/// If it cannot be read, or what it says makes no sense.
pub fn load(path: &Path, environment: &Environment) -> Result<AgentConfig, LoadError> {
    let path = environment.rooted(path);
    let text = std::fs::read_to_string(&path).map_err(|source| LoadError::Unreadable {
        path: path.clone(),
        source,
    })?;
    let config = AgentConfig::parse(&text).map_err(|source| LoadError::Wrong { path, source })?;
    Ok(environment.apply(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_listeners_are_taken_where_the_pod_is() {
        let config = AgentConfig::parse(
            "
cluster_uid: 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee
group: config
name: config-cg-1
number: 1
data_dir: /data
listen: {client: '127.0.0.9:2379'}
tls: {peer: {cert: /tls/a, key: /tls/b, ca: /pods/1/tls/c}}
cache: {password_file: /password/password}
",
        )
        .unwrap();
        let environment = Environment {
            root: Some("/pods/1".into()),
            bind_address: Some("127.1.0.2".parse().unwrap()),
            hosts_file: None,
        };
        let applied = environment.apply(config.clone());
        assert_eq!(applied.data_dir, Path::new("/pods/1/data"));
        assert_eq!(
            applied.tls.peer.cert.as_deref(),
            Some(Path::new("/pods/1/tls/a"))
        );
        assert_eq!(
            applied.tls.peer.ca.as_deref(),
            Some(Path::new("/pods/1/tls/c"))
        );
        assert_eq!(
            applied.cache().password_file.as_deref(),
            Some(Path::new("/pods/1/password/password"))
        );
        assert_eq!(applied.listen.client.to_string(), "127.0.0.9:2379");
        assert_eq!(applied.listen.peer.to_string(), "127.1.0.2:2380");
        assert_eq!(Environment::default().apply(config.clone()), config);
    }
}
