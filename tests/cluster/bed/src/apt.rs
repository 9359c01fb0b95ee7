//! Debian's packages, unpacked into the cache: nothing is installed, nothing starts by itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::Failure;
use crate::place::{self, fingerprint};
use crate::process::{output, run};

/// The folder of packages, unpacked into one tree, in the versions that apt's lists name: `NAME-VERSION-CHECKSUM` among
/// the packages of the cache, with the version of the first.
///
/// Where the lists are missing, or lead to nothing, it is the newest that was unpacked before, which is said.
///
/// # Errors
/// When they cannot be had, and were not unpacked before.
pub fn unpacked(name: &str, packages: &[&str]) -> Result<PathBuf, Failure> {
    let folder = place::cache()?.join("packages");
    of_lists(&folder, name, packages).or_else(|failure| {
        let newest = newest(&folder, name).ok_or_else(|| failure.clone())?;
        eprintln!(
            "{} is used, as nothing newer can be had: {failure}",
            newest.display()
        );
        Ok(newest)
    })
}

fn of_lists(folder: &Path, name: &str, packages: &[&str]) -> Result<PathBuf, Failure> {
    let mut list = download(packages);
    let key = key(&output(list.arg("--print-uris"))?, packages)
        .ok_or_else(|| format!("`apt-get` does not tell where {} are", packages.join(", ")))?;
    let root = folder.join(format!("{name}-{key}"));
    if root.is_dir() {
        return Ok(root);
    }
    let unfinished = folder.join(format!(".{name}.{}", std::process::id()));
    let done = unpack(packages, &unfinished).and_then(|()| {
        std::fs::rename(&unfinished, &root)
            .map_err(|error| format!("cannot name {}: {error}", root.display()))
    });
    if done.is_err() {
        place::remove(&unfinished)?;
    }
    done.map(|()| root)
}

fn download(packages: &[&str]) -> Command {
    let mut apt = Command::new("apt-get");
    // Not as apt's own user, who may not write here.
    apt.args(["--quiet", "--option", "APT::Sandbox::User=root", "download"]);
    apt.args(packages);
    apt
}

/// The version of the first package and a checksum over the files of all, of lines that name them: an address in quotes,
/// the file's name, its size, its hash. The address is none of it, since mirrors have the same files.
fn key(listing: &str, packages: &[&str]) -> Option<String> {
    let fields = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let (file, _size, hash) = (fields.next()?, fields.next()?, fields.next()?);
        Some(format!("{file} {hash}\n"))
    };
    let addresses = listing.lines().filter(|line| line.starts_with('\''));
    let mut files = addresses.map(fields).collect::<Option<Vec<_>>>()?;
    files.sort();
    let first = format!("{}_", packages.first()?);
    let version = files
        .iter()
        .find_map(|file| file.strip_prefix(&first)?.split('_').next())?;
    let checksum = fingerprint(files.iter().map(String::as_bytes));
    (files.len() == packages.len()).then(|| format!("{version}-{checksum}"))
}

/// Of those that were unpacked before.
fn newest(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let same = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && is_of(path, name));
    same.max_by_key(|path| {
        let made = std::fs::metadata(path).and_then(|data| data.modified());
        made.unwrap_or(SystemTime::UNIX_EPOCH)
    })
}

fn is_of(path: &Path, name: &str) -> bool {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    file.starts_with(&format!("{name}-"))
}

fn unpack(packages: &[&str], root: &Path) -> Result<(), Failure> {
    place::remove(root)?;
    let files = root.join("archives");
    place::make(&files)?;
    run(download(packages).current_dir(&files))?;
    let entries = std::fs::read_dir(&files).map_err(|error| format!("no packages: {error}"))?;
    for entry in entries.flatten() {
        run(Command::new("dpkg").arg("-x").arg(entry.path()).arg(root))?;
    }
    place::remove(&files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "\
'http://deb.debian.org/debian/pool/b/busybox/busybox-static_1.35.0-4%2bb1_amd64.deb' busybox-static_1%3a1.35.0-4+b1_amd64.deb 928188 SHA256:3d3f
'http://deb.debian.org/debian/pool/d/docker.io/docker.io_20.10.24%2bdfsg1_amd64.deb' docker.io_20.10.24+dfsg1_amd64.deb 36256664 SHA256:daf8
";

    #[test]
    fn a_key_is_of_the_versions() {
        let packages = ["docker.io", "busybox-static"];
        let of = |listing: &str| key(listing, &packages);
        let now = of(LISTING);
        assert!(
            now.as_ref()
                .is_some_and(|key| key.starts_with("20.10.24+dfsg1-"))
        );
        let mirror = LISTING.replace("deb.debian.org", "mirror.example");
        assert_eq!(of(&mirror), now);
        let reversed: Vec<_> = LISTING.lines().rev().collect();
        assert_eq!(of(&reversed.join("\n")), now);
        for (old, new) in [("0-4+b1_", "0-4+b2_"), ("SHA256:daf8", "SHA256:daf9")] {
            let renewed = of(&LISTING.replace(old, new));
            assert!(renewed.is_some() && renewed != now, "{old} becomes {new}");
        }
    }

    #[test]
    fn what_is_not_listed_has_no_key() {
        assert_eq!(key("", &["docker.io"]), None);
        assert_eq!(key(LISTING, &["docker.io"]), None);
        assert_eq!(key(LISTING, &["docker.io", "busybox-static", "runc"]), None);
        assert_eq!(
            key("'http://deb.debian.org/docker.io.deb'", &["docker.io"]),
            None
        );
    }
}
