//! The last configuration that was applied, on disk.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{BalancerConfig, BalancerConfigError};
use crate::config::Environment;

fn file(directory: &Path) -> PathBuf {
    directory.join("last-good.yaml")
}

/// Keeps it. If that fails, the proxy goes on, and the log says so.
pub(super) fn keep(config: &BalancerConfig) {
    let Some(directory) = &config.state_dir else {
        return;
    };
    if let Err(error) = write(directory, config) {
        tracing::warn!(directory = %directory.display(), %error, "the configuration cannot be kept; a restart needs its file");
    }
}

/// The file is whole at any time: written beside, made durable, then renamed.
fn write(directory: &Path, config: &BalancerConfig) -> io::Result<()> {
    let text = serde_yaml::to_string(config).map_err(io::Error::other)?;
    fs::create_dir_all(directory)?;
    let beside = directory.join("last-good.yaml.new");
    let mut written = fs::File::create(&beside)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    fs::rename(&beside, file(directory))?;
    fs::File::open(directory)?.sync_all()
}

/// The one that was kept, where the file's text is of no use. Where it is kept is all that is read of that.
pub(super) fn instead_of(
    text: &str,
    environment: &Environment,
    error: BalancerConfigError,
) -> Result<BalancerConfig, BalancerConfigError> {
    #[derive(Deserialize)]
    struct Peek {
        state_dir: Option<PathBuf>,
    }
    let peek = serde_yaml::from_str::<Peek>(text).ok();
    let directory = peek.and_then(|it| it.state_dir);
    let Some(directory) = directory.map(|it| environment.rooted(&it)) else {
        return Err(error);
    };
    let kept = fs::read_to_string(file(&directory)).ok();
    // It was seen by an environment already.
    let kept = kept.and_then(|it| serde_yaml::from_str::<BalancerConfig>(&it).ok());
    match kept {
        Some(kept) => {
            tracing::error!(%error, "the configuration is of no use: the last one that was is served by");
            Ok(kept)
        }
        None => Err(error),
    }
}
