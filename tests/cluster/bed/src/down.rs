//! Removing a cluster, in whatever state it is.

use std::fs::File;
use std::path::Path;

use crate::bed::{OF_MACHINE, check_name};
use crate::engine::{self, BIN, Engine};
use crate::image::BUILD;
use crate::process::run;
use crate::{Bed, Failure, kernel, network, place};

impl Bed {
    /// Removes the cluster of this name and everything that belongs to it, in whatever state it is, and an image that was
    /// being made.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn down(name: &str) -> Result<(), Failure> {
        check_name(name)?;
        let _lock = lock()?;
        remove(name)?;
        remove(BUILD)?;
        kernel::restore()
    }
}

/// Removes what there is of the bed of this name. Tolerates that parts of it are missing.
pub(crate) fn remove(name: &str) -> Result<(), Failure> {
    let folder = place::bed(name)?;
    Engine::end(&folder)?;
    if folder.join(OF_MACHINE).is_file() {
        delete_nodes(name, &folder)?;
        network::restore(&Engine::of_machine(&folder))?;
    }
    place::remove(&folder)
}

/// Has kind remove its nodes from the machine's engine.
fn delete_nodes(name: &str, folder: &Path) -> Result<(), Failure> {
    if !engine::machine_has_one() {
        return Err(format!(
            "the nodes of {name} were made by a Docker engine that does not answer; start it, and try again"
        ));
    }
    let kind = folder.join(BIN).join("kind");
    let mut delete = Engine::of_machine(folder).inside(kind);
    run(delete.args(["delete", "cluster", "--name", name]))
}

/// One `up` or `down` at a time: they share the cache. Waits for its turn. Freed with the value, or by the kernel.
pub(crate) fn lock() -> Result<File, Failure> {
    place::make(&place::beds()?)?;
    let path = place::beds()?.join(".lock");
    let file = File::create(&path)
        .map_err(|error| format!("cannot create {}: {error}", path.display()))?;
    if file.try_lock().is_err() {
        eprintln!("waits for another `cluster up` or `down` to end");
        file.lock()
            .map_err(|error| format!("cannot lock {}: {error}", path.display()))?;
    }
    Ok(file)
}
