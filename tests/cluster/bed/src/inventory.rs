//! What a machine has that a bed could leave behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::packages::Packages;
use crate::process::output;
use crate::{Failure, groups, kernel, place};

/// A line for each thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    lines: BTreeSet<String>,
}

impl Inventory {
    /// Takes it: mounts, links, routes, rules, namespaces, processes of beds, cgroups, loop devices, settings of the
    /// kernel, folders of beds.
    ///
    /// # Errors
    /// When something cannot be read.
    pub fn take() -> Result<Self, Failure> {
        let mut lines = BTreeSet::new();
        lines.extend(tagged("mount", read("/proc/self/mounts")?.lines()));
        lines.extend(tagged("route", read("/proc/self/net/route")?.lines()));
        lines.extend(tagged("rule", rules()?.lines()));
        lines.extend(entries("link", Path::new("/sys/class/net")));
        lines.extend(entries("bed", &place::beds()?));
        for hierarchy in groups::hierarchies() {
            lines.extend(entries("cgroup", &hierarchy));
        }
        lines.extend(processes()?);
        lines.extend(loops());
        let settings = kernel::settings();
        lines.extend(
            settings
                .iter()
                .map(|(name, value)| format!("setting {name} = {value}")),
        );
        Ok(Self { lines })
    }

    /// What differs in a later one: `+` for what was added, `-` for what is gone.
    ///
    /// A setting that the kernel did not have came with a module of it, which was loaded and stays: not added.
    #[must_use]
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let had = |name| self.lines.iter().any(|line| setting(line) == Some(name));
        let added = later
            .lines
            .difference(&self.lines)
            .filter(|line| setting(line).is_none_or(had))
            .map(|line| format!("+ {line}"));
        let gone = self
            .lines
            .difference(&later.lines)
            .map(|line| format!("- {line}"));
        added.chain(gone).collect()
    }

    /// How many things there are of each kind.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for line in &self.lines {
            let kind = line.split(' ').next().unwrap_or_default();
            *counts.entry(kind).or_default() += 1;
        }
        counts
    }
}

/// The name, if the line is about a setting of the kernel.
fn setting(line: &str) -> Option<&str> {
    line.strip_prefix("setting ")?.split(' ').next()
}

fn tagged<'a>(
    kind: &'a str,
    lines: impl Iterator<Item = &'a str> + 'a,
) -> impl Iterator<Item = String> + 'a {
    lines.map(move |line| format!("{kind} {line}"))
}

fn read(path: &str) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))
}

/// The packet filter's, of this network; without the packets and bytes that were counted.
fn rules() -> Result<String, Failure> {
    let packages = Packages::ready()?;
    let mut all = String::new();
    for program in ["iptables-save", "ip6tables-save"] {
        let mut save = Command::new(packages.program(program)?);
        packages.lend(&mut save)?;
        let saved = output(&mut save)?;
        let rules = saved.lines().filter(|line| line.starts_with('-'));
        all.extend(rules.map(|rule| format!("{program} {rule}\n")));
    }
    Ok(all)
}

fn entries(kind: &str, folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let hidden = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        !name.to_string_lossy().starts_with('.')
    };
    entries
        .map(|entry| entry.path())
        .filter(hidden)
        .filter(|path| kind == "link" || path.is_dir())
        .map(|path| format!("{kind} {}", path.display()))
        .collect()
}

/// Processes that are elsewhere than this one or speak of a bed, and the namespaces they are in.
fn processes() -> Result<Vec<String>, Failure> {
    let beds = place::beds()?;
    let mut lines = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let path = entry.path();
        let words = std::fs::read(path.join("cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        if words.contains(&*beds.to_string_lossy()) {
            lines.push(format!("process {} {words}", path.display()));
        }
        for kind in ["net", "mnt", "pid", "ipc", "uts", "cgroup"] {
            if let Ok(namespace) = std::fs::read_link(path.join("ns").join(kind)) {
                lines.push(format!("namespace {}", namespace.display()));
            }
        }
    }
    Ok(lines)
}

/// Loop devices that are in use.
fn loops() -> Vec<String> {
    let devices = std::fs::read_dir("/sys/block")
        .into_iter()
        .flatten()
        .flatten();
    devices
        .filter_map(|device| std::fs::read_to_string(device.path().join("loop/backing_file")).ok())
        .map(|file| format!("loop {}", file.trim()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_what_was_added_and_what_is_gone() {
        let of = |lines: &[&str]| Inventory {
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        };
        let before = of(&["link eth0", "bed a", "setting kernel/panic = 0"]);
        assert!(before.changes(&before).is_empty());
        let later = of(&[
            "link eth0",
            "link br0",
            "setting kernel/panic = 10",
            "setting net/netfilter/nf_conntrack_max = 1",
        ]);
        assert_eq!(
            before.changes(&later),
            [
                "+ link br0",
                "+ setting kernel/panic = 10",
                "- bed a",
                "- setting kernel/panic = 0"
            ]
        );
    }
}
