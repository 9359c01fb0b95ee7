//! A cache's server, as the agent runs it: which directory it has, what it is set up with, and whom it lets in.
//!
//! Keys are in the directory `cache` within the agent's own, or in memory only; what an earlier run kept there is removed then, or
//! it would come back as if nothing had happened in between.
//! Knows nothing of commands, sockets' contents, Paxos or Kubernetes.

mod password;

use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use synod_agent_api::{AgentConfig, Cache, Fsync};
use synod_replica::ClusterUid;
use synod_resp::persistence::{self, Kept, OpenError};
use synod_resp::{Level, Settings, Setup};

pub use password::{PasswordError, PasswordFile};

/// In so many parts a new cache keeps its keys. One that is there stays as it is.
const PARTITIONS: u32 = 16;

/// The directory of keys.
const DIRECTORY: &str = "cache";

/// Why there is no cache.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// Nobody could be let in.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// What is kept cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is not to be kept stays.
    #[error("data directory {}: what an earlier run kept cannot be removed: {source}", path.display())]
    Remove {
        /// The directory.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Entropy(getrandom::Error),
}

impl CacheError {
    /// The process's exit code.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Password(_) => 5,
            Self::Open(_) | Self::Remove { .. } => 4,
            Self::Entropy(_) => 1,
        }
    }
}

/// What a server begins with.
pub struct Opened {
    /// The keys that are kept, if they are.
    kept: Option<Kept>,
    /// What clients show, and where it is read.
    pub password: Option<PasswordFile>,
}

/// Reads the password and the keys that are kept, which may take long.
///
/// # Errors
/// If one of them cannot be used.
pub fn open(config: &AgentConfig) -> Result<Opened, CacheError> {
    let cache = config.cache();
    let password = cache.password_file.as_deref().map(PasswordFile::read);
    let password = password.transpose()?;
    let directory = config.data_dir.join(DIRECTORY);
    if !cache.persistent {
        remove(&directory)?;
        return Ok(Opened {
            kept: None,
            password,
        });
    }
    let kept = Kept::open(&kept_as(config, &cache, directory)?)?;
    tracing::info!(found = ?kept.found(), "the keys that were kept are read");
    Ok(Opened {
        kept: Some(kept),
        password,
    })
}

fn kept_as(
    config: &AgentConfig,
    cache: &Cache,
    directory: PathBuf,
) -> Result<persistence::Settings, CacheError> {
    let random = || getrandom::u64().map_err(CacheError::Entropy);
    Ok(persistence::Settings {
        directory,
        fsync: match cache.fsync {
            Fsync::Always => persistence::Fsync::Always,
            Fsync::EverySecond => persistence::Fsync::EverySecond,
            Fsync::No => persistence::Fsync::Never,
        },
        partitions: PARTITIONS,
        seed: random()?,
        disk_id: u128::from(random()?) << 64 | u128::from(random()?),
        cluster: ClusterUid(config.cluster_uid.0.to_be_bytes()),
        shard: 0,
        import: None,
    })
}

fn remove(directory: &Path) -> Result<(), CacheError> {
    match std::fs::remove_dir_all(directory) {
        Ok(()) => {
            let directory = directory.display();
            tracing::warn!(%directory, "keys are in memory only from now on: those that were kept are removed");
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(CacheError::Remove {
            path: directory.to_owned(),
            source,
        }),
    }
}

impl Opened {
    /// What the server is started with.
    ///
    /// # Errors
    /// If the system gives no randomness.
    pub fn setup(&mut self, cache: &Cache) -> Result<(Settings, Setup), CacheError> {
        let settings = Settings {
            threads: threads(cache),
            partitions: PARTITIONS as usize,
            seed: getrandom::u64().map_err(CacheError::Entropy)?,
            password: self.password.as_ref().map(PasswordFile::password),
        };
        let setup = Setup {
            config: named(cache, self.kept.is_some()),
            kept: self.kept.take(),
            on_log: Some(Box::new(log)),
            ..Setup::default()
        };
        Ok((settings, setup))
    }
}

/// One for each core that the process may use, which a limit of the container's bounds.
fn threads(cache: &Cache) -> usize {
    match cache.threads {
        0 => thread::available_parallelism().map_or(1, usize::from),
        threads => threads as usize,
    }
}

/// What scripts log.
fn log(level: Level, line: &str) {
    match level {
        Level::Debug => tracing::debug!(script = line),
        Level::Verbose | Level::Notice => tracing::info!(script = line),
        Level::Warning => tracing::warn!(script = line),
    }
}

/// Settings by their names at Redis's.
fn named(cache: &Cache, is_kept: bool) -> Vec<(String, String)> {
    let fsync = match cache.fsync {
        Fsync::Always => "always",
        Fsync::EverySecond => "everysec",
        Fsync::No => "no",
    };
    let bytes = cache.memory_bytes_max.to_string();
    [
        ("maxmemory", bytes.as_str()),
        ("maxmemory-policy", &cache.eviction),
        ("appendonly", if is_kept { "yes" } else { "no" }),
        ("appendfsync", fsync),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
