//! `Put`.

use synod_kv::{Command, Reply};
use synod_proto::etcdserverpb::{PutRequest, PutResponse};
use tonic::Status;

use super::errors::store_refused;
use super::{Front, decode, encode};

/// Writes one key.
pub(crate) async fn execute(front: &Front, request: PutRequest) -> Result<PutResponse, Status> {
    let put = decode::put(request);
    put.check().map_err(store_refused)?;
    let (revision, reply) = front.propose(Command::Put(put)).await?;
    let Reply::Put(response) = reply else {
        return Err(Front::answered_wrongly());
    };
    Ok(encode::put(front.header(revision), response))
}
