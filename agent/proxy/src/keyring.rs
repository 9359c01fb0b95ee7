//! All certificates of a configuration, by who uses them.

use std::collections::BTreeMap;

use crate::config::{BackendTls, Config, Problem, Tls};
use crate::tls::{Keys, Outward, Shown};

/// What listeners show, and how backends are met.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    listeners: BTreeMap<String, Keys<Tls, Shown>>,
    backends: BTreeMap<String, Keys<BackendTls, Outward>>,
}

impl Keyring {
    /// Those of a configuration, all of them read.
    pub(crate) fn load(config: &Config) -> Result<Self, Vec<Problem>> {
        let mut keyring = Self::default();
        let mut problems = Vec::new();
        for (number, rules) in config.listeners.iter().enumerate() {
            if let Some(tls) = &rules.tls {
                match Keys::<Tls, Shown>::load(tls, &format!("listeners[{number}].tls")) {
                    Ok(keys) => drop(keyring.listeners.insert(rules.name.clone(), keys)),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        for (number, rules) in config.backends.iter().enumerate() {
            if let Some(tls) = &rules.tls {
                match Keys::<BackendTls, Outward>::load(tls, &format!("backends[{number}].tls")) {
                    Ok(keys) => drop(keyring.backends.insert(rules.name.clone(), keys)),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        match problems.is_empty() {
            true => Ok(keyring),
            false => Err(problems),
        }
    }

    pub(crate) fn shown(&self, listener: &str) -> Option<Shown> {
        self.listeners.get(listener).map(Keys::shown)
    }

    pub(crate) fn outward(&self, backend: &str) -> Option<Outward> {
        self.backends.get(backend).map(Keys::outward)
    }

    /// Reads files again. What cannot be used changes nothing, and is in the log.
    pub(crate) fn refresh(&mut self) {
        for (name, keys) in &mut self.listeners {
            tell("listener", name, keys.refresh("tls"));
        }
        for (name, keys) in &mut self.backends {
            tell("backend", name, keys.refresh("tls"));
        }
    }
}

fn tell(of: &str, name: &str, refreshed: Result<bool, Problem>) {
    match refreshed {
        Ok(false) => {}
        Ok(true) => tracing::info!(of, name, "certificates replaced"),
        Err(problem) => tracing::warn!(
            of,
            name,
            what = problem.what,
            "new certificates cannot be used, the old ones stay"
        ),
    }
}
