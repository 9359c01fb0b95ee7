//! `Check` of gRPC's health protocol, which etcd's server answers too.

use synod_proto::health::health_check_response::ServingStatus;
use synod_proto::health::{HealthCheckRequest, HealthCheckResponse};
use tonic::Status;

/// The server as a whole serves whenever it answers; single services are not told apart.
pub(crate) fn check(request: &HealthCheckRequest) -> Result<HealthCheckResponse, Status> {
    if !request.service.is_empty() {
        return Err(Status::not_found("unknown service"));
    }
    Ok(HealthCheckResponse {
        status: ServingStatus::Serving.into(),
    })
}
