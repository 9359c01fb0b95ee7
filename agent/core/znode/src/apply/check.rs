//! `check`.

use super::expect;
use crate::acl::{Id, Permissions};
use crate::error::Error;
use crate::path::Path;
use crate::response::Done;
use crate::work::Work;

impl Work<'_> {
    pub(super) fn check(&self, ids: &[Id], path: &str, version: i32) -> Result<Done, Error> {
        let path = Path::parse(path)?;
        if self.is_taken(path.as_str()) {
            return expect(0, version).map(|()| Done::Checked);
        }
        let fields = self.state.fields(&path.key()).ok_or(Error::NoNode)?;
        self.state.may(&fields, Permissions::READ, ids)?;
        expect(fields.version, version)?;
        Ok(Done::Checked)
    }
}
