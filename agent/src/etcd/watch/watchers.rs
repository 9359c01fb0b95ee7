//! All watches of the member, by stream: the store's hub, and who in it belongs to whom.
//!
//! Everything but opening happens in the loop, where the store is at hand; so the lock is never waited for. The hub names
//! watches that have something; each goes into the list of its stream, and the stream is woken. Nothing but these
//! lists is kept for a slow stream, and a watch is in one at most once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use synod_kv::{
    Event, EventKind, Hub, KeyRange, Store, WatchBatch, WatchId, WatchSpec, WatchState,
};
use synod_proto::etcdserverpb::{ResponseHeader, WatchResponse};
use synod_proto::mvccpb;
use synod_proto::mvccpb::event::EventType;
use tokio::sync::Notify;

use super::super::encode::key_value;
use super::super::errors::EtcdError;

/// The number of a stream in this process. Never reused.
pub(crate) type StreamId = u64;

/// Watches of one member; one more is refused as one request too many.
const WATCHES_MAX: usize = 1 << 20;

/// Why a watch was not created, in etcd's words.
const DUPLICATE: &str = "mvcc: duplicate watch ID provided on the WatchStream";
const EMPTY_RANGE: &str = "mvcc: watcher range is empty";

/// What the client asks of a new watch.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) spec: WatchSpec,
    /// The client's name for it; 0 lets the server choose.
    pub(crate) watch_id: i64,
}

/// What a stream fetched.
#[derive(Default)]
pub(crate) struct Fetched {
    /// Events and cancellations; the headers show revisions only.
    pub(crate) answers: Vec<WatchResponse>,
    /// The revision that all watches of the stream have reached, if that was asked for and is so.
    pub(crate) progress: Option<i64>,
    /// There is more.
    pub(crate) more: bool,
}

/// All watches of the member.
#[derive(Default)]
pub(crate) struct Watchers(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Made with the first watch.
    hub: Option<Hub>,
    streams: HashMap<StreamId, Stream>,
    owners: HashMap<WatchId, Owner>,
    last: StreamId,
}

#[derive(Default)]
struct Stream {
    waker: Arc<Notify>,
    watches: HashMap<i64, WatchId>,
    /// The next number that the server may choose.
    next_id: i64,
    /// Watches that have something to fetch.
    listed: VecDeque<WatchId>,
}

struct Owner {
    stream: StreamId,
    watch: i64,
    listed: bool,
}

impl Watchers {
    /// Takes in a new stream: its number, and what wakes it.
    pub(crate) fn open(&self) -> (StreamId, Arc<Notify>) {
        let mut inner = self.lock();
        inner.last += 1;
        let id = inner.last;
        let stream = Stream::default();
        let waker = Arc::clone(&stream.waker);
        inner.streams.insert(id, stream);
        (id, waker)
    }

    /// Ends a stream and all its watches.
    pub(crate) fn close(&self, id: StreamId) {
        let mut inner = self.lock();
        let Some(stream) = inner.streams.remove(&id) else {
            return;
        };
        for watch in stream.watches.into_values() {
            inner.end(watch);
        }
    }

    /// To be called after commands were applied: wakes the streams whose watches they concern.
    pub(crate) fn applied(&self, store: &Store) {
        let mut inner = self.lock();
        if inner.hub.is_some() {
            inner.look(store);
        }
    }

    /// Creates a watch: the store's revision, and the watch's name or why there is none.
    pub(crate) fn create(
        &self,
        store: &Store,
        stream: StreamId,
        wanted: Wanted,
    ) -> (i64, Result<i64, &'static str>) {
        let revision = store.revision();
        (revision, self.lock().create(store, stream, wanted))
    }

    /// Ends a watch; the store's revision.
    pub(crate) fn cancel(&self, store: &Store, stream: StreamId, watch: i64) -> i64 {
        let mut inner = self.lock();
        let removed = inner
            .streams
            .get_mut(&stream)
            .and_then(|s| s.watches.remove(&watch));
        if let Some(id) = removed {
            inner.end(id);
        }
        store.revision()
    }

    /// Fetches what the watches of a stream have, about `bytes_max` at a time.
    pub(crate) fn next(
        &self,
        store: &Store,
        stream: StreamId,
        bytes_max: usize,
        progress_asked: bool,
    ) -> Fetched {
        let mut inner = self.lock();
        inner.look(store);
        let mut fetched = inner.fetch(store, stream, bytes_max);
        inner.list_ready();
        let Some(stream) = inner.streams.get(&stream) else {
            return fetched;
        };
        fetched.more = !stream.listed.is_empty();
        if progress_asked && !fetched.more {
            fetched.progress = inner.progress(stream);
        }
        fetched
    }

    /// Which of `watches` have handed out everything, and up to which revision.
    pub(crate) fn synced(
        &self,
        store: &Store,
        stream: StreamId,
        watches: &[i64],
    ) -> Vec<(i64, i64)> {
        let mut inner = self.lock();
        inner.look(store);
        let (Some(hub), Some(stream)) = (&inner.hub, inner.streams.get(&stream)) else {
            return Vec::new();
        };
        let progress = |watch: &i64| {
            let id = stream.watches.get(watch)?;
            Some((*watch, hub.progress(*id)?))
        };
        watches.iter().filter_map(progress).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Should something panic with the lock held, the loop has ended and the process with it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Lets the hub see what was applied, and lists what it names.
    fn look(&mut self, store: &Store) {
        let hub = self.hub.get_or_insert_with(|| Hub::new(store));
        if hub.revision() != store.revision() {
            hub.applied(store);
        }
        self.list_ready();
    }

    fn list_ready(&mut self) {
        while let Some(id) = self.hub.as_mut().and_then(Hub::ready) {
            self.list(id);
        }
    }

    /// Lists a watch with its stream, unless it is, and wakes the stream.
    fn list(&mut self, id: WatchId) {
        let Some(owner) = self.owners.get_mut(&id) else {
            return;
        };
        if !owner.listed
            && let Some(stream) = self.streams.get_mut(&owner.stream)
        {
            owner.listed = true;
            stream.listed.push_back(id);
            stream.waker.notify_one();
        }
    }

    fn create(
        &mut self,
        store: &Store,
        stream_id: StreamId,
        wanted: Wanted,
    ) -> Result<i64, &'static str> {
        let Wanted { spec, watch_id } = wanted;
        if spec.start_revision < 0 {
            return Err(EtcdError::Compacted.words());
        }
        if is_empty(&spec.range) {
            return Err(EMPTY_RANGE);
        }
        if self.owners.len() >= WATCHES_MAX {
            return Err(EtcdError::TooManyRequests.words());
        }
        self.look(store);
        let (Some(hub), Some(stream)) = (&mut self.hub, self.streams.get_mut(&stream_id)) else {
            return Err(EtcdError::WatchCanceled.words());
        };
        let watch = match watch_id {
            0 => stream.free_id(),
            taken if stream.watches.contains_key(&taken) => return Err(DUPLICATE),
            free => free,
        };
        let id = hub.create(store, spec);
        stream.watches.insert(watch, id);
        let owner = Owner {
            stream: stream_id,
            watch,
            listed: false,
        };
        self.owners.insert(id, owner);
        self.list_ready();
        Ok(watch)
    }

    fn end(&mut self, id: WatchId) {
        self.owners.remove(&id);
        if let Some(hub) = &mut self.hub {
            hub.cancel(id);
        }
    }

    fn fetch(&mut self, store: &Store, stream: StreamId, bytes_max: usize) -> Fetched {
        let mut fetched = Fetched::default();
        let mut bytes = 0;
        while bytes < bytes_max
            && let Some(id) = self.next_listed(stream)
        {
            // A revision in fragments comes without anything in between: clients put together what follows each other.
            loop {
                let batch = self.next_batch(store, id, bytes_max);
                bytes += batch.events.iter().map(size).sum::<usize>();
                let fragment = batch.fragment;
                fetched.answers.extend(self.answer(store, id, batch));
                if !fragment {
                    break;
                }
            }
        }
        fetched
    }

    /// The next watch of a stream that has something.
    fn next_listed(&mut self, stream: StreamId) -> Option<WatchId> {
        let stream = self.streams.get_mut(&stream)?;
        loop {
            let id = stream.listed.pop_front()?;
            if let Some(owner) = self.owners.get_mut(&id) {
                owner.listed = false;
                return Some(id);
            }
        }
    }

    /// What the hub has for a watch. If that ends within a revision, the watch is not left in the ready queue.
    fn next_batch(&mut self, store: &Store, id: WatchId, bytes_max: usize) -> WatchBatch {
        let hub = self.hub.get_or_insert_with(|| Hub::new(store));
        let batch = hub.next(store, id, bytes_max);
        if batch.fragment {
            while let Some(ready) = self.hub.as_mut().and_then(Hub::ready) {
                if ready != id {
                    self.list(ready);
                }
            }
        }
        batch
    }

    /// A batch as an answer, if there is anything to say.
    fn answer(&mut self, store: &Store, id: WatchId, batch: WatchBatch) -> Option<WatchResponse> {
        let watch = self.owners.get(&id)?.watch;
        if let WatchState::Compacted { compact_revision } = batch.state {
            let owner = self.owners.remove(&id)?;
            if let Some(stream) = self.streams.get_mut(&owner.stream) {
                stream.watches.remove(&watch);
            }
            return Some(compacted(watch, compact_revision, store.revision()));
        }
        (!batch.events.is_empty()).then(|| delivery(watch, &batch))
    }

    /// The revision that all watches of a stream have reached; none without watches, as etcd answers nothing then.
    fn progress(&self, stream: &Stream) -> Option<i64> {
        let hub = self.hub.as_ref()?;
        let reached: Option<Vec<i64>> = stream
            .watches
            .values()
            .map(|id| hub.progress(*id))
            .collect();
        reached?.into_iter().min()
    }
}

impl Stream {
    /// The next number that the client did not choose itself.
    fn free_id(&mut self) -> i64 {
        while self.watches.contains_key(&self.next_id) {
            self.next_id += 1;
        }
        self.next_id += 1;
        self.next_id - 1
    }
}

/// Whether a range holds no key, whatever there is.
fn is_empty(range: &KeyRange) -> bool {
    matches!(&range.end, synod_kv::End::Before(end) if range.start >= *end)
}

fn size(event: &Event) -> usize {
    event.kv.size() + event.prev_kv.as_ref().map_or(0, synod_kv::KeyValue::size)
}

fn revision_only(revision: i64) -> Option<ResponseHeader> {
    super::super::header::inner(revision)
}

/// A watch that lost what it needed. The last answer it gets.
fn compacted(watch_id: i64, compact_revision: i64, revision: i64) -> WatchResponse {
    WatchResponse {
        header: revision_only(revision),
        watch_id,
        canceled: true,
        compact_revision,
        ..WatchResponse::default()
    }
}

/// A batch of events. The header's revision is never ahead of what was delivered.
fn delivery(watch_id: i64, batch: &WatchBatch) -> WatchResponse {
    let last = batch
        .events
        .last()
        .map_or(0, |event| event.kv.mod_revision());
    WatchResponse {
        header: revision_only(batch.revision.max(last)),
        watch_id,
        fragment: batch.fragment,
        events: batch.events.iter().map(event).collect(),
        ..WatchResponse::default()
    }
}

fn event(event: &Event) -> mvccpb::Event {
    let kind = match event.kind {
        EventKind::Put => EventType::Put,
        EventKind::Delete => EventType::Delete,
    };
    mvccpb::Event {
        r#type: kind.into(),
        kv: Some(key_value(&event.kv)),
        prev_kv: event.prev_kv.as_ref().map(key_value),
    }
}
