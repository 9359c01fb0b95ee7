//! A pod's volumes as directories below its root.
//!
//! A claim is a directory of its own, kept as long as the claim; it is linked to where it is mounted. ConfigMaps and
//! Secrets are files, replaced all at once when they change (by a link to a directory of the new version, as the kubelet
//! does it), so that a reader never sees half of a change.

use k8s_openapi::api::core::v1::{
    ConfigMap, KeyToPath, PersistentVolumeClaim, Pod, Secret, Volume,
};
use kube::ResourceExt;
use kube::runtime::reflector::{ObjectRef, Store};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

/// What volumes are made from.
#[derive(Clone)]
pub(super) struct Sources {
    pub(super) claims: Store<PersistentVolumeClaim>,
    pub(super) secrets: Store<Secret>,
    pub(super) maps: Store<ConfigMap>,
    /// The directory of all claims' contents.
    pub(super) claims_directory: PathBuf,
}

/// Why a pod's volumes are not there (yet).
#[derive(Debug, thiserror::Error)]
pub(super) enum VolumeError {
    /// Something is waited for; it may still come.
    #[error("waiting for {0}")]
    Waiting(String),
    /// The pod asks for what local mode does not have.
    #[error(
        "volume {0}: local mode has only persistentVolumeClaim, configMap, secret and emptyDir"
    )]
    Unsupported(String),
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

/// Where the content of a claim is.
pub(super) fn claim_directory(all: &Path, claim: &PersistentVolumeClaim) -> PathBuf {
    all.join(format!(
        "{}_{}_{}",
        claim.namespace().unwrap_or_default(),
        claim.name_any(),
        claim.uid().unwrap_or_default()
    ))
}

/// Makes or refreshes everything that `pod` mounts below `directory`/root.
pub(super) fn realise(pod: &Pod, directory: &Path, sources: &Sources) -> Result<(), VolumeError> {
    let Some(spec) = &pod.spec else { return Ok(()) };
    let namespace = pod.namespace().unwrap_or_default();
    let mounts = spec
        .containers
        .iter()
        .flat_map(|container| container.volume_mounts.iter().flatten());
    for mount in mounts {
        let volume = spec
            .volumes
            .iter()
            .flatten()
            .find(|volume| volume.name == mount.name);
        let Some(volume) = volume else {
            return Err(VolumeError::Unsupported(mount.name.clone()));
        };
        let at = below(&directory.join("root"), &mount.mount_path);
        match content(volume, &namespace, sources)? {
            Content::Directory(target) => link(&target, &at)?,
            Content::Scratch => {
                let target = directory.join("scratch").join(&volume.name);
                make(&target)?;
                link(&target, &at)?;
            }
            Content::Files(files) => replace_files(&at, &files)?,
        }
    }
    make(&directory.join("root"))
}

enum Content {
    Directory(PathBuf),
    Scratch,
    Files(BTreeMap<String, Vec<u8>>),
}

fn content(volume: &Volume, namespace: &str, sources: &Sources) -> Result<Content, VolumeError> {
    if let Some(claim) = &volume.persistent_volume_claim {
        let found = sources
            .claims
            .get(&ObjectRef::new(&claim.claim_name).within(namespace));
        let bound = found.filter(|claim| {
            let phase = claim
                .status
                .as_ref()
                .and_then(|status| status.phase.as_deref());
            phase == Some("Bound") && claim.metadata.deletion_timestamp.is_none()
        });
        let Some(bound) = bound else {
            return Err(VolumeError::Waiting(format!(
                "claim {} to be bound",
                claim.claim_name
            )));
        };
        return Ok(Content::Directory(claim_directory(
            &sources.claims_directory,
            &bound,
        )));
    }
    if let Some(source) = &volume.secret {
        let name = source.secret_name.clone().unwrap_or_default();
        let optional = source.optional == Some(true);
        let data = match sources
            .secrets
            .get(&ObjectRef::new(&name).within(namespace))
        {
            Some(secret) => secret
                .data
                .iter()
                .flatten()
                .map(|(key, value)| (key.clone(), value.0.clone()))
                .collect(),
            None if optional => BTreeMap::new(),
            None => return Err(VolumeError::Waiting(format!("Secret {name}"))),
        };
        return chosen(
            data,
            source.items.as_deref(),
            optional,
            &format!("Secret {name}"),
        );
    }
    if let Some(source) = &volume.config_map {
        let optional = source.optional == Some(true);
        let data = match sources
            .maps
            .get(&ObjectRef::new(&source.name).within(namespace))
        {
            Some(map) => {
                let text = map
                    .data
                    .iter()
                    .flatten()
                    .map(|(key, value)| (key.clone(), value.clone().into_bytes()));
                let binary = map
                    .binary_data
                    .iter()
                    .flatten()
                    .map(|(key, value)| (key.clone(), value.0.clone()));
                text.chain(binary).collect()
            }
            None if optional => BTreeMap::new(),
            None => return Err(VolumeError::Waiting(format!("ConfigMap {}", source.name))),
        };
        return chosen(
            data,
            source.items.as_deref(),
            optional,
            &format!("ConfigMap {}", source.name),
        );
    }
    if volume.empty_dir.is_some() {
        return Ok(Content::Scratch);
    }
    Err(VolumeError::Unsupported(volume.name.clone()))
}

/// The files that `items` choose, or all.
fn chosen(
    mut data: BTreeMap<String, Vec<u8>>,
    items: Option<&[KeyToPath]>,
    optional: bool,
    what: &str,
) -> Result<Content, VolumeError> {
    let Some(items) = items else {
        return Ok(Content::Files(data));
    };
    let mut files = BTreeMap::new();
    for item in items {
        match data.remove(&item.key) {
            Some(content) => drop(files.insert(item.path.clone(), content)),
            None if optional => {}
            None => return Err(VolumeError::Waiting(format!("key {} of {what}", item.key))),
        }
    }
    Ok(Content::Files(files))
}

/// `path` below `root`, never outside of it.
pub(super) fn below(root: &Path, path: &str) -> PathBuf {
    let parts = Path::new(path)
        .components()
        .filter(|part| matches!(part, Component::Normal(_)));
    root.join(parts.collect::<PathBuf>())
}

fn make(directory: &Path) -> Result<(), VolumeError> {
    let made = fs::create_dir_all(directory)
        .and_then(|()| fs::set_permissions(directory, Permissions::from_mode(0o700)));
    made.map_err(|error| VolumeError::Io {
        path: directory.to_owned(),
        error,
    })
}

fn link(target: &Path, at: &Path) -> Result<(), VolumeError> {
    if fs::read_link(at).is_ok_and(|found| found == target) {
        return Ok(());
    }
    if let Some(parent) = at.parent() {
        make(parent)?;
    }
    let _ = fs::remove_file(at);
    symlink(target, at).map_err(|error| VolumeError::Io {
        path: at.to_owned(),
        error,
    })
}

/// Makes `at` a directory of exactly these files. They are links through `..data`, which is switched in one step.
fn replace_files(at: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), VolumeError> {
    make(at)?;
    let io = |error| VolumeError::Io {
        path: at.to_owned(),
        error,
    };
    let current = at.join("..data");
    if same_files(&current, files) {
        return Ok(());
    }
    let version = format!("..{}", uuid::Uuid::new_v4().simple());
    for (name, content) in files {
        let file = below(&at.join(&version), name);
        make(file.parent().unwrap_or(at))?;
        fs::write(&file, content).map_err(io)?;
        fs::set_permissions(&file, Permissions::from_mode(0o600)).map_err(io)?;
    }
    make(&at.join(&version))?;
    let before = fs::read_link(&current).ok();
    let next = at.join("..next");
    let _ = fs::remove_file(&next);
    symlink(&version, &next)
        .and_then(|()| fs::rename(&next, &current))
        .map_err(io)?;
    relink(at, files).map_err(io)?;
    if let Some(before) = before {
        let _ = fs::remove_dir_all(at.join(before));
    }
    Ok(())
}

fn same_files(current: &Path, files: &BTreeMap<String, Vec<u8>>) -> bool {
    let Ok(entries) = fs::read_dir(current) else {
        return false;
    };
    entries.count() == files.len()
        && files.iter().all(|(name, content)| {
            fs::read(current.join(name)).is_ok_and(|found| found == *content)
        })
}

/// One link per file, and none for files that went.
fn relink(at: &Path, files: &BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(at)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with("..") && !files.contains_key(&name) {
            fs::remove_file(at.join(&name))?;
        }
    }
    for name in files.keys() {
        let link = below(at, name);
        let target = Path::new("..data").join(name);
        if fs::read_link(&link).is_ok_and(|found| found == target) {
            continue;
        }
        let _ = fs::remove_file(&link);
        symlink(target, link)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_follow_their_source() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().join("etc/config");
        let files = |list: &[(&str, &str)]| {
            list.iter()
                .map(|(n, c)| ((*n).to_owned(), c.as_bytes().to_vec()))
                .collect()
        };
        replace_files(&at, &files(&[("a", "1"), ("b", "1")])).unwrap();
        assert_eq!(fs::read_to_string(at.join("a")).unwrap(), "1");
        replace_files(&at, &files(&[("a", "2"), ("c", "1")])).unwrap();
        assert_eq!(fs::read_to_string(at.join("a")).unwrap(), "2");
        assert!(!at.join("b").exists());
        let versions = fs::read_dir(&at)
            .unwrap()
            .filter(|e| e.as_ref().unwrap().path().is_dir())
            .count();
        assert_eq!(versions, 2, "one version, and the link to it");
    }

    #[test]
    fn mounts_stay_below_the_root() {
        assert_eq!(below(Path::new("/r"), "/../etc/./x"), Path::new("/r/etc/x"));
    }
}
