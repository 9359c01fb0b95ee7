//! `setACL`.

use super::expect;
use crate::acl::{self, Acl, Id, Permissions};
use crate::error::Error;
use crate::path::Path;
use crate::response::Done;
use crate::state::Data;
use crate::work::Work;

impl Work<'_> {
    pub(super) fn set_acl(
        &mut self,
        ids: &[Id],
        path: &str,
        acl: &[Acl],
        version: i32,
    ) -> Result<Done, Error> {
        let path = Path::parse(path)?;
        if self.is_taken(path.as_str()) {
            return Err(Error::NoAuth);
        }
        let acl = acl::settle(acl, ids)?;
        let key = path.key();
        let fields = self.state.fields(&key).ok_or(Error::NoNode)?;
        self.state.may(&fields, Permissions::ADMIN, ids)?;
        expect(fields.aversion, version)?;
        self.room(acl::cost(&acl))?;
        let acl = self.state.acls.intern(acl);
        let fields = self.change(&key, Data::Keep, |fields| {
            fields.acl = acl;
            fields.aversion = fields.aversion.wrapping_add(1);
        });
        let len = self
            .state
            .get(&key)
            .map_or(0, |packed| packed.unpack().1.len());
        Ok(Done::Set {
            stat: fields.stat(len),
        })
    }
}
