//! `create`, `create2`, `createContainer`, `createTTL`.

use crate::acl::{self, Acl, Permissions};
use crate::command::Asker;
use crate::error::Error;
use crate::kind::{CreateMode, Kind};
use crate::mutation::mutated;
use crate::node::{COST_BYTES, Fields};
use crate::path::{Key, Path};
use crate::quota;
use crate::response::Done;
use crate::state::Content;
use crate::work::Work;

impl Work<'_> {
    /// The checks are ZooKeeper's, in its order (`PrepRequestProcessor.pRequest2TxnCreate`).
    pub(super) fn create(
        &mut self,
        by: &Asker,
        path: &str,
        data: Content<'_>,
        acl: &[Acl],
        mode: CreateMode,
    ) -> Result<Done, Error> {
        let parent = parent_of(path)?;
        let acl = acl::settle(acl, &by.ids)?;
        let parent = self.state.fields(&Key::of(parent)).ok_or(Error::NoNode)?;
        if !mutated("znode.create.ignores_parent_acl") {
            self.state.may(&parent, Permissions::CREATE, &by.ids)?;
        }
        let path = name(path, &parent, mode);
        let path = Path::parse(&path)?;
        if self.state.get(&path.key()).is_some() || self.is_taken(path.as_str()) {
            return Err(Error::NodeExists);
        }
        if let Kind::Ephemeral(_) = parent.kind {
            return Err(Error::NoChildrenForEphemerals);
        }
        let len = data.map_or(0, <[u8]>::len);
        quota::check(self.state, self.derived, path.as_str(), 1, len as i64)?;
        self.room(path.as_str().len() + len + COST_BYTES as usize)?;
        let acl = self.state.acls.intern(acl);
        let fields = Fields::new(self.zxid, self.time_ms, mode.kind(by.session), acl);
        self.insert(path, &fields, data);
        Ok(Done::Created {
            path: path.as_str().to_owned(),
            stat: fields.stat(len),
        })
    }
}

/// The part before the last slash, which need not be a path.
fn parent_of(path: &str) -> Result<&str, Error> {
    let (parent, _) = path.rsplit_once('/').ok_or(Error::BadArguments)?;
    if path.contains('\0') {
        return Err(Error::BadArguments);
    }
    Ok(if parent.is_empty() { "/" } else { parent })
}

/// A sequential name ends with the number of children that were created before it under its parent.
fn name(path: &str, parent: &Fields, mode: CreateMode) -> String {
    if !mode.is_sequential() {
        return path.to_owned();
    }
    let number = if mutated("znode.create.repeats_number") {
        parent.children as i32
    } else {
        parent.creates
    };
    // Java counts the sign as one of the ten.
    format!("{path}{number:010}")
}
