//! The configuration file of a LoadBalancer's proxy.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use synod_agent_api::{Drain, Log, ports};

use crate::config::Environment;

/// What `synod-agent --config FILE` reads where its kind is LoadBalancer: YAML, unknown fields refused.
///
/// The file is read again when it changes: `proxy` is applied in place, what else changed takes a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalancerConfig {
    /// What the agent serves.
    pub kind: BalancerKind,
    /// The resource's name: its proxies have it in common, and cookies of one are understood by all.
    pub name: String,
    /// Where health and metrics are served.
    #[serde(default = "health")]
    pub health: SocketAddr,
    /// Where the last configuration that was applied is kept: it is used at a start where the file is of no use. Nowhere without
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_dir: Option<PathBuf>,
    /// Event loops; 0 is one for each core.
    #[serde(default)]
    pub threads: usize,
    /// A line of JSON for each request, on standard output.
    #[serde(default)]
    pub access_log: bool,
    /// How the agent stops.
    #[serde(default)]
    pub drain: Drain,
    /// Logging.
    #[serde(default)]
    pub log: Log,
    /// Listeners, routes and backends.
    pub proxy: synod_proxy::config::Config,
}

/// The kind's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BalancerKind {
    /// `LoadBalancer`.
    LoadBalancer,
}

const fn health() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), ports::HEALTH)
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum BalancerConfigError {
    /// The file cannot be read.
    #[error("configuration {}: {source}; name a file that this user may read with --config", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The file does not make a configuration.
    #[error("configuration {}: {what}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong, with its place and its cure.
        what: String,
    },
}

/// Whether a file's text is one of this kind: the rest of it may be wrong.
#[must_use]
pub fn is_balancer(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Peek {
        kind: Option<String>,
    }
    let peek = serde_yaml::from_str::<Peek>(text);
    peek.is_ok_and(|it| it.kind.as_deref() == Some("LoadBalancer"))
}

/// Reads a file.
///
/// # Errors
/// If it cannot be read.
pub fn read(path: &Path) -> Result<String, BalancerConfigError> {
    std::fs::read_to_string(path).map_err(|source| BalancerConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

impl BalancerConfig {
    /// The configuration that a file's text makes, as this process sees paths and listeners.
    ///
    /// # Errors
    /// All mistakes, each with its place and its cure.
    pub fn parse(
        path: &Path,
        text: &str,
        environment: &Environment,
    ) -> Result<Self, BalancerConfigError> {
        let wrong = |what: String| BalancerConfigError::Wrong {
            path: path.to_owned(),
            what,
        };
        let config: Self = serde_yaml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let mut problems = config.proxy.check();
        problems
            .iter_mut()
            .for_each(|it| it.at.insert_str(0, "proxy."));
        if !problems.is_empty() {
            let lines = problems.iter().map(ToString::to_string);
            return Err(wrong(lines.collect::<Vec<_>>().join("\n")));
        }
        Ok(config.seen_by(environment))
    }

    fn seen_by(mut self, environment: &Environment) -> Self {
        self.health = environment.bind(self.health);
        self.state_dir = self.state_dir.map(|it| environment.rooted(&it));
        let root = |path: &mut PathBuf| *path = environment.rooted(path);
        for listener in &mut self.proxy.listeners {
            listener.address = environment.bind(listener.address);
            if let Some(tls) = &mut listener.tls {
                tls.client_ca.iter_mut().for_each(root);
                for pair in &mut tls.certificates {
                    [&mut pair.cert, &mut pair.key].into_iter().for_each(root);
                }
            }
        }
        for tls in self
            .proxy
            .backends
            .iter_mut()
            .filter_map(|it| it.tls.as_mut())
        {
            root(&mut tls.ca);
            if let Some(pair) = &mut tls.certificate {
                [&mut pair.cert, &mut pair.key].into_iter().for_each(root);
            }
        }
        self
    }

    /// True if the other one differs in what cannot be changed in place.
    #[must_use]
    pub fn needs_restart_for(&self, other: &Self) -> bool {
        let with_own = Self {
            proxy: self.proxy.clone(),
            ..other.clone()
        };
        *self != with_own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
kind: LoadBalancer
name: web
state_dir: /state
proxy:
  listeners: [{name: http, address: '0.0.0.0:8080', tls: {certificates: [{cert: /tls/a, key: /tls/b}]}}]
  routes: [{to: [{backend: app}]}]
  backends: [{name: app, servers: [{address: '10.0.0.1:80'}]}]
";

    #[test]
    fn paths_and_listeners_are_taken_where_the_pod_is() {
        assert!(is_balancer(TEXT) && !is_balancer("kind: LockService"));
        let environment = Environment {
            root: Some("/pods/1".into()),
            bind_address: Some("127.1.0.2".parse().unwrap()),
            hosts_file: None,
        };
        let config = BalancerConfig::parse(Path::new("file"), TEXT, &environment).unwrap();
        let listener = &config.proxy.listeners[0];
        let tls = listener.tls.as_ref().unwrap();
        assert_eq!(listener.address.to_string(), "127.1.0.2:8080");
        assert_eq!(config.health.to_string(), "127.1.0.2:2382");
        assert_eq!(tls.certificates[0].key, Path::new("/pods/1/tls/b"));
        assert_eq!(
            config.state_dir.as_deref(),
            Some(Path::new("/pods/1/state"))
        );
        let again = serde_yaml::to_string(&config).unwrap();
        assert_eq!(
            serde_yaml::from_str::<BalancerConfig>(&again).unwrap(),
            config
        );
    }

    #[test]
    fn mistakes_are_told_by_place() {
        let told = |text: &str| {
            let parsed = BalancerConfig::parse(Path::new("file"), text, &Environment::default());
            parsed.unwrap_err().to_string()
        };
        let wrong = TEXT.replace("backend: app", "backend: none");
        assert_eq!(
            told(&wrong),
            "configuration file: proxy.routes[0].to[0].backend: there is no backend \"none\"; name one of [app], \
             or add it to backends"
        );
        assert!(told("kind: LoadBalancer\nnme: web\n").contains("unknown field `nme`"));
    }
}
