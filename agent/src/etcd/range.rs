//! `Range`.
//!
//! A linearizable range costs one trip to the engine: the closure sent along runs when the read is confirmed. Large ranges
//! are read outside of the loop, on a pinned view.

use synod_kv::{Range, Store, View};
use synod_proto::etcdserverpb::{RangeRequest, RangeResponse};
use tonic::Status;

use super::errors::{EtcdError, refused, store_refused};
use super::{Front, decode, encode};

/// Keys in a range from which on it is read on a pinned view: below, the loop is not held up noticeably.
const LARGE_KEYS_MIN: i64 = 512;

type Answer = Result<synod_kv::RangeResponse, synod_kv::Error>;

/// Reads a range.
pub(crate) async fn execute(front: &Front, request: RangeRequest) -> Result<RangeResponse, Status> {
    let serializable = request.serializable;
    if !serializable && front.is_learner() {
        return Err(EtcdError::NotSupportedForLearner.into());
    }
    let range = decode::range(request)?;
    let answer = read(front, range, serializable).await?;
    let response = answer.map_err(store_refused)?;
    Ok(encode::range(front.header(response.revision), response))
}

async fn read(front: &Front, range: Range, serializable: bool) -> Result<Answer, Status> {
    let begin = move |store: &mut Store| match is_large(store, &range) {
        Err(refused) => Begun::Done(Err(refused)),
        Ok(false) => Begun::Done(store.range(&range)),
        Ok(true) => Begun::Pinned(Box::new((store.view(), range))),
    };
    let begun = if serializable {
        front.engine.inspect(begin).await
    } else {
        front.engine.read(begin).await
    };
    match begun.map_err(refused)? {
        Begun::Done(answer) => Ok(answer),
        Begun::Pinned(pinned) => off_the_loop(move || pinned.0.range(&pinned.1)).await,
    }
}

/// A range that was answered, or can be outside of the loop.
enum Begun {
    Done(Answer),
    Pinned(Box<(View, Range)>),
}

/// Whether reading would hold the loop up. Counting the newest keys of a range is cheap; keys that only older revisions
/// show are not foreseen.
pub(crate) fn is_large(store: &Store, range: &Range) -> Result<bool, synod_kv::Error> {
    if range.range.is_point() {
        return Ok(false);
    }
    let count = Range {
        count_only: true,
        ..Range::new(range.range.clone())
    };
    Ok(store.range(&count)?.count >= LARGE_KEYS_MIN)
}

/// Runs `work` where it may block.
pub(crate) async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Status> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| EtcdError::Stopped.into())
}
