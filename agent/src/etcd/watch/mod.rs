//! `etcdserverpb.Watch`: many watches on one stream.
//!
//! Events stay in the store until a stream asks for them: what waits for a slow client is a position, not a queue. The
//! loop only wakes streams that have something new to fetch; a stream fetches when its client has taken what was sent
//! before. So memory per stream is bounded, and a watch is either complete or cancelled with its compact revision.

mod create;
mod fragment;
mod session;
mod watchers;

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, FlatMap};
use synod_proto::etcdserverpb::watch_server::{Watch, WatchServer};
use synod_proto::etcdserverpb::{WatchRequest, WatchResponse};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{Front, gate};
pub(crate) use watchers::{StreamId, Wanted, Watchers};

/// Batches of answers on their way to the client of one stream; at the bound the stream stops fetching events.
const BATCHES_MAX: usize = 2;

/// Answers that are sent one after the other.
type Batch = Vec<Result<WatchResponse, Status>>;

/// tonic's service for the stream.
pub(crate) fn service(front: &Arc<Front>) -> WatchServer<Service> {
    WatchServer::new(Service(Arc::clone(front)))
        .max_decoding_message_size(front.settings.message_bytes_max())
}

/// The service of one front end.
pub(crate) struct Service(Arc<Front>);

#[tonic::async_trait]
impl Watch for Service {
    type WatchStream = FlatMap<
        ReceiverStream<Batch>,
        stream::Iter<std::vec::IntoIter<Result<WatchResponse, Status>>>,
        fn(Batch) -> stream::Iter<std::vec::IntoIter<Result<WatchResponse, Status>>>,
    >;

    async fn watch(
        &self,
        request: Request<Streaming<WatchRequest>>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let leader_wanted = gate::wants_leader(request.metadata().as_ref());
        let (answers, client) = mpsc::channel(BATCHES_MAX);
        let front = Arc::clone(&self.0);
        tokio::spawn(session::run(
            front,
            request.into_inner(),
            answers,
            leader_wanted,
        ));
        Ok(Response::new(
            ReceiverStream::new(client).flat_map(stream::iter),
        ))
    }
}
