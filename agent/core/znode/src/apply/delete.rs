//! `delete`.

use super::expect;
use crate::acl::{Id, Permissions};
use crate::error::Error;
use crate::mutation::mutated;
use crate::path::{Key, Path};
use crate::response::Done;
use crate::state::SPECIAL;
use crate::work::Work;

impl Work<'_> {
    pub(super) fn delete(&mut self, ids: &[Id], path: &str, version: i32) -> Result<Done, Error> {
        let (parent, _) = path.rsplit_once('/').ok_or(Error::BadArguments)?;
        if path.contains('\0') || SPECIAL.contains(&path) || self.is_taken(path) {
            return Err(Error::BadArguments);
        }
        let parent = Key::of(if parent.is_empty() { "/" } else { parent });
        let parent = self.state.fields(&parent).ok_or(Error::NoNode)?;
        self.state.may(&parent, Permissions::DELETE, ids)?;
        let fields = self.state.fields(&Key::of(path)).ok_or(Error::NoNode)?;
        if !mutated("znode.delete.ignores_version") {
            expect(fields.version, version)?;
        }
        if fields.children > 0 {
            return Err(Error::NotEmpty);
        }
        self.remove(Path::of_node(path));
        Ok(Done::Deleted)
    }
}
