//! Following a key or a prefix from within, by a stream of the watch hub like a client's.

use std::sync::Arc;

use bytes::Bytes;
use synod_kv::{KeyRange, WatchSpec};
use synod_proto::mvccpb::Event;
use synod_proto::mvccpb::event::EventType;
use tokio::sync::Notify;
use tonic::Status;

use super::super::Front;
use super::super::errors::{EtcdError, refused};
use super::super::watch::{StreamId, Wanted, Watchers};

/// Bytes of events fetched at a time.
const FETCH_BYTES_MAX: usize = 64 << 10;

/// A watch of this process's own.
pub(super) struct Following {
    front: Arc<Front>,
    stream: StreamId,
    waker: Arc<Notify>,
}

impl Following {
    /// Follows a range from a revision on.
    pub(super) async fn begin(
        front: &Arc<Front>,
        range: KeyRange,
        start_revision: i64,
    ) -> Result<Self, Status> {
        let (stream, waker) = front.watchers.open();
        let following = Self {
            front: Arc::clone(front),
            stream,
            waker,
        };
        let spec = WatchSpec::new(range, start_revision);
        let created = following
            .in_loop(move |watchers, store| {
                watchers
                    .create(store, stream, Wanted { spec, watch_id: 0 })
                    .1
            })
            .await?;
        created.map_err(Status::internal)?;
        Ok(following)
    }

    /// The next events; at least one.
    pub(super) async fn next(&self) -> Result<Vec<Event>, Status> {
        loop {
            let stream = self.stream;
            let fetched = self
                .in_loop(move |watchers, store| {
                    watchers.next(store, stream, FETCH_BYTES_MAX, false)
                })
                .await?;
            if fetched.answers.iter().any(|answer| answer.canceled) {
                return Err(EtcdError::Compacted.into());
            }
            let events = fetched.answers.into_iter().flat_map(|answer| answer.events);
            let events: Vec<Event> = events.collect();
            if !events.is_empty() {
                return Ok(events);
            }
            tokio::select! {
                () = self.waker.notified() => {}
                () = self.front.stop().cancelled() => return Err(EtcdError::Stopped.into()),
            }
        }
    }

    async fn in_loop<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Watchers, &synod_kv::Store) -> T + Send + 'static,
    ) -> Result<T, Status> {
        let watchers = Arc::clone(&self.front.watchers);
        let asked = self
            .front
            .engine
            .inspect(move |store| question(&watchers, store));
        asked.await.map_err(|refusal| refused(refusal).into())
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.front.watchers.close(self.stream);
    }
}

/// Waits until a key is deleted, at `start_revision` or later.
pub(super) async fn vacated(
    front: &Arc<Front>,
    key: Bytes,
    start_revision: i64,
) -> Result<(), Status> {
    let following = Following::begin(front, KeyRange::point(key), start_revision).await?;
    loop {
        let events = following.next().await?;
        if events
            .iter()
            .any(|event| event.r#type() == EventType::Delete)
        {
            return Ok(());
        }
    }
}
