//! `HashKV`.

use synod_proto::etcdserverpb::{HashKvRequest, HashKvResponse};
use tonic::Status;

use super::super::Front;
use super::super::errors::{refused, store_refused};
use super::super::range::off_the_loop;

/// The hash of all that is readable at a revision, made on a pinned view.
pub(crate) async fn execute(
    front: &Front,
    request: HashKvRequest,
) -> Result<HashKvResponse, Status> {
    let view = front.engine.inspect(|store| store.view());
    let view = view.await.map_err(refused)?;
    let header = front.header(view.revision());
    let hashed = off_the_loop(move || view.hash_kv(request.revision)).await?;
    let hashed = hashed.map_err(store_refused)?;
    Ok(HashKvResponse {
        header,
        hash: hashed.hash,
        compact_revision: hashed.compact_revision,
        hash_revision: hashed.revision,
    })
}
