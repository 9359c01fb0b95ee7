//! `DeleteRange`: deletes the live keys of a range, in key order.

use bytes::Bytes;
use synod_machine::Stamp;

use crate::command::DeleteRange;
use crate::fence::Fences;
use crate::response::{DeleteRangeResponse, Reply};
use crate::store::Store;
use crate::version::KeyValue;
use crate::write::Write;

impl Store {
    pub(super) fn delete_range(&mut self, stamp: &Stamp, delete: &DeleteRange) -> Reply {
        let mut write = Write::new(self);
        let response = delete_within(&mut write, delete, Fences::at(stamp));
        write.finish();
        Reply::DeleteRange(response)
    }
}

/// Deletes as part of a command.
pub(super) fn delete_within(
    write: &mut Write<'_>,
    delete: &DeleteRange,
    fences: Fences,
) -> DeleteRangeResponse {
    let keys: Vec<Bytes> = write
        .store
        .state
        .live(&delete.range, None)
        .filter(|version| !fences.spared(&delete.range, version.key()))
        .map(|version| KeyValue::new(version.clone()).key())
        .collect();
    let mut prev_kvs = Vec::new();
    for key in &keys {
        let before = write.delete(key);
        prev_kvs.extend(before.filter(|_| delete.prev_kv).map(KeyValue::new));
    }
    DeleteRangeResponse {
        deleted: keys.len() as i64,
        prev_kvs,
        revision: write.header(),
    }
}
