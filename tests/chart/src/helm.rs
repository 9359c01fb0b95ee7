//! A real helm, which knows nothing of the user's own settings and of no cluster.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::rendered::Rendered;
use crate::{Failure, HOME, RELEASE, output};

/// Values for a rendering: files in order, then single ones as after `--set`.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// Files.
    pub files: Vec<PathBuf>,
    /// Single values.
    pub set: Vec<String>,
}

impl Values {
    /// Of single values only.
    #[must_use]
    pub fn set(values: &[&str]) -> Self {
        Self {
            files: Vec::new(),
            set: values.iter().map(ToString::to_string).collect(),
        }
    }
}

/// The program and the chart.
#[derive(Debug)]
pub struct Helm {
    program: PathBuf,
    chart: PathBuf,
    home: tempfile::TempDir,
}

impl Helm {
    /// With a home of its own.
    ///
    /// # Errors
    /// When that cannot be made.
    pub fn new(program: PathBuf, chart: PathBuf) -> Result<Self, Failure> {
        let home = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        Ok(Self {
            program,
            chart,
            home,
        })
    }

    /// The chart's folder.
    #[must_use]
    pub fn chart(&self) -> &Path {
        &self.chart
    }

    /// A file of the chart.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn file(&self, path: &str) -> Result<String, Failure> {
        let path = self.chart.join(path);
        std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))
    }

    /// With its own home and no cluster.
    fn program(&self, arguments: &[&str]) -> Command {
        let mut helm = Command::new(&self.program);
        helm.args(arguments).args(["-n", HOME]);
        for name in [
            "HELM_CACHE_HOME",
            "HELM_CONFIG_HOME",
            "HELM_DATA_HOME",
            "HOME",
        ] {
            helm.env(name, self.home.path());
        }
        helm.env("KUBECONFIG", self.home.path().join("none"));
        helm
    }

    fn command(&self, arguments: &[&str], values: &Values) -> Command {
        let mut helm = self.program(arguments);
        helm.arg(&self.chart);
        for file in &values.files {
            helm.arg("-f").arg(file);
        }
        for value in &values.set {
            helm.arg("--set").arg(value);
        }
        helm
    }

    /// The same program with another chart.
    ///
    /// # Errors
    /// When there is no place for its home.
    pub fn with(&self, chart: PathBuf) -> Result<Self, Failure> {
        Self::new(self.program.clone(), chart)
    }

    /// `install` or `upgrade` in a cluster.
    ///
    /// # Errors
    /// When that fails.
    pub fn change(&self, cluster: &Path, verb: &str, values: &Values) -> Result<(), Failure> {
        let mut helm = self.command(&[verb, RELEASE], values);
        output(helm.env("KUBECONFIG", cluster)).map(drop)
    }

    /// `rollback` or `uninstall` in a cluster.
    ///
    /// # Errors
    /// When that fails.
    pub fn revert(&self, cluster: &Path, verb: &str) -> Result<(), Failure> {
        let mut helm = self.program(&[verb, RELEASE]);
        output(helm.env("KUBECONFIG", cluster)).map(drop)
    }

    /// `helm lint --strict`.
    ///
    /// # Errors
    /// When it finds something.
    pub fn lint(&self, values: &Values) -> Result<(), Failure> {
        output(&mut self.command(&["lint", "--strict"], values)).map(drop)
    }

    /// All objects, as `helm template` renders them.
    ///
    /// # Errors
    /// When the values are refused, or what is rendered is no YAML.
    pub fn template(&self, values: &Values) -> Result<Rendered, Failure> {
        let mut helm = self.command(&["template", RELEASE], values);
        Rendered::parse(output(&mut helm)?)
    }

    /// What a user reads after an installation.
    ///
    /// # Errors
    /// When the values are refused.
    pub fn notes(&self, values: &Values) -> Result<String, Failure> {
        let mut helm = self.command(&["install", RELEASE], values);
        let text = output(helm.arg("--dry-run=client"))?;
        text.split_once("\nNOTES:\n")
            .map(|(_, notes)| notes.to_owned())
            .ok_or_else(|| "helm shows no notes".to_owned())
    }
}
