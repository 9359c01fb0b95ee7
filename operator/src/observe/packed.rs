//! What was seen as it is kept between two looks: as JSON, which takes a fifth of what the decoded one takes. A look decodes
//! the dozen or so objects that it is about.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::child::{Child, ChildKind};

/// A value as JSON.
#[derive(Debug)]
pub(crate) struct Packed<T> {
    json: Box<[u8]>,
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Packed<T> {
    /// Packs a value of a type whose keys are texts.
    pub(crate) fn of(value: &T) -> Self {
        let json = serde_json::to_vec(value).expect("these types have string keys only");
        Self {
            json: json.into_boxed_slice(),
            of: PhantomData,
        }
    }

    /// The value.
    pub(crate) fn unpack(&self) -> T {
        decoded(&self.json)
    }
}

/// A child, packed.
#[derive(Debug)]
pub(super) struct PackedChild {
    kind: ChildKind,
    json: Box<[u8]>,
}

impl PackedChild {
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

fn decoded<T: DeserializeOwned>(json: &[u8]) -> T {
    serde_json::from_slice(json).expect("what was encoded from this type decodes as it")
}
