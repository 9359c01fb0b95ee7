//! `DeleteRange`.

use synod_kv::{Command, Reply};
use synod_proto::etcdserverpb::{DeleteRangeRequest, DeleteRangeResponse};
use tonic::Status;

use super::errors::store_refused;
use super::{Front, decode, encode};

/// Deletes a range of keys.
pub(crate) async fn execute(
    front: &Front,
    request: DeleteRangeRequest,
) -> Result<DeleteRangeResponse, Status> {
    let delete = decode::delete(request);
    delete.check().map_err(store_refused)?;
    let (revision, reply) = front.propose(Command::DeleteRange(delete)).await?;
    let Reply::DeleteRange(response) = reply else {
        return Err(Front::answered_wrongly());
    };
    Ok(encode::delete(front.header(revision), response))
}
