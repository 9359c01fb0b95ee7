//! `setData`.

use super::expect;
use crate::acl::{Id, Permissions};
use crate::error::Error;
use crate::mutation::mutated;
use crate::path::Path;
use crate::quota;
use crate::response::Done;
use crate::state::Content;
use crate::work::Work;

impl Work<'_> {
    pub(super) fn set_data(
        &mut self,
        ids: &[Id],
        path: &str,
        data: Content<'_>,
        version: i32,
    ) -> Result<Done, Error> {
        let path = Path::parse(path)?;
        if self.is_taken(path.as_str()) {
            return Err(Error::NoAuth);
        }
        let packed = self.state.get(&path.key()).ok_or(Error::NoNode)?;
        let (fields, held) = packed.unpack();
        let (len, before) = (data.map_or(0, <[u8]>::len), held.len());
        self.state.may(&fields, Permissions::WRITE, ids)?;
        let growth = len as i64 - before as i64;
        quota::check(self.state, self.derived, path.as_str(), 0, growth)?;
        if !mutated("znode.set.ignores_version") {
            expect(fields.version, version)?;
        }
        self.room(len.saturating_sub(before))?;
        let fields = self.write(path, data);
        Ok(Done::Set {
            stat: fields.stat(len),
        })
    }
}
