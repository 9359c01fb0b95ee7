//! `DeleteRange`: deletes the live keys of a range, in key order.

use bytes::Bytes;

use crate::command::DeleteRange;
use crate::response::{DeleteRangeResponse, Reply};
use crate::store::Store;
use crate::version::KeyValue;
use crate::write::Write;

impl Store {
    pub(super) fn delete_range(&mut self, delete: &DeleteRange) -> Reply {
        let mut write = Write::new(self);
        let response = delete_within(&mut write, delete);
        write.finish();
        Reply::DeleteRange(response)
    }
}

/// Deletes as part of a command.
pub(super) fn delete_within(write: &mut Write<'_>, delete: &DeleteRange) -> DeleteRangeResponse {
    let keys: Vec<Bytes> = write
        .store
        .state
        .live(&delete.range, None)
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
