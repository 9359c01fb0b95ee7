//! Which API a client command talks to.

use super::Failure;
use crate::local::home::Home;
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};
use std::path::{Path, PathBuf};

/// How the API is found, first match: --kubeconfig, --data, $KUBECONFIG, the data directory that `synod local` used
/// last, ~/.kube/config or the pod's service account.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Connection {
    /// Talk to the API of this kubeconfig file
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Talk to the `synod local` of this data directory [default: $KUBECONFIG, else the one used last]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
    /// The namespace [default: the context's]
    #[arg(short, long, value_name = "NAMESPACE", global = true)]
    pub(crate) namespace: Option<String>,
}

impl Connection {
    /// A client of the API that is meant.
    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        let config = match self.file()? {
            Some(file) => read(&file, self.namespace.as_deref()).await?,
            None => kube::Config::infer().await.map_err(|error| {
                if let Some(data) = last_used() {
                    let data = data.display();
                    return Failure::new(format!(
                        "nothing runs on {data}, and there is no kubeconfig; start it with `synod local --data {data}`, or name another with --kubeconfig, --data or $KUBECONFIG"
                    ));
                }
                Failure::new(format!(
                    "no API is known ({error}); start one with `synod local`, or name one with --kubeconfig, --data or $KUBECONFIG"
                ))
            })?,
        };
        let mut config = config;
        if let Some(namespace) = &self.namespace {
            config.default_namespace.clone_from(namespace);
        }
        Client::try_from(config)
            .map_err(|error| Failure::new(format!("the kubeconfig cannot be used: {error}")))
    }

    fn file(&self) -> Result<Option<PathBuf>, Failure> {
        if let Some(file) = &self.kubeconfig {
            if !file.is_file() {
                return Err(Failure::new(format!(
                    "--kubeconfig: {} does not exist",
                    file.display()
                )));
            }
            return Ok(Some(file.clone()));
        }
        if let Some(data) = &self.data {
            let home = Home::existing(data)?;
            if home.controller().is_none() {
                return Err(Failure::new(format!(
                    "nothing runs on {}; start it with `synod local --data {}`",
                    data.display(),
                    data.display()
                )));
            }
            return Ok(Some(home.kubeconfig()));
        }
        if std::env::var_os("KUBECONFIG").is_some_and(|value| !value.is_empty()) {
            return Ok(None);
        }
        Ok(last_used()
            .and_then(|path| Home::existing(&path).ok())
            .filter(|home| home.controller().is_some())
            .map(|home| home.kubeconfig()))
    }
}

async fn read(file: &Path, namespace: Option<&str>) -> Result<kube::Config, Failure> {
    let bad =
        |error: kube::config::KubeconfigError| Failure::new(format!("{}: {error}", file.display()));
    let kubeconfig = Kubeconfig::read_from(file).map_err(bad)?;
    let mut config =
        kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .map_err(bad)?;
    if let Some(namespace) = namespace {
        config.default_namespace = namespace.to_owned();
    }
    Ok(config)
}

fn pointer() -> Option<PathBuf> {
    Some(
        PathBuf::from(std::env::var_os("HOME")?)
            .join(".synod")
            .join("last"),
    )
}

/// The data directory that `synod local` used last, unless it is gone.
pub(crate) fn last_used() -> Option<PathBuf> {
    let text = std::fs::read_to_string(pointer()?).ok()?;
    Some(PathBuf::from(text.trim())).filter(|path| path.is_dir())
}

/// Remembers a data directory as the one used last. Not being able to costs only convenience.
pub(crate) fn remember(data: &Path) {
    if let Some(pointer) = pointer() {
        let _ = pointer.parent().map(std::fs::create_dir_all);
        let _ = std::fs::write(pointer, format!("{}\n", data.display()));
    }
}
