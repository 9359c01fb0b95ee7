//! From a container to a program on this machine: executable, arguments, environment.

use super::process::Program;
use super::worker::{Shared, address, container};
use k8s_openapi::api::core::v1::{EnvVarSource, Pod};
use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Variables of the controller's own environment that a program gets too.
const INHERITED: &[&str] = &["PATH", "HOME", "TMPDIR", "RUST_BACKTRACE", "RUST_LOG"];

/// The executable of the agent: `SYNOD_AGENT` if set, else beside this program, else by `PATH`.
pub(crate) fn agent() -> PathBuf {
    if let Some(given) = std::env::var_os("SYNOD_AGENT").filter(|given| !given.is_empty()) {
        return PathBuf::from(given);
    }
    let beside = std::env::current_exe()
        .ok()
        .and_then(|own| Some(own.parent()?.join("synod-agent")));
    beside
        .filter(|path| path.is_file())
        .unwrap_or_else(|| PathBuf::from("synod-agent"))
}

/// The program of a pod's container; says what is missing.
pub(super) fn of(pod: &Pod, shared: &Shared, root: &Path, log: PathBuf) -> Result<Program, String> {
    let container = container(pod).ok_or("the pod has no container")?;
    if pod
        .spec
        .as_ref()
        .is_some_and(|spec| spec.containers.len() > 1)
    {
        return Err("local mode runs pods of one container; this one has more".to_owned());
    }
    let variables = environment(pod, shared)?;
    let command: Vec<String> = container
        .command
        .iter()
        .flatten()
        .chain(container.args.iter().flatten())
        .map(|text| expanded(text, &variables))
        .collect();
    let (name, arguments) = command
        .split_first()
        .ok_or("the container names no command, and local mode has no images")?;
    let executable = if name.rsplit('/').next() == Some("synod-agent") {
        shared.agent.clone()
    } else {
        PathBuf::from(name)
    };

    let mut environment: Vec<(String, OsString)> = INHERITED
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), std::env::var_os(name)?)))
        .collect();
    environment.extend(
        variables
            .into_iter()
            .map(|(name, value)| (name, value.into())),
    );
    environment.push(("SYNOD_ROOT".to_owned(), root.into()));
    environment.push(("SYNOD_HOSTS_FILE".to_owned(), shared.home.hosts().into()));
    Ok(Program {
        executable,
        arguments: arguments.to_vec(),
        environment,
        directory: root.to_owned(),
        log,
    })
}

fn environment(pod: &Pod, shared: &Shared) -> Result<BTreeMap<String, String>, String> {
    let mut variables = BTreeMap::new();
    if let Some(address) = address(pod) {
        variables.insert("SYNOD_BIND_ADDRESS".to_owned(), address.to_string());
    }
    for variable in container(pod)
        .and_then(|container| container.env.as_ref())
        .into_iter()
        .flatten()
    {
        let value = match (&variable.value, &variable.value_from) {
            (Some(value), _) => expanded(value, &variables),
            (None, Some(from)) => match source(pod, shared, from)? {
                Some(value) => value,
                None => continue,
            },
            (None, None) => String::new(),
        };
        variables.insert(variable.name.clone(), value);
    }
    Ok(variables)
}

fn source(pod: &Pod, shared: &Shared, from: &EnvVarSource) -> Result<Option<String>, String> {
    let namespace = pod.namespace().unwrap_or_default();
    if let Some(field) = &from.field_ref {
        return field_of(pod, &field.field_path).map(Some);
    }
    if let Some(key) = &from.secret_key_ref {
        let secret = shared
            .sources
            .secrets
            .get(&ObjectRef::new(&key.name).within(&namespace));
        let value = secret.and_then(|secret| {
            secret
                .data
                .as_ref()?
                .get(&key.key)
                .map(|value| String::from_utf8_lossy(&value.0).into_owned())
        });
        return optional(
            value,
            key.optional,
            &format!("key {} of Secret {}", key.key, key.name),
        );
    }
    if let Some(key) = &from.config_map_key_ref {
        let map = shared
            .sources
            .maps
            .get(&ObjectRef::new(&key.name).within(&namespace));
        let value = map.and_then(|map| map.data.as_ref()?.get(&key.key).cloned());
        return optional(
            value,
            key.optional,
            &format!("key {} of ConfigMap {}", key.key, key.name),
        );
    }
    Err(
        "local mode takes variables from fieldRef, secretKeyRef and configMapKeyRef only"
            .to_owned(),
    )
}

fn optional(
    value: Option<String>,
    optional: Option<bool>,
    what: &str,
) -> Result<Option<String>, String> {
    if value.is_none() && optional != Some(true) {
        return Err(format!("waiting for {what}"));
    }
    Ok(value)
}

fn field_of(pod: &Pod, path: &str) -> Result<String, String> {
    let keyed = |prefix: &str, map: &BTreeMap<String, String>| {
        let key = path
            .strip_prefix(prefix)?
            .strip_prefix("['")?
            .strip_suffix("']")?;
        Some(map.get(key).cloned().unwrap_or_default())
    };
    let found = match path {
        "metadata.name" => Some(pod.name_any()),
        "metadata.namespace" => pod.namespace(),
        "metadata.uid" => pod.uid(),
        "spec.nodeName" => pod.spec.as_ref().and_then(|spec| spec.node_name.clone()),
        "spec.serviceAccountName" => Some(
            pod.spec
                .as_ref()
                .and_then(|spec| spec.service_account_name.clone())
                .unwrap_or_default(),
        ),
        "status.podIP" | "status.podIPs" => address(pod).map(|address| address.to_string()),
        "status.hostIP" | "status.hostIPs" => Some("127.0.0.1".to_owned()),
        _ => keyed("metadata.labels", pod.labels())
            .or_else(|| keyed("metadata.annotations", pod.annotations())),
    };
    found.ok_or_else(|| format!("fieldRef {path} has no value"))
}

/// `$(NAME)` replaced where NAME is known, `$$` by `$`, as Kubernetes does it.
fn expanded(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let reference = rest
            .strip_prefix("$(")
            .and_then(|inner| inner.split_once(')'));
        match reference {
            _ if rest.starts_with("$$") => {
                out.push('$');
                rest = &rest[2..];
            }
            Some((name, after)) if variables.contains_key(name) => {
                out.push_str(&variables[name]);
                rest = after;
            }
            _ => {
                out.push('$');
                rest = &rest[1..];
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_expanded() {
        let variables = [("A".to_owned(), "1".to_owned())].into();
        for (text, want) in [
            ("x$(A)y", "x1y"),
            ("$(B)", "$(B)"),
            ("$$(A)", "$(A)"),
            ("$", "$"),
            ("a$(A", "a$(A"),
        ] {
            assert_eq!(expanded(text, &variables), want, "{text}");
        }
    }
}
