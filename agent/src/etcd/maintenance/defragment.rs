//! `Defragment`.

use synod_proto::etcdserverpb::{DefragmentRequest, DefragmentResponse};
use tonic::Status;

use super::super::Front;

/// Answers at once: space is given back all the time, there is nothing to defragment.
pub(crate) async fn execute(_: &Front, _: DefragmentRequest) -> Result<DefragmentResponse, Status> {
    Ok(DefragmentResponse { header: None })
}
