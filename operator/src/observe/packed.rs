//! A seen object as it is kept between two looks: as JSON, which takes a fifth of what the decoded one takes. A look decodes
//! the dozen or so objects that it is about.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::child::{Child, ChildKind};

/// An object, packed.
#[derive(Debug)]
pub(super) struct Packed {
    kind: ChildKind,
    json: Box<[u8]>,
}

impl Packed {
    /// Packs what is kept of an object.
    pub(super) fn of(mut child: Child) -> Self {
        child.strip();
        Self {
            kind: child.kind(),
            json: child.to_bytes().into_boxed_slice(),
        }
    }

    /// The object, without what was stripped.
    pub(super) fn unpack(&self) -> Arc<Child> {
        let child = match self.kind {
            ChildKind::Pod => Child::Pod(decoded(&self.json)),
            ChildKind::Claim => Child::Claim(decoded(&self.json)),
            ChildKind::Service => Child::Service(decoded(&self.json)),
            ChildKind::Secret => Child::Secret(decoded(&self.json)),
            ChildKind::ConfigMap => Child::ConfigMap(decoded(&self.json)),
            ChildKind::Budget => Child::Budget(decoded(&self.json)),
        };
        Arc::new(child)
    }
}

fn decoded<K: DeserializeOwned>(json: &[u8]) -> Box<K> {
    serde_json::from_slice(json).expect("what was encoded from this type decodes as it")
}
