//! `etcdserverpb.Auth`, as far as there is none: nobody can be added yet, so authentication is off, lists are empty, and
//! whoever is asked for is not found.

use synod_proto::etcdserverpb::{
    AuthDisableRequest, AuthDisableResponse, AuthRoleListRequest, AuthRoleListResponse,
    AuthStatusRequest, AuthStatusResponse, AuthUserListRequest, AuthUserListResponse,
};
use tonic::Status;

use super::Front;
use super::calls::Call;
use super::errors::EtcdError;

/// etcd's revision of users and roles before the first change.
const AUTH_REVISION: u64 = 1;

/// Says that authentication is off.
pub(crate) async fn status(
    front: &Front,
    _: AuthStatusRequest,
) -> Result<AuthStatusResponse, Status> {
    Ok(AuthStatusResponse {
        header: front.header(front.revision().await?),
        enabled: false,
        auth_revision: AUTH_REVISION,
    })
}

/// Switches off what is off.
pub(crate) async fn disable(
    front: &Front,
    _: AuthDisableRequest,
) -> Result<AuthDisableResponse, Status> {
    Ok(AuthDisableResponse {
        header: front.header(front.revision().await?),
    })
}

/// Lists nobody.
pub(crate) async fn users(
    front: &Front,
    _: AuthUserListRequest,
) -> Result<AuthUserListResponse, Status> {
    Ok(AuthUserListResponse {
        header: front.header(front.revision().await?),
        users: Vec::new(),
    })
}

/// Lists nothing.
pub(crate) async fn roles(
    front: &Front,
    _: AuthRoleListRequest,
) -> Result<AuthRoleListResponse, Status> {
    Ok(AuthRoleListResponse {
        header: front.header(front.revision().await?),
        roles: Vec::new(),
    })
}

/// Why one of the other calls is refused.
pub(crate) fn refuse(call: Call) -> Status {
    match call {
        Call::AuthEnable => EtcdError::RootUserNotExist.into(),
        Call::Authenticate => EtcdError::AuthNotEnabled.into(),
        Call::UserGet
        | Call::UserDelete
        | Call::UserChangePassword
        | Call::UserGrantRole
        | Call::UserRevokeRole => EtcdError::UserNotFound.into(),
        Call::RoleGet
        | Call::RoleDelete
        | Call::RoleGrantPermission
        | Call::RoleRevokePermission => EtcdError::RoleNotFound.into(),
        _ => Status::unimplemented("synod: users and roles are not implemented yet"),
    }
}
