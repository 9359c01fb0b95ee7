//! The session of one stream of watches, from its first request to its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hashbrown::HashMap;
use synod_kv::Store;
use synod_proto::etcdserverpb::watch_request::RequestUnion;
use synod_proto::etcdserverpb::{WatchRequest, WatchResponse};
use synod_replica::Refusal;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep};
use tonic::{Status, Streaming};

use super::super::Front;
use super::super::errors::{EtcdError, refused};
use super::Batch;
use super::fragment::split;
use super::watchers::{Fetched, StreamId};

/// What the API calls no watch in particular.
pub(super) const NO_WATCH: i64 = -1;
/// Bytes of events fetched at a time; a larger revision comes whole.
const FETCH_BYTES_MAX: usize = 256 << 10;
/// Pause before an overloaded engine is asked again.
const OVERLOAD_PAUSE: Duration = Duration::from_millis(10);

type Answers = mpsc::Sender<Batch>;

/// What is kept of a watch besides its position, which is the store's.
pub(super) struct Watch {
    /// Large answers may be split.
    pub(super) fragment: bool,
    /// Whether progress is to be told at the next tick; `None` if it is not wanted.
    pub(super) progress: Option<bool>,
}

/// The state of one stream.
pub(super) struct Session {
    pub(super) front: Arc<Front>,
    /// Its number in the store's hub.
    pub(super) id: StreamId,
    pub(super) watches: HashMap<i64, Watch>,
    /// The client asked for progress and was not told yet.
    progress_asked: bool,
    waker: Arc<Notify>,
    answers: Answers,
}

/// Serves one stream until its client goes, the front end stops, or a leader that the client wants is missing for long.
pub(super) async fn run(
    front: Arc<Front>,
    requests: Streaming<WatchRequest>,
    answers: Answers,
    leader_wanted: bool,
) {
    let (id, waker) = front.watchers.open();
    front.metrics.watch_streams.fetch_add(1, Ordering::Relaxed);
    let mut session = Session {
        front: Arc::clone(&front),
        id,
        watches: HashMap::new(),
        progress_asked: false,
        waker,
        answers,
    };
    if let Err(status) = session.serve(requests, leader_wanted).await {
        let _ = session.answers.try_send(vec![Err(status)]);
    }
    session.close().await;
}

impl Session {
    async fn serve(
        &mut self,
        mut requests: Streaming<WatchRequest>,
        leader_wanted: bool,
    ) -> Result<(), Status> {
        let front = Arc::clone(&self.front);
        let waker = Arc::clone(&self.waker);
        let answers = self.answers.clone();
        let mut leader_lost = std::pin::pin!(front.leader_lost(leader_wanted));
        let mut ticks = ticks(front.settings.watch_progress_interval);
        let mut more_requests = true;
        loop {
            tokio::select! {
                () = front.stop().cancelled() => return Err(EtcdError::Stopped.into()),
                () = answers.closed() => return Ok(()),
                () = &mut leader_lost => return Err(EtcdError::NoLeader.into()),
                request = requests.message(), if more_requests => match request? {
                    Some(request) => self.take(request).await?,
                    None => more_requests = false,
                },
                () = waker.notified() => self.deliver().await?,
                _ = ticks.tick() => self.tell_progress().await?,
            }
        }
    }

    async fn take(&mut self, request: WatchRequest) -> Result<(), Status> {
        match request.request_union {
            Some(RequestUnion::CreateRequest(create)) => {
                let created = self.create(create).await?;
                // What it has already wakes the stream.
                self.send(created).await
            }
            Some(RequestUnion::CancelRequest(cancel)) => self.cancel(cancel.watch_id).await,
            Some(RequestUnion::ProgressRequest(_)) => {
                self.progress_asked = true;
                self.deliver().await
            }
            // As etcd: what is not understood is no reason to end the others.
            None => Ok(()),
        }
    }

    async fn cancel(&mut self, watch: i64) -> Result<(), Status> {
        if self.forget(watch).is_none() {
            return Ok(());
        }
        let (stream, watchers) = (self.id, Arc::clone(&self.front.watchers));
        let revision = self
            .ask(move |store| watchers.cancel(store, stream, watch))
            .await?;
        self.send(WatchResponse {
            header: self.front.header(revision),
            watch_id: watch,
            canceled: true,
            ..WatchResponse::default()
        })
        .await
    }

    /// Fetches and sends what the store has, until it has nothing more.
    async fn deliver(&mut self) -> Result<(), Status> {
        loop {
            let (stream, watchers) = (self.id, Arc::clone(&self.front.watchers));
            let progress_asked = self.progress_asked;
            let fetched = self
                .ask(move |store| watchers.next(store, stream, FETCH_BYTES_MAX, progress_asked))
                .await?;
            let Fetched {
                answers,
                progress,
                more,
            } = fetched;
            let mut batch: Batch = Vec::with_capacity(answers.len() + 1);
            for answer in answers {
                self.pass_on(answer, &mut batch);
            }
            if let Some(revision) = progress {
                self.progress_asked = false;
                batch.push(Ok(self.progress(NO_WATCH, revision)));
            }
            self.send_all(batch).await?;
            if !more {
                return Ok(());
            }
        }
    }

    /// Puts what was fetched for a watch into a batch, as the watch wants it.
    fn pass_on(&mut self, mut answer: WatchResponse, batch: &mut Batch) {
        answer.header = self.front.header(answer.header.map_or(0, |h| h.revision));
        if answer.canceled {
            self.forget(answer.watch_id);
            return batch.push(Ok(answer));
        }
        let Some(watch) = self.watches.get_mut(&answer.watch_id) else {
            return;
        };
        let events = answer.events.len() as u64;
        self.front
            .metrics
            .events
            .fetch_add(events, Ordering::Relaxed);
        watch.progress = watch.progress.map(|_| false);
        if watch.fragment {
            let pieces = split(answer, self.front.settings.message_bytes_max());
            batch.extend(pieces.into_iter().map(Ok));
        } else {
            batch.push(Ok(answer));
        }
    }

    /// Tells progress to the watches that want it, saw no event since the last tick, and have seen everything.
    async fn tell_progress(&mut self) -> Result<(), Status> {
        let quiet = self
            .watches
            .iter()
            .filter(|(_, watch)| watch.progress == Some(true));
        let quiet: Vec<i64> = quiet.map(|(id, _)| *id).collect();
        for watch in self.watches.values_mut() {
            watch.progress = watch.progress.map(|_| true);
        }
        if quiet.is_empty() {
            return Ok(());
        }
        let (stream, watchers) = (self.id, Arc::clone(&self.front.watchers));
        let synced = self
            .ask(move |store| watchers.synced(store, stream, &quiet))
            .await?;
        let told = synced.into_iter();
        let told = told.map(|(watch, revision)| Ok(self.progress(watch, revision)));
        self.send_all(told.collect()).await
    }

    fn progress(&self, watch_id: i64, revision: i64) -> WatchResponse {
        WatchResponse {
            header: self.front.header(revision),
            watch_id,
            ..WatchResponse::default()
        }
    }

    /// Runs `question` on the store; waits while the engine is overloaded, since a watch must not end for that.
    pub(super) async fn ask<T, F>(&self, question: F) -> Result<T, Status>
    where
        T: Send + 'static,
        F: FnOnce(&mut Store) -> T + Clone + Send + 'static,
    {
        loop {
            match self.front.engine.inspect(question.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(Refusal::Overloaded) => sleep(OVERLOAD_PAUSE).await,
                Err(refusal) => return Err(refused(refusal).into()),
            }
        }
    }

    async fn send(&self, answer: WatchResponse) -> Result<(), Status> {
        self.send_all(vec![Ok(answer)]).await
    }

    /// Sends answers once there is room for them.
    async fn send_all(&self, batch: Batch) -> Result<(), Status> {
        if batch.is_empty() {
            return Ok(());
        }
        tokio::select! {
            sent = self.answers.send(batch) => sent.map_err(|_| EtcdError::WatchCanceled.into()),
            () = self.front.stop().cancelled() => Err(EtcdError::Stopped.into()),
        }
    }

    fn forget(&mut self, watch: i64) -> Option<Watch> {
        let forgotten = self.watches.remove(&watch)?;
        self.front.metrics.watches.fetch_sub(1, Ordering::Relaxed);
        Some(forgotten)
    }

    async fn close(self) {
        let watches = i64::try_from(self.watches.len()).unwrap_or(i64::MAX);
        self.front
            .metrics
            .watches
            .fetch_sub(watches, Ordering::Relaxed);
        self.front
            .metrics
            .watch_streams
            .fetch_sub(1, Ordering::Relaxed);
        let (stream, watchers) = (self.id, Arc::clone(&self.front.watchers));
        // Refused only if the engine has stopped, and the hub with it.
        let _ = self.ask(move |_| watchers.close(stream)).await;
    }
}

/// Ticks for progress notifications; the first comes a little later, so that streams opened together spread.
fn ticks(interval: Duration) -> Interval {
    let interval = interval.max(Duration::from_millis(100));
    let mut random = [0];
    let _ = getrandom::fill(&mut random);
    let jitter = interval / 10 * u32::from(random[0]) / 256;
    let mut ticks = interval_at(Instant::now() + interval + jitter, interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
