//! Creating a watch.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use synod_kv::{KeyRange, WatchSpec};
use synod_proto::etcdserverpb::watch_create_request::FilterType;
use synod_proto::etcdserverpb::{WatchCreateRequest, WatchResponse};
use tonic::Status;

use super::session::{NO_WATCH, Session, Watch};
use super::watchers::Wanted;

impl Session {
    /// Creates a watch in the store; the answer says its number, or why there is none.
    pub(super) async fn create(
        &mut self,
        request: WatchCreateRequest,
    ) -> Result<WatchResponse, Status> {
        let WatchCreateRequest {
            key,
            range_end,
            start_revision,
            progress_notify,
            filters,
            prev_kv,
            watch_id,
            fragment,
        } = request;
        let spec = WatchSpec {
            range: range(key, range_end),
            start_revision,
            no_put: filters.contains(&FilterType::Noput.into()),
            no_delete: filters.contains(&FilterType::Nodelete.into()),
            prev_kv,
            fragment,
        };
        let (stream, wanted) = (self.id, Wanted { spec, watch_id });
        let watchers = Arc::clone(&self.front.watchers);
        let (revision, created) = self
            .ask(move |store| watchers.create(store, stream, wanted))
            .await?;
        let mut answer = WatchResponse {
            header: self.front.header(revision),
            created: true,
            ..WatchResponse::default()
        };
        match created {
            Ok(id) => {
                answer.watch_id = id;
                let progress = progress_notify.then_some(true);
                self.watches.insert(id, Watch { fragment, progress });
                self.front.metrics.watches.fetch_add(1, Ordering::Relaxed);
            }
            Err(reason) => {
                answer.watch_id = NO_WATCH;
                answer.canceled = true;
                answer.cancel_reason = reason.to_owned();
            }
        }
        Ok(answer)
    }
}

/// The range that a create request means: no key is the smallest one.
fn range(key: Bytes, range_end: Bytes) -> KeyRange {
    let key = if key.is_empty() {
        Bytes::from_static(&[0])
    } else {
        key
    };
    KeyRange::new(key, range_end)
}
