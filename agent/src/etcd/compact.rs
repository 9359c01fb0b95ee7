//! `Compact`.

use synod_kv::{Command, Reply};
use synod_proto::etcdserverpb::{CompactionRequest, CompactionResponse};
use tonic::Status;

use super::Front;

/// Forgets what only revisions before the given one show. Space comes back by and by, whatever `physical` says: what
/// was compacted cannot be read from the answer on.
pub(crate) async fn execute(
    front: &Front,
    request: CompactionRequest,
) -> Result<CompactionResponse, Status> {
    let revision = request.revision;
    let (revision, reply) = front.propose(Command::Compact { revision }).await?;
    let Reply::Compact = reply else {
        return Err(Front::answered_wrongly());
    };
    Ok(CompactionResponse {
        header: front.header(revision),
    })
}
