//! The programs that a bed is made with.

use std::path::{Path, PathBuf};

use crate::Failure;
use crate::fault::SLOW;
use crate::place::{self, fingerprint};

/// Where the programs are, all for the machine at hand.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The version of those of Kubernetes, like `v1.37.2`.
    pub kubernetes: String,
    /// The folders that hold them, each named for what it was built from. Where two hold a program of the same name, that
    /// of the first counts.
    pub folders: Vec<PathBuf>,
    /// The source of kind's module, which has the files of a node image.
    pub kind_source: PathBuf,
}

impl Programs {
    /// Those that are called where a bed is. The others are for a node image that is made here.
    pub const CALLED: [&str; 3] = ["kind", "kubectl", SLOW];

    /// Where a program is.
    ///
    /// # Errors
    /// When no folder has it.
    pub fn path(&self, name: &str) -> Result<PathBuf, Failure> {
        let places = self.folders.iter().map(|folder| folder.join(name));
        places
            .into_iter()
            .find(|path| path.is_file())
            .ok_or_else(|| format!("{name} is in none of {:?}", self.folders))
    }

    /// Tells them from others.
    pub(crate) fn fingerprint(&self) -> String {
        let mut names = vec![self.kubernetes.as_bytes()];
        let folders = self.folders.iter().filter_map(|folder| folder.file_name());
        names.extend(folders.map(|name| name.as_encoded_bytes()));
        fingerprint(names)
    }

    /// A folder with a link to each of `names`.
    pub(crate) fn link(&self, names: &[&str], folder: &Path) -> Result<(), Failure> {
        place::make(folder)?;
        for name in names {
            link(&self.path(name)?, &folder.join(name))?;
        }
        Ok(())
    }
}

/// Makes `place` a link to `program`.
pub(crate) fn link(program: &Path, place: &Path) -> Result<(), Failure> {
    std::os::unix::fs::symlink(program, place)
        .map_err(|error| format!("cannot link {}: {error}", place.display()))
}
