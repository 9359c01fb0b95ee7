//! The cgroup below which a bed's containers are, and its removal.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Failure;
use crate::process::wait;

const MOUNT: &str = "/sys/fs/cgroup";
/// A cgroup whose processes have ended is free after this long.
const FREE_MAX: Duration = Duration::from_secs(20);

/// The cgroup of the bed in `folder`, as an engine wants to be told.
pub(crate) fn parent(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    format!("/synod-bed-{name}")
}

/// Removes it from every hierarchy that has it. All that was in it must have ended.
pub(crate) fn remove(folder: &Path) -> Result<(), Failure> {
    let name = parent(folder);
    let name = name.trim_start_matches('/');
    for root in hierarchies() {
        let group = root.join(name);
        let what = format!("the removal of the cgroup {}", group.display());
        wait(&what, FREE_MAX, || !group.exists() || remove_tree(&group))?;
    }
    Ok(())
}

/// The one hierarchy of version 2, or those of version 1 with the one of version 2 beside them.
pub(crate) fn hierarchies() -> Vec<PathBuf> {
    let mount = Path::new(MOUNT);
    let below = std::fs::read_dir(mount).into_iter().flatten().flatten();
    let mut all: Vec<_> = below.map(|entry| entry.path()).collect();
    all.push(mount.to_path_buf());
    all
}

/// Whether the group and those below it are gone. A group has no other entries that could be removed than groups.
fn remove_tree(group: &Path) -> bool {
    let below = std::fs::read_dir(group).into_iter().flatten().flatten();
    let groups = below.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    groups.for_each(|entry| {
        remove_tree(&entry.path());
    });
    std::fs::remove_dir(group).is_ok()
}
