//! Where things are kept, outside the clone.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::process::output;

/// `${XDG_CACHE_HOME:-~/.cache}/synod`.
///
/// # Errors
/// When neither variable says where that is.
pub fn cache() -> Result<PathBuf, Failure> {
    let from = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    from("XDG_CACHE_HOME")
        .or_else(|| from("HOME").map(|home| home.join(".cache")))
        .map(|cache| cache.join("synod"))
        .ok_or_else(|| "neither XDG_CACHE_HOME nor HOME is set".to_owned())
}

/// Tells versions of things apart: the Fowler-Noll-Vo hash, 64 bits, variant 1a, in hexadecimal.
pub fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let hash = parts
        .into_iter()
        .flatten()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}")
}

/// The longest folder of a bed, in bytes: sockets are made in it, and their paths have a bound of 107.
const FOLDER_BYTES_MAX: usize = 60;

/// The folder of the bed of this name.
pub(crate) fn bed(name: &str) -> Result<PathBuf, Failure> {
    let folder = beds()?.join(name);
    let length = folder.as_os_str().len();
    if length > FOLDER_BYTES_MAX {
        return Err(format!(
            "{} is too long by {} bytes for the sockets in it; set XDG_CACHE_HOME to a shorter folder",
            folder.display(),
            length - FOLDER_BYTES_MAX
        ));
    }
    Ok(folder)
}

/// The folder of all beds.
pub(crate) fn beds() -> Result<PathBuf, Failure> {
    Ok(cache()?.join("beds"))
}

/// The names of the beds that are there, in whatever state.
///
/// # Errors
/// When it is not known where they are.
pub fn names() -> Result<Vec<String>, Failure> {
    let entries = std::fs::read_dir(beds()?).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    Ok(folders
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect())
}

/// A folder of this crate's source.
pub(crate) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Makes a folder and those above it.
///
/// # Errors
/// When it cannot be made.
pub fn make(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))
}

/// Removes a folder and all in it, or nothing if there is none.
///
/// Refuses while something is mounted in it: what is removed could be somebody else's.
pub(crate) fn remove(folder: &Path) -> Result<(), Failure> {
    let mounts = std::fs::read_to_string("/proc/self/mounts")
        .map_err(|error| format!("cannot read /proc/self/mounts: {error}"))?;
    let below = |line: &&str| {
        let place = line.split(' ').nth(1).unwrap_or_default();
        Path::new(place).starts_with(folder)
    };
    if let Some(mount) = mounts.lines().find(below) {
        return Err(format!(
            "{} is not removed: something is mounted in it ({mount}); umount that, and try again",
            folder.display()
        ));
    }
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// That there is room for so many bytes where a folder is, or will be.
///
/// # Errors
/// When there is not.
pub(crate) fn has_room(folder: &Path, bytes: u64) -> Result<(), Failure> {
    const MIB: u64 = 1 << 20;
    make(folder)?;
    let told = output(
        Command::new("df")
            .args(["--output=avail", "--block-size=1"])
            .arg(folder),
    )?;
    let free = told
        .lines()
        .last()
        .and_then(|line| line.trim().parse::<u64>().ok());
    let free = free.ok_or_else(|| format!("df does not say how much is free: {told:?}"))?;
    if free < bytes {
        return Err(format!(
            "{} needs {} MiB, and its disk has {} MiB free: make room, or set XDG_CACHE_HOME to a folder on another disk",
            folder.display(),
            bytes / MIB,
            free / MIB
        ));
    }
    Ok(())
}

/// Writes a file.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{fingerprint, has_room};

    #[test]
    fn a_disk_that_is_too_full_is_told() {
        let folder = std::env::temp_dir();
        assert_eq!(has_room(&folder, 0), Ok(()));
        let told = has_room(&folder, u64::MAX).expect_err("no disk is so large");
        assert!(told.contains("make room"), "{told}");
    }

    #[test]
    fn fingerprints_are_of_the_bytes() {
        assert_eq!(fingerprint([]), "cbf29ce484222325");
        assert_eq!(fingerprint([b"foobar".as_slice()]), "85944171f73967e8");
        assert_eq!(fingerprint([b"foo".as_slice(), b"bar"]), "85944171f73967e8");
    }
}
