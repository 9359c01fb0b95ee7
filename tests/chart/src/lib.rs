//! The Helm chart held against the programs that it runs, without a cluster: what a real helm renders for a number of
//! values is decoded, and compared with what operator and agents do, take and show.
//!
//! [`policy`] says what rendered network policies admit; whoever sees real flows can ask it too.

pub mod checks;
pub mod exposition;
pub mod helm;
pub mod policy;
pub mod promql;
pub mod rendered;
pub mod repository;
pub mod running;

use std::cell::OnceCell;
use std::path::PathBuf;

use running::Local;
use synod_cluster::servers::Programs;

/// What went wrong, in words for the person at the terminal.
pub type Failure = String;

/// The release's name in all checks.
pub const RELEASE: &str = "synod";
/// The release's namespace in all checks.
pub const HOME: &str = "synod-system";

/// What the checks work with.
pub struct Tools {
    /// Helm, and the chart.
    pub helm: helm::Helm,
    /// Where `synod` and `synod-agent` are.
    pub programs: PathBuf,
    /// promtool, if there is one.
    pub promtool: Option<PathBuf>,
    /// kube-apiserver, kubectl and etcd, if they are to be used.
    pub kubernetes: Option<Programs>,
    /// A local cluster, once one was asked for.
    local: OnceCell<Local>,
}

impl Tools {
    /// With nothing running yet.
    #[must_use]
    pub const fn new(helm: helm::Helm, programs: PathBuf) -> Self {
        Self {
            helm,
            programs,
            promtool: None,
            kubernetes: None,
            local: OnceCell::new(),
        }
    }

    /// Members that run, the same for all checks.
    ///
    /// # Errors
    /// When they do not start.
    pub fn local(&self) -> Result<&Local, Failure> {
        if let Some(local) = self.local.get() {
            return Ok(local);
        }
        let local = Local::start(&self.programs)?;
        Ok(self.local.get_or_init(|| local))
    }
}

/// Runs a program to its end and returns what it printed to standard output.
///
/// # Errors
/// When it cannot be started, or fails; then with what it said.
pub fn output(command: &mut std::process::Command) -> Result<String, Failure> {
    let name = PathBuf::from(command.get_program());
    let name = name.file_name().unwrap_or_default().display().to_string();
    let output = command
        .output()
        .map_err(|error| format!("{name} cannot be started: {error}"))?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(said(&output.stdout));
    }
    Err(format!(
        "{name} failed ({}):\n{}{}",
        output.status,
        said(&output.stdout),
        said(&output.stderr)
    ))
}
