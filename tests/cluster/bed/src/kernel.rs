//! Settings of the kernel that a kubelet changes, for the whole machine: they are put back when the last bed is removed.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Failure, place};

/// Where they are kept, beside the beds.
const FILE: &str = ".kernel-settings";
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

/// Keeps them, unless that was done for a bed that is still there.
pub(crate) fn keep() -> Result<(), Failure> {
    let file = place::beds()?.join(FILE);
    if file.is_file() {
        return Ok(());
    }
    let lines = settings().into_iter();
    let text = lines.map(|(name, value)| format!("{name} {value}\n"));
    place::write(&file, &text.collect::<String>())
}

/// Puts them back as they were kept, when no bed is there any more.
pub(crate) fn restore() -> Result<(), Failure> {
    let file = place::beds()?.join(FILE);
    if !file.is_file() || !place::names()?.is_empty() {
        return Ok(());
    }
    let kept = std::fs::read_to_string(&file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let now = settings();
    for (name, value) in kept.lines().filter_map(|line| line.split_once(' ')) {
        if now.get(name).is_some_and(|now| now != value) {
            place::write(&Path::new("/proc/sys").join(name), value)?;
        }
    }
    std::fs::remove_file(&file)
        .map_err(|error| format!("cannot remove {}: {error}", file.display()))
}
