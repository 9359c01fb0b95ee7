//! `Downgrade`: of etcd's versions, one of which is spoken here.

use synod_proto::etcdserverpb::downgrade_request::DowngradeAction;
use synod_proto::etcdserverpb::{DowngradeRequest, DowngradeResponse};
use tonic::Status;

use super::super::errors::EtcdError;
use super::super::{Front, version};

/// The only version below.
const TARGET: (u64, u64) = (3, 5);

/// Validates a target as etcd does; there is none to switch to.
pub(crate) async fn execute(
    front: &Front,
    request: DowngradeRequest,
) -> Result<DowngradeResponse, Status> {
    match DowngradeAction::try_from(request.action) {
        Ok(DowngradeAction::Validate) => match parse(&request.version) {
            None => Err(EtcdError::WrongDowngradeVersionFormat.into()),
            Some(target) if target != TARGET => {
                Err(EtcdError::InvalidDowngradeTargetVersion.into())
            }
            Some(_) => answer(front).await,
        },
        Ok(DowngradeAction::Cancel) => answer(front).await,
        Ok(DowngradeAction::Enable) => Err(Status::unimplemented(
            "synod: there is no older version of etcd's storage to go back to",
        )),
        Err(_) => Err(Status::unknown("etcdserver: unknown method")),
    }
}

async fn answer(front: &Front) -> Result<DowngradeResponse, Status> {
    Ok(DowngradeResponse {
        header: front.header(front.revision().await?),
        version: version::CLUSTER_SHORT.to_owned(),
    })
}

/// Major and minor of `major.minor` or `major.minor.patch`.
fn parse(version: &str) -> Option<(u64, u64)> {
    let numbers: Option<Vec<u64>> = version.split('.').map(|n| n.parse().ok()).collect();
    match numbers?[..] {
        [major, minor] | [major, minor, _] => Some((major, minor)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, expected) in [
            ("3.5", Some((3, 5))),
            ("3.5.9", Some((3, 5))),
            ("3", None),
            ("3.x", None),
            ("", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
