//! Settings of the kernel that a kubelet changes, for the whole machine: they are put back when its bed is removed.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Failure, place};

/// Where they are kept in the bed's folder.
const FILE: &str = "kernel-settings";
/// Those that a kubelet insists on (`setupKernelTunables` of its container manager) and kube-proxy raises.
const NAMES: [&str; 7] = [
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
    "net/netfilter/nf_conntrack_max",
];

/// What they are now. One that this kernel does not have is left out.
pub(crate) fn settings() -> BTreeMap<&'static str, String> {
    let value = |name| {
        let text = std::fs::read_to_string(Path::new("/proc/sys").join(name)).ok()?;
        Some((name, text.trim().to_owned()))
    };
    NAMES.into_iter().filter_map(value).collect()
}

/// Keeps them in the bed's folder.
pub(crate) fn keep(folder: &Path) -> Result<(), Failure> {
    let lines = settings()
        .into_iter()
        .map(|(name, value)| format!("{name} {value}\n"));
    place::write(&folder.join(FILE), &lines.collect::<String>())
}

/// Puts them back as they were kept in the bed's folder, if they were.
pub(crate) fn restore(folder: &Path) -> Result<(), Failure> {
    let kept = std::fs::read_to_string(folder.join(FILE)).unwrap_or_default();
    let now = settings();
    for (name, value) in kept.lines().filter_map(|line| line.split_once(' ')) {
        if now.get(name).is_some_and(|now| now != value) {
            place::write(&Path::new("/proc/sys").join(name), value)?;
        }
    }
    Ok(())
}
